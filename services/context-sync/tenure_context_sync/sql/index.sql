-- name: share_indexes
-- No index is begun or filled while a batch is written; batches don't wait for each other.
select pg_advisory_xact_lock_shared(hashtext('tenure.context-sync.indexes'))

-- name: own_indexes
-- The same lock, alone: until the end of the transaction no batch is written.
select pg_advisory_xact_lock(hashtext('tenure.context-sync.indexes'))

-- name: indexes
-- All of them: there are few.
select id, source, by_fields, time_field, complete, rows from context_indexes

-- name: index_rows
-- Only what has become the newest state of its row.
insert into context_index as old (index_id, key, by_value, at)
select new.index_id, new.key, new.by_value, new.at
from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[], $7::bigint[],
    $8::timestamptz[]) as new (index_id, source, key, by_value, at, streamed, position, source_at)
join context_rows as kept using (source, key)
where (kept.streamed, kept.position, kept.source_at) = (new.streamed, new.position, new.source_at)
order by new.index_id, new.key
on conflict (index_id, key) do update set by_value = excluded.by_value, at = excluded.at

-- name: begin_index
-- Known from here on to every batch.
insert into context_indexes (source, by_fields, time_field) values ($1, $2, $3) on conflict do nothing

-- name: rows_to_index
-- The next rows of a source, by key; the lock keeps them as they are.
select key, streamed, position, source_at, fields from context_rows
where source = $1 and key > (select filled_up_to from context_indexes where id = $2) and not deleted
order by key limit $3

-- name: index_filled
-- How far the filling has come.
update context_indexes set filled_up_to = coalesce($2, filled_up_to), rows = rows + $3, complete = $4 where id = $1

-- name: drop_index
-- No live revision needs it.
delete from context_indexes where id = $1

-- name: release_revision
-- What was kept for a revision that nobody reads.
delete from context_held where context = $1 and revision = $2

-- name: note_references
-- When these were last referred to; never goes back.
insert into context_references as old (context, revision, last_at)
select context, revision, $3::timestamptz from unnest($1::text[], $2::integer[]) as new (context, revision)
on conflict (context, revision) do update set last_at = greatest(old.last_at, excluded.last_at)

-- name: references
-- All of them: as many as there are revisions.
select context, revision, last_at from context_references
