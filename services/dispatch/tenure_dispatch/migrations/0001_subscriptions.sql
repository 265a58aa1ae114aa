-- Who wants which events, at which address. Dispatch writes no events, so this is where a subscription is.
create table subscriptions (
    subscription text primary key,
    url text not null,
    types text[] not null,
    streams text[] not null,
    status text not null,
    reason text,
    signs_until timestamptz,
    revision bigint not null,
    created_by text not null,
    created_at timestamptz not null,
    changed_at timestamptz not null
);

-- What a subscription's deliveries are signed with, sealed under the master key; number 1 is the oldest.
create table secrets (
    subscription text not null references subscriptions on delete cascade,
    number bigint not null,
    master_key text not null,
    sealed bytea not null,
    primary key (subscription, number)
);

-- Each command that changed something, by its id: asked again, it is answered as it was. Kept when all else is deleted.
create table changes (
    command_id uuid primary key,
    command_digest text not null,
    subscription text not null,
    revision bigint not null,
    action text not null,
    changed_by text not null,
    changed_at timestamptz not null,
    reason text,
    secret_number bigint
);
create index changes_of on changes (subscription, changed_at);

-- Where each reader goes on, and how often what is there failed.
create table cursors (
    reader text not null,
    topic text not null,
    number integer not null,
    next_offset bigint not null,
    attempts integer not null default 0,
    failing_since timestamptz,
    not_before timestamptz,
    failure text,
    primary key (reader, topic, number)
);

-- Who delivers to whom just now; `epoch` grows with each holder, and whoever has an older one writes nothing.
create table leases (
    reader text primary key,
    holder text,
    epoch bigint not null,
    held_until timestamptz not null
);

-- What was given up, until somebody has it delivered again.
create table dead_letters (
    subscription text not null references subscriptions on delete cascade,
    topic text not null,
    number integer not null,
    log_offset bigint not null,
    event_id text not null,
    event_type text not null,
    stream text not null,
    sequence bigint not null,
    attempts integer not null,
    failing_since timestamptz not null,
    died_at timestamptz not null,
    failure text not null,
    redeliver boolean not null default false,
    primary key (subscription, topic, number, log_offset)
);
