-- How far each partition of a source's topics has come; `source` is whose topic it is, of a shared one any.
create table source_progress (
    topic text not null,
    partition integer not null,
    source text not null,
    streamed_at timestamptz,
    snapshot_at timestamptz,
    heartbeat_at timestamptz,
    ended_at timestamptz,
    position bigint not null,
    appended_ms bigint not null,
    delay_bucket bigint not null,
    delay_us bigint,
    delay_before_us bigint,
    primary key (topic, partition)
) with (fillfactor = 60);

-- Transactions that have begun and not ended: a connector writes one at a time, so there are few.
create table source_transactions (
    topic text not null,
    id text not null,
    begun_at timestamptz not null,
    primary key (topic, id)
);

-- Up to where a source was proven complete, so that a restart or another worker takes nothing back.
create table source_complete (
    source text primary key,
    complete_until timestamptz not null
);

drop table source_watermarks;
