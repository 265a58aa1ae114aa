-- name: places
-- How far these topics are folded.
select topic, partition, next_offset from ingest.position where processor = $1 and topic = any($2::text[])
order by topic, partition

-- name: held_to_pin
-- What revisions go on with.
select source, key, streamed, position, source_at, deleted, fields, layers from context_held
where source = any($1::text[]) order by source, key

-- name: rows_to_pin
-- All that is kept, deleted rows too: what comes late must not bring them back.
select source, key, streamed, position, source_at, deleted, fields, layers from context_rows
where source = any($1::text[]) order by source, key

-- name: truncates_to_pin
-- Up to where each was truncated.
select source, position, source_at from source_truncates where source = any($1::text[]) order by source

-- name: begun
-- Of which sources it is known.
select source from source_begun

-- name: begin_source
-- Once, whoever comes first.
insert into source_begun (source, snapshot) values ($1, $2) on conflict do nothing
