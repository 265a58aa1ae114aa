-- name: meet_rows
-- whose rows they are; a row that changes hands is found by both
insert into context_subjects (subject, source, key)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict do nothing

-- name: rows_of_subject
-- some at once, in an order to go on in
select known.source, known.key, rows.fields
from context_subjects as known join context_rows as rows using (source, key)
where known.subject = $1 and (known.source, known.key) > ($2, $3)
order by known.source, known.key
limit $4

-- name: blank_rows
-- a row that has changed meanwhile came in through the door, which lets nothing of an erased subject in
update context_rows as old set fields = new.fields
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as new (source, key, before, fields)
where (old.source, old.key) = (new.source, new.key) and old.fields = new.before

-- name: meet_snapshot
-- whom a snapshot holds data of
insert into snapshot_subjects (subject, snapshot)
select subject, $2 from unnest($1::text[]) as met (subject)
on conflict do nothing

-- name: snapshots_of_subject
-- by name
select snapshot from snapshot_subjects where subject = $1 order by snapshot

-- name: subjects_of_rows
-- whose the rows are that a snapshot takes
select distinct subject from context_subjects where source = $1 and key = any($2::text[])
