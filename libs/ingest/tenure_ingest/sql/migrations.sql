-- name: migration_lock
-- one process migrates at a time, until its transaction ends
select pg_advisory_xact_lock(hashtext('tenure migrations'))

-- name: migration_table
-- what was applied, by package
create table if not exists public.tenure_migration (
    package text not null,
    number integer not null,
    name text not null,
    digest text not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (package, number)
)

-- name: applied
-- what needs no second time, and must not have been edited
select number, digest from public.tenure_migration where package = $1

-- name: mark_applied
-- in the migration's own transaction
insert into public.tenure_migration (package, number, name, digest) values ($1, $2, $3, $4)
