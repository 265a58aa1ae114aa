-- From which pinned snapshot the rows of a source began; '': from its topic's beginning, or as they were found.
create table source_begun (
    source text primary key,
    snapshot text not null
);

insert into source_begun select distinct source, '' from context_rows;
