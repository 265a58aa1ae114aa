-- name: subscription
-- Locked, so that two commands on it come one after the other; a new name is locked by its hash.
select * from subscriptions where subscription = $1 for update

-- name: lock_name
-- Held to the end of the transaction: two creations of one name, or of the last free place, can't pass each other.
select pg_advisory_xact_lock(hashtextextended('tenure.dispatch.subscriptions', 0))

-- name: lock_lease
-- Before anything else is locked, as a holder does it: two that lock in different orders would wait for each other.
select 1 from leases where reader = $1 for update

-- name: count
-- How many there are, against the limit.
select count(*) from subscriptions

-- name: subscriptions
-- All of them; there are few.
select * from subscriptions order by subscription

-- name: one
-- As it is now, for a reader.
select * from subscriptions where subscription = $1

-- name: keep
-- A new one, or the next revision of one.
insert into subscriptions (subscription, url, types, streams, status, reason, signs_until, revision, created_by, created_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (subscription) do update set status = excluded.status, reason = excluded.reason,
    signs_until = excluded.signs_until, revision = excluded.revision, changed_at = excluded.changed_at

-- name: remove
-- Secrets and dead letters go with it; its changes stay.
delete from subscriptions where subscription = $1

-- name: change
-- Was this command carried out before?
select * from changes where command_id = $1

-- name: keep_change
-- Beside the change itself, in one transaction.
insert into changes (command_id, command_digest, subscription, revision, action, changed_by, changed_at, reason, secret_number)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: changes
-- What was done to a subscription, newest first.
select * from changes where subscription = $1 order by changed_at desc, revision desc limit $2

-- name: add_secret
-- The next number; all but the newest two are of no use.
insert into secrets (subscription, number, master_key, sealed)
select $1, coalesce(max(number), 0) + 1, $2, $3 from secrets where subscription = $1
returning number

-- name: forget_secrets
-- What is older than the one before the newest signs nothing any more.
delete from secrets where subscription = $1 and number < (select max(number) from secrets where subscription = $1) - 1

-- name: secrets
-- The newest first; the second signs only in its grace.
select number, master_key, sealed from secrets where subscription = $1 order by number desc

-- name: cursors
-- Where a reader goes on.
select topic, number, next_offset, attempts, failing_since, not_before, failure from cursors where reader = $1

-- name: set_cursors
-- A reader's place, given by a command; whatever failed there is tried anew.
insert into cursors (reader, topic, number, next_offset)
select $1, * from unnest($2::text[], $3::integer[], $4::bigint[])
on conflict (reader, topic, number) do update set next_offset = excluded.next_offset, attempts = 0,
    failing_since = null, not_before = null, failure = null

-- name: remove_cursors
-- Of a subscription that is deleted.
delete from cursors where reader = $1

-- name: hold
-- The lease as its holder knows it, locked against whoever would take it over; none: it was taken over already.
select 1 from leases where reader = $1 and epoch = $2 and holder = $3 for share

-- name: save_cursors
-- How far a holder got, and what stands in the way.
insert into cursors (reader, topic, number, next_offset, attempts, failing_since, not_before, failure)
select $1, * from unnest($2::text[], $3::integer[], $4::bigint[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::text[])
on conflict (reader, topic, number) do update set next_offset = excluded.next_offset, attempts = excluded.attempts,
    failing_since = excluded.failing_since, not_before = excluded.not_before, failure = excluded.failure

-- name: claim
-- Renews this process's leases, and takes those that nobody holds any more: of what is active, and of the public topics.
with wanted as (
    select 'webhook/' || subscription as reader from subscriptions where status = 'active'
    union all select unnest($3::text[])
)
insert into leases as old (reader, holder, epoch, held_until)
select reader, $1, 1, now() + make_interval(secs => $2) from wanted order by reader
on conflict (reader) do update set holder = $1, held_until = excluded.held_until,
    epoch = case when old.holder = $1 then old.epoch else old.epoch + 1 end
    where old.holder = $1 or old.held_until <= now()
returning reader, epoch

-- name: evict
-- Whoever delivers writes nothing from now on, and whoever comes next begins with what a command has changed.
update leases set holder = null, epoch = epoch + 1, held_until = now() where reader = $1

-- name: release
-- A process that stops need not be waited for.
update leases set holder = null, held_until = now() where holder = $1

-- name: remove_lease
-- Of a subscription that is deleted.
delete from leases where reader = $1

-- name: bury
-- Given up: the cursor goes past it in the same transaction.
insert into dead_letters (subscription, topic, number, log_offset, event_id, event_type, stream, sequence, attempts,
    failing_since, died_at, failure)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (subscription, topic, number, log_offset) do update set attempts = excluded.attempts,
    died_at = excluded.died_at, failure = excluded.failure

-- name: dead_count
-- Against the limit.
select count(*) from dead_letters where subscription = $1

-- name: dead_letters
-- In the order of the log.
select * from dead_letters where subscription = $1 and (topic, number, log_offset) > ($2, $3, $4)
order by topic, number, log_offset limit $5

-- name: ask_again
-- Marks what is to be delivered again: these events, or all.
update dead_letters set redeliver = true where subscription = $1 and ($2::text[] is null or event_id = any($2))

-- name: asked_again
-- What somebody wants delivered again.
select * from dead_letters where subscription = $1 and redeliver order by topic, number, log_offset

-- name: raise_dead
-- Delivered after all.
delete from dead_letters where subscription = $1 and topic = $2 and number = $3 and log_offset = $4

-- name: still_dead
-- Failed again; it waits for the next command.
update dead_letters set redeliver = false, attempts = attempts + 1, failure = $5, died_at = now()
where subscription = $1 and topic = $2 and number = $3 and log_offset = $4

-- name: states
-- How all webhooks stand, for lists and metrics.
select c.reader, c.topic, c.number, c.next_offset, c.attempts, c.failing_since, c.not_before, c.failure from cursors c
where c.reader = any($1::text[]) order by 1, 2, 3

-- name: dead_counts
-- Dead letters by subscription.
select subscription, count(*) as dead from dead_letters group by 1
