-- name: begin
-- gives partitions that were never read a place to start from, once
insert into ingest.position (processor, topic, partition, next_offset)
select $1, place.topic, place.partition, place.next_offset
from unnest($2::text[], $3::integer[], $4::bigint[]) as place (topic, partition, next_offset)
order by place.topic, place.partition
on conflict do nothing

-- name: positions
-- where the processor stands in these topics
select topic, partition, next_offset
from ingest.position
where processor = $1 and topic = any($2::text[])

-- name: advance
-- compare-and-set of all partitions of a batch; locks in one order, so that rivals can't deadlock
with span as (
    select * from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) as span (topic, partition, old, new)
), locked as (
    select topic, partition, span.new
    from ingest.position join span using (topic, partition)
    where processor = $1 and next_offset = span.old
    order by topic, partition
    for update of position
)
update ingest.position as place
set next_offset = locked.new
from locked
where place.processor = $1 and place.topic = locked.topic and place.partition = locked.partition
returning place.topic, place.partition
