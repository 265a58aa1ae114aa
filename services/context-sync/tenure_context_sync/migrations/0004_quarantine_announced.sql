-- Which quarantined records were told of on tenure.quarantine.
create table quarantine_announced (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    reason text not null,
    primary key (topic, partition, "offset")
);
