-- name: raise_looks
-- The newest row decides, whatever the order in which rows come; while it looks the same, the first one is kept.
insert into source_look as old (source, look, newest_position, position, partition, "offset")
select * from unnest($1::text[], $2::text[], $3::bigint[], $3::bigint[], $4::integer[], $5::bigint[])
on conflict (source) do update set
    look = excluded.look,
    newest_position = excluded.newest_position,
    position = case when old.look = excluded.look then old.position else excluded.position end,
    partition = case when old.look = excluded.look then old.partition else excluded.partition end,
    "offset" = case when old.look = excluded.look then old."offset" else excluded."offset" end
where excluded.newest_position > old.newest_position

-- name: looks
-- How each source's newest row looks.
select source, look, position, partition, "offset" from source_look
