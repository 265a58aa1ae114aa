-- name: keep_predictions
-- The first prediction under a request id counts; a retry of the producer changes nothing.
insert into requests as old (request_id, model, release, score, predicted_at)
select * from unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::timestamptz[])
on conflict (request_id) do update
    set model = excluded.model, release = excluded.release, score = excluded.score, predicted_at = excluded.predicted_at
    where old.score is null

-- name: keep_outcomes
-- Likewise the first outcome.
insert into requests as old (request_id, model, label)
select * from unnest($1::text[], $2::text[], $3::double precision[])
on conflict (request_id) do update set label = excluded.label where old.label is null

-- name: count_joined
-- What has both parts now, and was not counted, goes into its windows; by the time of the prediction.
with newly as (
    update requests set counted = true
    where request_id = any($1::text[]) and score is not null and label is not null and not counted
    returning model, release, predicted_at, score, label
), losses as (
    select n.model, n.release, m.metric, m.window_seconds,
        to_timestamp(floor(extract(epoch from n.predicted_at) / m.window_seconds) * m.window_seconds) as window_start,
        case m.metric
            when 'brier' then (n.score - n.label) ^ 2
            when 'error' then ((n.score >= 0.5) <> (n.label >= 0.5))::int
        end as loss
    from newly n
    join unnest($2::text[], $3::text[], $4::integer[]) as m (model, metric, window_seconds) on m.model = n.model
)
insert into windows as old (model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision)
select model, release, metric, window_start, window_seconds, count(*), sum(loss), sum(loss * loss), 1
from losses group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4
on conflict (model, release, metric, window_start) do update set
    n = old.n + excluded.n,
    sum = old.sum + excluded.sum,
    sum_of_squares = old.sum_of_squares + excluded.sum_of_squares,
    revision = old.revision + 1

-- name: unpublished
-- Windows whose newest revision is not on the log yet.
select model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision
from windows where published < revision order by model, release, metric, window_start limit 2000

-- name: mark_published
-- A revision that came meanwhile stays unpublished.
update windows w set published = greatest(w.published, p.revision)
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
    as p (model, release, metric, window_start, revision)
where w.model = p.model and w.release = p.release and w.metric = p.metric and w.window_start = p.window_start

-- name: windows
-- For readers, oldest first.
select model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision
from windows where model = $1 and ($2::text is null or release = $2) and ($3::text is null or metric = $3)
order by release, metric, window_start limit $4

-- name: forget
-- A request's parts are kept as long as telemetry is, to join what comes late.
delete from requests where seen_at < now() - interval '7 days'
