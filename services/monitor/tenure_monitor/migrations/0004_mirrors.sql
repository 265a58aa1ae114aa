-- A mirrored request is predicted by another release too: in a row of its own, beside that of the answer (the empty one).
alter table requests
    add column mirrored_by text not null default '',
    add column paired boolean not null default false;
alter table requests drop constraint requests_pkey;
alter table requests add primary key (request_id, mirrored_by);

-- Of pairs: the release whose answer the caller got.
alter table windows add column against text not null default '';
alter table windows drop constraint windows_pkey;
alter table windows add primary key (model, release, metric, against, window_start);
