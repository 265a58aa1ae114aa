-- name: raise_schemas
-- A schema's newest place only rises. Beyond two hundred schemas a source, those that are no news are forgotten.
with offered as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::bigint[], $6::integer[], $7::bigint[])
        as new (source, digest, fields, announced, position, partition, "offset")
), forgotten as (
    delete from source_schemas as old using (
        select source, digest, row_number() over (partition by source order by position desc) as nth
        from source_schemas where source in (select source from offered)
    ) as ranked
    where ranked.nth > 200 and (old.source, old.digest) = (ranked.source, ranked.digest)
        and (old.source, old.digest) not in (select source, digest from offered)
)
insert into source_schemas as old (source, digest, fields, announced, position, partition, "offset")
select * from offered
on conflict (source, digest) do update set
    announced = excluded.announced,
    position = excluded.position,
    partition = excluded.partition,
    "offset" = excluded."offset"
where excluded.position > old.position

-- name: newest_schemas
-- What each source's newest row looks like.
select distinct on (source) source, digest, fields, announced, position, partition, "offset"
from source_schemas
order by source, position desc, digest
