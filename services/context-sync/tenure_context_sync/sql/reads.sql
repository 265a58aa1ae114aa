-- name: read_rows
-- The rows of some keys, as a revision can read them; a key that never came has none.
select rows.key, rows.deleted, rows.source_at, rows.fields,
    held.deleted as held_deleted, held.source_at as held_at, held.fields as held_fields
from context_rows as rows
left join context_held as held
    on held.source = $1 and held.key = rows.key and held.context = $3 and held.revision = $4
where rows.source = $1 and rows.key = any($2::text[])

-- name: read_joined
-- Rows of another source, as they are.
select key, source_at, fields from context_rows where source = $1 and key = any($2::text[]) and not deleted

-- name: read_window
-- The rows of some entities in (from, to], a limited number of each.
select wanted.by_value, found.key, found.at, found.source_at, found.fields
from unnest($2::text[]) as wanted (by_value)
cross join lateral (
    select entry.key, entry.at, rows.source_at, rows.fields
    from context_index as entry
    join context_rows as rows on rows.source = $3 and rows.key = entry.key and not rows.deleted
    where entry.index_id = $1 and entry.by_value = wanted.by_value and entry.at > $4 and entry.at <= $5
    limit $6
) as found
