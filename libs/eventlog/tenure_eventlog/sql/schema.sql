-- The log's tables and its one way in. Idempotent; run under an advisory lock at every start.
create schema if not exists tenure_log;

-- A topic made anew gets a new id, so that a reader of the old one notices.
create table if not exists tenure_log.topics (
    id bigint generated always as identity primary key,
    name text not null unique,
    spec jsonb not null
);

-- One row per partition: its lock gives the order, its end is what readers may see.
create table if not exists tenure_log.heads (
    topic_id bigint not null references tenure_log.topics (id) on delete cascade,
    partition integer not null,
    start_offset bigint not null default 0,
    end_offset bigint not null default 0,
    primary key (topic_id, partition)
) with (fillfactor = 10);

create table if not exists tenure_log.records (
    topic_id bigint not null,
    partition integer not null,
    record_offset bigint not null,
    append_time_ms bigint not null,
    key bytea,
    value bytea,
    headers bytea not null,
    primary key (topic_id, partition, record_offset)
);

-- Offsets, append time and insert in one server-side statement under the partitions' row locks, taken in one order by
-- all: offsets are in commit order, and a client that stops in the middle holds nothing. Returns the append time, then
-- the offsets in the order given.
create or replace function tenure_log.append(
    topic_ids bigint[], partitions integer[], keys bytea[], payloads bytea[], header_blocks bytea[]
) returns bigint[] language plpgsql as $$
declare
    now_ms bigint;
    offsets bigint[];
begin
    perform 1 from tenure_log.heads h
        where (h.topic_id, h.partition) in (select * from unnest(topic_ids, partitions))
        order by h.topic_id, h.partition for update;
    now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
    with placed as (
        select m.*, h.end_offset - 1 + row_number() over (partition by m.topic_id, m.partition order by m.place) as at
        from unnest(topic_ids, partitions, keys, payloads, header_blocks)
            with ordinality as m (topic_id, partition, key, payload, header_block, place)
        join tenure_log.heads h using (topic_id, partition)
    ), inserted as (
        insert into tenure_log.records
        select topic_id, partition, at, now_ms, key, payload, header_block from placed
    ), moved as (
        update tenure_log.heads h set end_offset = ends.at + 1
        from (select topic_id, partition, max(at) as at from placed group by 1, 2) ends
        where h.topic_id = ends.topic_id and h.partition = ends.partition
    )
    select array_agg(at order by place) into offsets from placed;
    if coalesce(array_length(offsets, 1), 0) <> array_length(topic_ids, 1) then
        raise exception 'a topic is gone' using errcode = 'TL404';
    end if;
    perform pg_notify('tenure_log', '');
    return now_ms || offsets;
end $$;
