-- Whose rows there are, so that they are found when a subject is erased. The subject's id is random.
create table context_subjects (
    subject text not null,
    source text not null,
    key text not null,
    primary key (subject, source, key)
);

-- Which snapshots hold data of a subject.
create table snapshot_subjects (
    subject text not null,
    snapshot text not null,
    primary key (subject, snapshot)
);
