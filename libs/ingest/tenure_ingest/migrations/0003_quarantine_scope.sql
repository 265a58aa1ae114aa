-- A record may be held for one reader alone (`scope`), the others having taken it; and one that was discarded leaves a
-- row without body, which says who discarded it, when and why.
alter table ingest.quarantine
    add column scope text,
    add column discarded_at timestamptz,
    add column discarded_by text,
    add column discard_reason text,
    drop constraint quarantine_pkey;
create unique index quarantine_place on ingest.quarantine (processor, topic, partition, "offset", coalesce(scope, ''));

-- What was answered to commands on the quarantine, so that a repeated one is answered alike and done once.
create table ingest.quarantine_command (
    command_id uuid primary key,
    digest text not null,
    principal text not null,
    answer text not null,
    answered_at timestamptz not null default clock_timestamp()
);
create index quarantine_command_age on ingest.quarantine_command (answered_at);
