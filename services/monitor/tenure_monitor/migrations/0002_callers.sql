-- Who calls which version: one row for each consumer that is kept apart, and one each for all others and the unnamed.
create table callers (
    model text not null,
    model_version text not null,
    consumer text not null,
    calls bigint not null,
    last_at timestamptz not null,
    touched_at timestamptz not null default now(),
    primary key (model, model_version, consumer)
);
create index callers_last_at on callers (last_at);
