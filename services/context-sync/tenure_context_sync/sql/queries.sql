-- name: announcer_lock
-- One replica tells at a time, until its transaction ends; the others have nothing to do.
select pg_try_advisory_xact_lock(hashtext('quarantine announcer'))

-- name: unannounced
-- What was quarantined, here or again for another reason, and not told yet; oldest first.
select held.topic, held.partition, held."offset", held.scope, held.reason, held.held_at
from ingest.quarantine as held
left join quarantine_announced as told
    on (told.topic, told.partition, told."offset", told.scope)
        = (held.topic, held.partition, held."offset", coalesce(held.scope, ''))
    and told.reason = held.reason
where held.processor = $1 and held.discarded_at is null and told.topic is null
order by held.topic, held.partition, held."offset", held.scope
limit $2

-- name: announced
-- Told once; a crash before this tells it twice.
insert into quarantine_announced (topic, partition, "offset", scope, reason)
select topic, partition, "offset", coalesce(scope, ''), reason
from unnest($1::text[], $2::integer[], $3::bigint[], $4::text[], $5::text[])
    as told (topic, partition, "offset", scope, reason)
on conflict (topic, partition, "offset", scope) do update set reason = excluded.reason
