-- Up to which place a source's rows were truncated: an older row of another partition, read later, must not come back.
create table source_truncates (
    source text primary key,
    position bigint not null
);
