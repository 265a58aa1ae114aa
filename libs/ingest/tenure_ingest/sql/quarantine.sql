-- name: quarantine
-- holds an unreadable record; a replayed one that is still bad comes back here, a discarded one does not
insert into ingest.quarantine as old
    (processor, topic, partition, "offset", reason, append_time_ms, key, value, header_names, header_values, scope)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (processor, topic, partition, "offset", coalesce(scope, '')) do update
    set reason = excluded.reason where old.discarded_at is null

-- name: fullest
-- the first partition of a batch that is over the limit; what one reader alone can't read stops nobody
select topic, partition
from ingest.quarantine
where processor = $1 and discarded_at is null and scope is null
    and (topic, partition) in (select * from unnest($2::text[], $3::integer[]))
group by topic, partition
having count(*) > $4::bigint
order by topic, partition
limit 1

-- name: held
-- whether partitions that stopped for a full quarantine may go on
select topic, partition, count(*) as records
from ingest.quarantine
where processor = $1 and discarded_at is null and scope is null
    and (topic, partition) in (select * from unnest($2::text[], $3::integer[]))
group by topic, partition

-- name: held_for
-- how many records are held for readers, by partition
select topic, partition, scope, count(*) as records
from ingest.quarantine
where processor = $1 and discarded_at is null
    and (topic, partition, scope) in (select * from unnest($2::text[], $3::integer[], $4::text[]))
group by topic, partition, scope

-- name: pass_by
-- counts what is not kept, since its reader has no room
insert into ingest.quarantine_passed as old (processor, topic, partition, scope, reason, records)
values ($1, $2, $3, $4, $5, $6)
on conflict (processor, topic, partition, scope, reason) do update set records = old.records + excluded.records

-- name: passed_by
-- what was counted and not kept
select topic, partition, scope, reason, records
from ingest.quarantine_passed
where processor = $1
order by topic, partition, scope, reason

-- name: forget_held
-- a reader is gone, and with it what was held for it; what somebody discarded stays on record
delete from ingest.quarantine where processor = $1 and scope = $2 and discarded_at is null

-- name: forget_passed
-- and what was counted for it
delete from ingest.quarantine_passed where processor = $1 and scope = $2

-- name: quarantine_counts
-- what is held, for metrics and for health
select topic, partition, reason, count(*) as records
from ingest.quarantine
where processor = $1 and discarded_at is null
group by topic, partition, reason
order by topic, partition, reason

-- name: quarantine_page
-- what is held or was discarded, in the order of the log, without the bodies
select topic, partition, "offset", scope, reason, append_time_ms, held_at, discarded_at, discarded_by, discard_reason,
    length(key) as key_bytes, length(value) as value_bytes
from ingest.quarantine
where processor = $1
    and ($2::text is null or reason = $2) and ($3::text is null or topic = $3)
    and ($4::integer is null or partition = $4) and ($5::bigint is null or "offset" = $5)
    and ($6::text is null or scope = $6) and ($7::boolean is null or (discarded_at is not null) = $7)
    and (topic, partition, "offset", coalesce(scope, '')) > ($8, $9, $10, $11)
order by topic, partition, "offset", coalesce(scope, '')
limit $12

-- name: quarantine_body
-- one record, whole
select topic, partition, "offset", append_time_ms, key, value, header_names, header_values
from ingest.quarantine
where processor = $1 and topic = $2 and partition = $3 and "offset" = $4 and discarded_at is null
order by coalesce(scope, '')
limit 1

-- name: claim
-- held records that nobody else may take meanwhile; what somebody took before is not there any more
select topic, partition, "offset", scope, held_at, append_time_ms, key, value, header_names, header_values
from ingest.quarantine
where processor = $1 and discarded_at is null
    and ($2::text is null or reason = $2) and ($3::text is null or topic = $3)
    and ($4::integer is null or partition = $4) and ($5::bigint is null or "offset" = $5)
    and ($6::text is null or scope = $6)
    and (topic, partition, "offset", coalesce(scope, '')) > ($7, $8, $9, $10)
order by topic, partition, "offset", coalesce(scope, '')
limit $11
for update

-- name: release
-- takes claimed records out, to be processed again
delete from ingest.quarantine
where processor = $1 and discarded_at is null and (topic, partition, "offset", coalesce(scope, '')) in
    (select * from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[]))

-- name: held_since
-- those that came back are held since when they were held first; they are the ones that it answers
update ingest.quarantine as back set held_at = first.held_at
from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::timestamptz[])
    as first (topic, partition, "offset", scope, held_at)
where back.processor = $1 and back.topic = first.topic and back.partition = first.partition
    and back."offset" = first."offset" and coalesce(back.scope, '') = first.scope
returning 1

-- name: discard
-- the bodies of claimed records go; who did it, when and why stays
update ingest.quarantine
set key = null, value = null, header_names = '{}', header_values = '{}',
    discarded_at = clock_timestamp(), discarded_by = $6, discard_reason = $7
where processor = $1 and (topic, partition, "offset", coalesce(scope, '')) in
    (select * from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[]))

-- name: command_lock
-- two requests with one key take turns, until the transaction ends
select pg_advisory_xact_lock(hashtextextended($1, 0))

-- name: command_answered
-- whether the command was carried out before
select digest, answer from ingest.quarantine_command where command_id = $1

-- name: answer_command
-- in the command's own transaction; as long as commands are remembered anywhere
with forgotten as (delete from ingest.quarantine_command where answered_at < now() - interval '30 days')
insert into ingest.quarantine_command (command_id, digest, principal, answer) values ($1, $2, $3, $4)
