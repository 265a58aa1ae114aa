-- name: append
-- The group commit: everything that waits, in one statement and one transaction.
select tenure_log.append($1, $2, $3, $4, $5)

-- name: topics
-- Ids and declared settings, to turn names into ids and to compare.
select id, name, spec::text from tenure_log.topics

-- name: create_topic
-- Makes a topic; nothing where another process was faster.
insert into tenure_log.topics (name, spec) values ($1, $2::jsonb) on conflict (name) do nothing returning id

-- name: create_heads
-- A topic's partitions; their number never changes.
insert into tenure_log.heads (topic_id, partition) select $1, generate_series(0, $2 - 1)

-- name: heads
-- What readers may see; the truth behind every hint.
select t.name, h.partition, h.topic_id, h.start_offset, h.end_offset
from tenure_log.heads h join tenure_log.topics t on t.id = h.topic_id

-- name: records
-- A stretch of one partition, by primary key, up to so many records and, after the first, so many bytes.
select record_offset, append_time_ms, key, value, headers from (
    select *, sum(coalesce(octet_length(value), 0)) over (order by record_offset) - coalesce(octet_length(value), 0) as before
    from (
        select record_offset, append_time_ms, key, value, headers from tenure_log.records
        where topic_id = $1 and partition = $2 and record_offset >= $3 and record_offset < $4
        order by record_offset limit $5
    ) stretch
) measured
where before < $6
order by record_offset

-- name: limit_transactions
-- A client that stops in the middle of a statement must not keep a partition's lock; Postgres 17 and later can see to it.
select set_config('transaction_timeout', '20s', false) where exists (
    select from pg_settings where name = 'transaction_timeout'
)

-- name: expire
-- Retention by time, a piece of one partition: moves the start, so that a late reader is told instead of skipping.
with oldest as (
    select r.record_offset, r.append_time_ms
    from tenure_log.heads h join tenure_log.records r
        on r.topic_id = h.topic_id and r.partition = h.partition and r.record_offset >= h.start_offset
    where h.topic_id = $1 and h.partition = $2
    order by r.record_offset limit $4
), cut as (
    select max(record_offset) as last from oldest where append_time_ms < $3
), gone as (
    delete from tenure_log.records using cut
    where topic_id = $1 and partition = $2 and record_offset <= cut.last returning record_offset
)
update tenure_log.heads set start_offset = cut.last + 1 from cut
where topic_id = $1 and partition = $2 and cut.last is not null
returning start_offset

-- name: expire_oversize
-- Retention by size, a piece of one partition: keys, values and headers of the newest records that together are no
-- larger than the limit are kept.
with sized as (
    select r.record_offset, sum(
        coalesce(octet_length(r.key), 0) + coalesce(octet_length(r.value), 0) + octet_length(r.headers)
    ) over (order by r.record_offset desc) as kept_bytes
    from tenure_log.heads h join tenure_log.records r
        on r.topic_id = h.topic_id and r.partition = h.partition and r.record_offset >= h.start_offset
    where h.topic_id = $1 and h.partition = $2
), cut as (
    select least(max(record_offset), min(record_offset) + $4 - 1) as last from sized where kept_bytes > $3
), gone as (
    delete from tenure_log.records using cut
    where topic_id = $1 and partition = $2 and record_offset <= cut.last returning record_offset
)
update tenure_log.heads set start_offset = cut.last + 1 from cut
where topic_id = $1 and partition = $2 and cut.last is not null
returning start_offset

-- name: compact
-- Of a compacted topic only each key's newest record is kept.
delete from tenure_log.records r using tenure_log.records newer
where r.topic_id = $1 and newer.topic_id = $1 and newer.partition = r.partition
  and newer.key = r.key and newer.record_offset > r.record_offset
