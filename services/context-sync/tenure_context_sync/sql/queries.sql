-- name: upsert_rows
-- A snapshot row never beats a streamed one; a late or doubled change never moves state back, nor behind a truncate.
insert into context_rows as old (source, key, streamed, position, source_at, deleted, fields)
select new.source, new.key, new.streamed, new.position, new.source_at, new.deleted, new.fields
from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::timestamptz[], $6::boolean[], $7::text[])
    as new (source, key, streamed, position, source_at, deleted, fields)
left join source_truncates as truncated using (source)
where truncated.position is null or new.position > truncated.position or new.position = 0
on conflict (source, key) do update set
    streamed = excluded.streamed,
    position = excluded.position,
    source_at = excluded.source_at,
    deleted = excluded.deleted,
    fields = excluded.fields
where (excluded.streamed, excluded.position) >= (old.streamed, old.position)

-- name: upsert_partial_rows
-- Likewise, for rows of which the connector left out what did not change: the old value of that stays.
insert into context_rows as old (source, key, streamed, position, source_at, deleted, fields)
select new.source, new.key, new.streamed, new.position, new.source_at, new.deleted, new.fields
from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::timestamptz[], $6::boolean[], $7::text[])
    as new (source, key, streamed, position, source_at, deleted, fields)
left join source_truncates as truncated using (source)
where truncated.position is null or new.position > truncated.position or new.position = 0
on conflict (source, key) do update set
    streamed = excluded.streamed,
    position = excluded.position,
    source_at = excluded.source_at,
    deleted = excluded.deleted,
    fields = (old.fields::jsonb || excluded.fields::jsonb)::text
where (excluded.streamed, excluded.position) >= (old.streamed, old.position)

-- name: mark_truncate
-- Rows up to here are gone, also those of other partitions that are read later.
insert into source_truncates as old (source, position) values ($1, $2)
on conflict (source) do update set position = greatest(old.position, excluded.position)

-- name: truncate_source
-- A truncate deletes every row that it is newer than; one that voids a snapshot lets the next snapshot come after it.
update context_rows set deleted = true, position = $2, streamed = $4, source_at = $3, fields = '{}'
where source = $1 and (streamed, position) < ($4, $2)

-- name: raise_watermarks
-- A watermark only rises.
insert into source_watermarks as old (source, newest_source_at)
select * from unnest($1::text[], $2::timestamptz[])
on conflict (source) do update set newest_source_at = greatest(old.newest_source_at, excluded.newest_source_at)

-- name: watermarks
-- All of them: there are few sources.
select source, newest_source_at from source_watermarks

-- name: read_rows
-- The rows of some keys; a key that never came, or was deleted, has none.
select key, source_at, fields from context_rows
where source = $1 and key = any($2::text[]) and not deleted

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
