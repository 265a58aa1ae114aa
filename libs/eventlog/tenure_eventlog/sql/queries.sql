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
-- A stretch of one partition, by primary key.
select record_offset, append_time_ms, key, value, headers from tenure_log.records
where topic_id = $1 and partition = $2 and record_offset >= $3 and record_offset < $4
order by record_offset limit $5

-- name: expire
-- Retention by time: moves the start, so that a late reader is told instead of skipping.
with gone as (
    delete from tenure_log.records where topic_id = $1 and append_time_ms < $2 returning partition, record_offset
)
update tenure_log.heads h set start_offset = greatest(h.start_offset, g.last + 1)
from (select partition, max(record_offset) as last from gone group by 1) g
where h.topic_id = $1 and h.partition = g.partition

-- name: compact
-- Of a compacted topic only each key's newest record is kept.
delete from tenure_log.records r using tenure_log.records newer
where r.topic_id = $1 and newer.topic_id = $1 and newer.partition = r.partition
  and newer.key = r.key and newer.record_offset > r.record_offset
