-- How each source's newest row looks, and the first record that looked so.
create table source_look (
    source text primary key,
    look text not null,
    newest_position bigint not null,
    position bigint not null,
    partition integer not null,
    "offset" bigint not null
);
