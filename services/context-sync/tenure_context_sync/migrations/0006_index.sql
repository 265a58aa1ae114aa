-- Which sources' rows can be found by their fields' values and their time. Complete: older rows are in it too.
create table context_indexes (
    id integer generated always as identity primary key,
    source text not null,
    by_fields text[] not null,
    time_field text not null,
    complete boolean not null default false,
    filled_up_to text not null default '',
    rows bigint not null default 0,
    unique (source, by_fields, time_field)
);

-- One entry a row; a row without a time that can be read, or deleted, has none and is in no window.
create table context_index (
    index_id integer not null references context_indexes (id) on delete cascade,
    key text not null,
    by_value text not null,
    at timestamptz,
    primary key (index_id, key)
);
create index context_index_windows on context_index (index_id, by_value, at, key);

-- When each revision was last referred to, by the service's clock.
create table context_references (
    context text not null,
    revision integer not null,
    last_at timestamptz not null,
    primary key (context, revision)
);
