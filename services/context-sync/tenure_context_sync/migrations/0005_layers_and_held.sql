-- What a row is made of where the connector left parts of it out: the newest whole row, and what came after it.
alter table context_rows add column layers text;
create index context_rows_in_layers on context_rows (source, key) where layers is not null;

-- A row of an incremental snapshot has no place in the source's log, only its time.
alter table source_truncates add column source_at timestamptz not null default '-infinity';

-- The newest state of a row that a revision could read, while it can't read the row as it is now; deleted: none is known.
create table context_held (
    source text not null,
    key text not null,
    context text not null,
    revision integer not null,
    streamed boolean not null,
    position bigint not null,
    source_at timestamptz not null,
    deleted boolean not null,
    fields text not null,
    layers text,
    primary key (source, key, context, revision)
);
