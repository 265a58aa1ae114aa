-- Which schemas each source's rows have had, and the newest place that shows each.
create table source_schemas (
    source text not null,
    digest text not null,
    fields text not null,
    announced boolean not null,
    position bigint not null,
    partition integer not null,
    "offset" bigint not null,
    primary key (source, digest)
);
