-- name: raise_progress
-- Everything only rises but the least delay, which is kept of two stretches of the log's time so that an old one goes.
insert into source_progress as old (
    topic, partition, source, streamed_at, snapshot_at, heartbeat_at, ended_at, position, appended_ms,
    delay_bucket, delay_us
)
select * from unnest(
    $1::text[], $2::integer[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]
)
on conflict (topic, partition) do update set
    source = excluded.source,
    streamed_at = greatest(old.streamed_at, excluded.streamed_at),
    snapshot_at = greatest(old.snapshot_at, excluded.snapshot_at),
    heartbeat_at = greatest(old.heartbeat_at, excluded.heartbeat_at),
    ended_at = greatest(old.ended_at, excluded.ended_at),
    position = greatest(old.position, excluded.position),
    appended_ms = greatest(old.appended_ms, excluded.appended_ms),
    delay_bucket = greatest(old.delay_bucket, excluded.delay_bucket),
    delay_us = case
        when excluded.delay_us is null then old.delay_us
        when excluded.delay_bucket > old.delay_bucket then excluded.delay_us
        else least(old.delay_us, excluded.delay_us)
    end,
    delay_before_us = case
        when excluded.delay_us is null or excluded.delay_bucket <= old.delay_bucket then old.delay_before_us
        when excluded.delay_bucket = old.delay_bucket + 1 then old.delay_us
    end

-- name: close_transactions
-- What has ended is not open.
delete from source_transactions where (topic, id) in (select * from unnest($1::text[], $2::text[]))

-- name: open_transactions
-- Begun, and not ended in the same batch.
insert into source_transactions as old (topic, id, begun_at)
select * from unnest($1::text[], $2::text[], $3::timestamptz[])
on conflict (topic, id) do update set begun_at = excluded.begun_at

-- name: forget_transactions
-- A connector writes one transaction after the other, so one that began before another's end never ends any more.
delete from source_transactions as open
using (select topic, max(ended_at) as ended_at from source_progress where topic = any($1::text[]) group by topic) as done
where open.topic = done.topic and open.begun_at < done.ended_at

-- name: progress
-- What is folded, with the places that it is folded up to: in one statement, so that both are of one instant.
select
    place.topic, place.partition, place.next_offset,
    one.streamed_at, one.snapshot_at, one.heartbeat_at, one.position, one.appended_ms,
    least(one.delay_us, one.delay_before_us) as delay_us,
    (select min(open.begun_at) from source_transactions as open where open.topic = place.topic) as open_since
from ingest.position as place
left join source_progress as one using (topic, partition)
where place.processor = $1

-- name: raise_complete
-- What was proven stays proven; answers what any worker has proven.
with raised as (
    insert into source_complete as old (source, complete_until)
    select * from unnest($1::text[], $2::timestamptz[])
    on conflict (source) do update set complete_until = excluded.complete_until
    where excluded.complete_until > old.complete_until
    returning source, complete_until
)
select source, complete_until from raised
union all
select source, complete_until from source_complete where source not in (select source from raised)
