-- name: quarantine
-- holds an unreadable record; a replayed one that is still bad comes back here
insert into ingest.quarantine
    (processor, topic, partition, "offset", reason, append_time_ms, key, value, header_names, header_values)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (processor, topic, partition, "offset") do update set reason = excluded.reason

-- name: fullest
-- the first partition of a batch that is over the limit
select topic, partition
from ingest.quarantine
where processor = $1 and (topic, partition) in (select * from unnest($2::text[], $3::integer[]))
group by topic, partition
having count(*) > $4::bigint
order by topic, partition
limit 1

-- name: quarantine_counts
-- what is held, for metrics and for health
select topic, partition, reason, count(*) as records
from ingest.quarantine
where processor = $1
group by topic, partition, reason

-- name: release
-- takes the oldest held records out, in order, to be processed again
with released as (
    delete from ingest.quarantine
    where (processor, topic, partition, "offset") in (
        select processor, topic, partition, "offset" from ingest.quarantine
        where processor = $1 order by topic, partition, "offset" limit $2 for update
    )
    returning topic, partition, "offset", append_time_ms, key, value, header_names, header_values
)
select * from released order by topic, partition, "offset"
