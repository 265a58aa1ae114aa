-- Whose keys there are, by a keyed hash of the subject's id; once destroyed, no key is made for a subject unasked.
create table subject (
    mark bytea primary key,
    destroyed_at timestamptz
);

-- A key is wrapped under a master that is not in this database. A destroyed one stays as a marker without its secret.
create table subject_key (
    id bytea primary key,
    mark bytea not null references subject,
    purpose text not null,
    master text not null,
    wrapped bytea,
    made_at timestamptz not null default clock_timestamp()
);

-- One living key a subject and purpose.
create unique index subject_key_holder on subject_key (mark, purpose) where wrapped is not null;
create index subject_key_master on subject_key (master) where wrapped is not null;

-- What subjects' ids are hashed with; one row.
create table pepper (
    one boolean primary key default true check (one),
    master text not null,
    wrapped bytea not null
);
