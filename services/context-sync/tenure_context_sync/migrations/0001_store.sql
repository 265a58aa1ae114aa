-- The newest state of every row of every source, with the place in the source's own log that it comes from.
create table context_rows (
    source text not null,
    key text not null,
    streamed boolean not null,
    position bigint not null,
    source_at timestamptz not null,
    deleted boolean not null,
    fields jsonb not null,
    primary key (source, key)
);

-- How far each source's changes have come: the newest commit time seen.
create table source_watermarks (
    source text primary key,
    newest_source_at timestamptz not null
);
