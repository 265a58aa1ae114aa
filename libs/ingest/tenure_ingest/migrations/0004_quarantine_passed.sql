-- What one reader alone can't read is held up to a limit; beyond it is only counted, or one old reader would stop all.
create table ingest.quarantine_passed (
    processor text not null,
    topic text not null,
    partition integer not null,
    scope text not null,
    reason text not null,
    records bigint not null,
    primary key (processor, topic, partition, scope, reason)
);
