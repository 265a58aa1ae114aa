-- name: upsert_rows
-- A snapshot row never beats a streamed one; a late or doubled change never moves state back, nor behind a truncate.
insert into context_rows as old (source, key, streamed, position, source_at, deleted, fields, layers)
select new.source, new.key, new.streamed, new.position, new.source_at, new.deleted, new.fields, new.layers
from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::timestamptz[], $6::boolean[], $7::text[], $8::text[])
    as new (source, key, streamed, position, source_at, deleted, fields, layers)
left join source_truncates as truncated using (source)
where truncated.position is null or new.position > truncated.position
    or (new.position = 0 and new.source_at > truncated.source_at)
on conflict (source, key) do update set
    streamed = excluded.streamed,
    position = excluded.position,
    source_at = excluded.source_at,
    deleted = excluded.deleted,
    fields = excluded.fields,
    layers = excluded.layers
where (excluded.streamed, excluded.position, excluded.source_at) >= (old.streamed, old.position, old.source_at)

-- name: mark_truncate
-- Rows up to here are gone, also those of other partitions that are read later.
insert into source_truncates as old (source, position, source_at) values ($1, $2, $3)
on conflict (source) do update set
    position = greatest(old.position, excluded.position),
    source_at = greatest(old.source_at, excluded.source_at)

-- name: truncate_source
-- A truncate takes every row that it is newer than, with what is kept of it elsewhere; of a snapshot, only its rows.
with gone as (
    delete from context_rows
    where source = $1 and (streamed = false or $4::boolean)
        and (position between 1 and $2::bigint or (position = 0 and source_at <= $3::timestamptz))
    returning key
), unheld as (
    delete from context_held as held using gone where held.source = $1 and held.key = gone.key
)
delete from context_index as entry using context_indexes as indexed, gone
where indexed.source = $1 and entry.index_id = indexed.id and entry.key = gone.key

-- name: truncate_held
-- Of a row that outlives it, nothing older is known any more.
update context_held set deleted = true, fields = '{}'
where source = $1 and (position between 1 and $2::bigint or (position = 0 and source_at <= $3::timestamptz))

-- name: truncates
-- Up to where each of these sources was truncated.
select source, position, source_at from source_truncates where source = any($1::text[])

-- name: unsettled
-- Rows of these that are made of parts, or that a revision can't read: few.
select source, key from unnest($1::text[], $2::text[]) as wanted (source, key)
where exists (
    select from context_rows as kept
    where kept.layers is not null and (kept.source, kept.key) = (wanted.source, wanted.key)
) or exists (select from context_held as held where (held.source, held.key) = (wanted.source, wanted.key))

-- name: kept_rows
-- Locked, in one order for all, since what becomes of them is decided here and not by Postgres.
select kept.source, kept.key, streamed, position, source_at, deleted, fields, layers
from context_rows as kept join unnest($1::text[], $2::text[]) as wanted (source, key) using (source, key)
order by kept.source, kept.key
for update of kept

-- name: kept_held
-- What revisions hold of these rows.
select source, key, context, revision, streamed, position, source_at, deleted, fields, layers
from context_held join unnest($1::text[], $2::text[]) as wanted (source, key) using (source, key)

-- name: release
-- Those rows can be read again, or are held anew.
delete from context_held as held using unnest($1::text[], $2::text[]) as wanted (source, key)
where (held.source, held.key) = (wanted.source, wanted.key)

-- name: hold
-- After the release, in the same transaction.
insert into context_held
    (source, key, context, revision, streamed, position, source_at, deleted, fields, layers)
select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::boolean[], $6::bigint[],
    $7::timestamptz[], $8::boolean[], $9::text[], $10::text[])

-- name: existing
-- Which of these rows are there.
select source, key from context_rows join unnest($1::text[], $2::text[]) as wanted (source, key) using (source, key)
where not deleted
