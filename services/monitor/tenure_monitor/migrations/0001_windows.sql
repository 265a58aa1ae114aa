-- A request's prediction and outcome, whichever came first; counted once, when both are there.
create table requests (
    request_id text primary key,
    model text not null,
    release text,
    score double precision,
    predicted_at timestamptz,
    label double precision,
    counted boolean not null default false,
    seen_at timestamptz not null default now()
);
create index requests_seen_at on requests (seen_at);

-- Sufficient statistics of one metric of one release over one span of time.
create table windows (
    model text not null,
    release text not null,
    metric text not null,
    window_start timestamptz not null,
    window_seconds integer not null,
    n bigint not null,
    sum double precision not null,
    sum_of_squares double precision not null,
    revision bigint not null,
    published bigint not null default 0,
    primary key (model, release, metric, window_start)
);
create index windows_unpublished on windows (model) where published < revision;
