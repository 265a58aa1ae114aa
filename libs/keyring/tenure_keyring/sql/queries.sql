-- name: pepper
-- the one row
select master, wrapped from pepper

-- name: make_pepper
-- whoever comes first makes it
insert into pepper (master, wrapped) values ($1, $2) on conflict do nothing

-- name: rewrap_pepper
-- only if it is still what was read
update pepper set master = $1, wrapped = $2 where wrapped = $3

-- name: living_keys
-- the keys that may seal
select mark, purpose, id, master, wrapped from subject_key
where (mark, purpose) in (select * from unnest($1::bytea[], $2::text[])) and wrapped is not null

-- name: destroyed
-- whom no key may be made for
select mark from subject where mark = any($1::bytea[]) and destroyed_at is not null

-- name: meet_subjects
-- in one order for all, so that two never wait for each other
insert into subject (mark)
select mark from unnest($1::bytea[]) as met (mark) order by mark
on conflict do nothing

-- name: hold_subjects
-- a destruction waits until the keys that are made beside it are there to be destroyed, or is seen here
select mark, destroyed_at from subject where mark = any($1::bytea[]) order by mark for share

-- name: make_keys
-- a rival's key for the same holder stays
insert into subject_key (id, mark, purpose, master, wrapped)
select * from unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::bytea[])
on conflict do nothing

-- name: keys_by_id
-- destroyed ones too
select id, master, wrapped from subject_key where id = any($1::bytea[])

-- name: mark_destroyed
-- waits for whoever makes keys for the subject right now
insert into subject (mark, destroyed_at) values ($1, clock_timestamp())
on conflict (mark) do update set destroyed_at = excluded.destroyed_at

-- name: destroy_keys
-- the secret goes, the marker stays
update subject_key set wrapped = null where mark = $1 and wrapped is not null

-- name: readmit
-- new keys only
update subject set destroyed_at = null where mark = $1

-- name: wrapped_otherwise
-- what a rotation leaves to do
select id, master, wrapped from subject_key where wrapped is not null and master <> $1 limit $2

-- name: rewrap_keys
-- a key that was destroyed meanwhile stays so
update subject_key as old set master = $1, wrapped = new.wrapped
from unnest($2::bytea[], $3::bytea[]) as new (id, wrapped)
where old.id = new.id and old.wrapped is not null
