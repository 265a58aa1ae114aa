-- name: upsert_rows
-- A snapshot row never beats a streamed one; a late or doubled change never moves state back; a partial row keeps what
-- it does not bring.
insert into context_rows as old (source, key, streamed, position, source_at, deleted, fields)
select source, key, streamed, position, source_at, deleted, fields::jsonb
from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::timestamptz[], $6::boolean[], $7::text[])
    as new (source, key, streamed, position, source_at, deleted, fields)
on conflict (source, key) do update set
    streamed = excluded.streamed,
    position = excluded.position,
    source_at = excluded.source_at,
    deleted = excluded.deleted,
    fields = case when excluded.fields ? '__partial'
        then (old.fields || excluded.fields) - '__partial' else excluded.fields end
where (excluded.streamed, excluded.position) >= (old.streamed, old.position)

-- name: truncate_source
-- A truncate deletes every row that it is newer than.
update context_rows set deleted = true, position = $2, streamed = true, source_at = $3
where source = $1 and (streamed, position) < (true, $2)

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
select key, source_at, fields::text as fields from context_rows
where source = $1 and key = any($2::text[]) and not deleted
