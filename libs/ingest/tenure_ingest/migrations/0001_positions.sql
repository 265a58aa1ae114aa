-- Where each processor stands, in the same transaction as its effects.
create schema if not exists ingest;

create table ingest.position (
    processor text not null,
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    primary key (processor, topic, partition)
) with (fillfactor = 50);  -- rewritten at every batch: room for updates in place

-- Records that a processor could not read, whole, so that they can be replayed.
create table ingest.quarantine (
    processor text not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    reason text not null,
    append_time_ms bigint not null,
    key bytea,
    value bytea,
    header_names text[] not null,
    header_values bytea[] not null,
    held_at timestamptz not null default clock_timestamp(),
    primary key (processor, topic, partition, "offset")
);
