-- A record may be held once for each reader that can't read it, and each of these is told of.
alter table quarantine_announced
    add column scope text not null default '',
    drop constraint quarantine_announced_pkey,
    add primary key (topic, partition, "offset", scope);
