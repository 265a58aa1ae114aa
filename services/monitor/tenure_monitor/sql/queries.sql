-- name: keep_predictions
-- The first prediction under a request id counts; a retry of the producer changes nothing, nor is it another call. A
-- model's callers have a limit ($12): who comes after it is one of its version's others, and past twice that no version
-- gets others. No call is later than now: a wrong clock would keep a consumer from ever going quiet.
with told as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::timestamptz[], $6::text[],
        $7::text[], $8::boolean[], $9::double precision[], $10::integer[], $11::boolean[]) as t (request_id, model,
        release, score, predicted_at, model_version, consumer, failed, latency_ms, latency_bucket, stale)
), kept as (
    insert into requests as old (request_id, model, release, score, predicted_at, failed, latency_ms, latency_bucket,
        stale)
    select request_id, model, release, score, predicted_at, failed, latency_ms, latency_bucket, stale from told
    on conflict (request_id, mirrored_by) do update set model = excluded.model, release = excluded.release, score = excluded.score,
        predicted_at = excluded.predicted_at, failed = excluded.failed, latency_ms = excluded.latency_ms,
        latency_bucket = excluded.latency_bucket, stale = excluded.stale
        where old.predicted_at is null
    returning request_id
), called as (
    select t.model, t.model_version, t.consumer, count(*) as calls, least(max(t.predicted_at), now()) as last_at
    from told t join kept using (request_id) group by 1, 2, 3
), placed as (
    select c.*, k.consumer is not null as known, o.consumer is not null as has_others, (select count(*) from callers a where a.model = c.model)
        + row_number() over (partition by c.model, k.consumer is null order by c.model_version, c.consumer) as place
    from called c left join callers k using (model, model_version, consumer)
    left join callers o on (o.model, o.model_version, o.consumer) = (c.model, c.model_version, '(other)')
)
insert into callers as old (model, model_version, consumer, calls, last_at)
select model, model_version, case when known or place <= $12 or consumer like '(%' then consumer else '(other)' end,
    sum(calls), max(last_at)
from placed where known or has_others or place <= 2 * $12 group by 1, 2, 3 order by 1, 2, 3
on conflict (model, model_version, consumer) do update set calls = old.calls + excluded.calls,
    last_at = greatest(old.last_at, excluded.last_at), touched_at = now()

-- name: keep_mirrors
-- Likewise what a mirrored request was predicted by another release. It is nobody's call.
insert into requests (request_id, model, release, score, predicted_at, failed, latency_ms, latency_bucket, stale,
    mirrored_by)
select t.*, release from unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::timestamptz[],
    $6::boolean[], $7::double precision[], $8::integer[], $9::boolean[]) as t (request_id, model, release, score,
    predicted_at, failed, latency_ms, latency_bucket, stale)
on conflict (request_id, mirrored_by) do nothing

-- name: spread_labels
-- What came of a request is true of its mirrored predictions too, whichever was told first.
update requests m set label = l.label from requests l
where m.request_id = any($1::text[]) and m.mirrored_by <> '' and m.label is null
    and l.request_id = m.request_id and l.mirrored_by = '' and l.model = m.model and l.label is not null

-- name: keep_outcomes
-- Likewise the first outcome.
insert into requests as old (request_id, model, label)
select * from unnest($1::text[], $2::text[], $3::double precision[])
on conflict (request_id, mirrored_by) do update set label = excluded.label where old.label is null

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
from losses where loss is not null group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4
on conflict (model, release, metric, against, window_start) do update set
    n = old.n + excluded.n,
    sum = old.sum + excluded.sum,
    sum_of_squares = old.sum_of_squares + excluded.sum_of_squares,
    revision = old.revision + 1

-- name: count_told
-- Likewise what a prediction says by itself, once it is told. A bucket is the number of the first edge ($5 of them) that
-- the observation is at or below, so that counts up to each edge add up over batches.
with newly as (
    update requests set told = true
    where request_id = any($1::text[]) and predicted_at is not null and not told
    returning model, release, predicted_at, score, failed, stale, latency_ms, latency_bucket
), figures as (
    select n.model, n.release, m.metric, m.window_seconds,
        to_timestamp(floor(extract(epoch from n.predicted_at) / m.window_seconds) * m.window_seconds) as window_start,
        case m.metric
            when 'failure' then n.failed::int
            when 'stale' then n.stale::int
            when 'score' then n.score
            when 'latency' then n.latency_ms
        end as figure,
        case m.metric when 'latency' then n.latency_bucket end as bucket
    from newly n
    join unnest($2::text[], $3::text[], $4::integer[]) as m (model, metric, window_seconds) on m.model = n.model
), grouped as (
    select model, release, metric, window_start, window_seconds, count(*) as n, sum(figure) as total,
        sum(figure * figure) as squares, array_agg(bucket) filter (where bucket is not null) as buckets
    from figures where figure is not null group by 1, 2, 3, 4, 5
)
insert into windows as old (model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision,
    histogram)
select model, release, metric, window_start, window_seconds, n, total, squares, 1,
    case when buckets is not null then (
        select array_agg((select count(*) from unnest(buckets) as b where b <= edge) order by edge)
        from generate_series(0, $5::integer - 1) as edge
    ) end
from grouped order by 1, 2, 3, 4
on conflict (model, release, metric, against, window_start) do update set
    n = old.n + excluded.n,
    sum = old.sum + excluded.sum,
    sum_of_squares = old.sum_of_squares + excluded.sum_of_squares,
    revision = old.revision + 1,
    histogram = case when excluded.histogram is null then old.histogram else (
        select array_agg(coalesce(a, 0) + b order by place)
        from unnest(old.histogram, excluded.histogram) with ordinality as both_of (a, b, place)
    ) end

-- name: count_pairs
-- Two releases' answers to one request, once both are there; by the time of the mirrored one, which may be a replay's.
with newly as (
    update requests m set paired = true from requests l
    where m.request_id = any($1::text[]) and m.mirrored_by <> '' and not m.paired and m.score is not null
        and l.request_id = m.request_id and l.mirrored_by = '' and l.score is not null
        and l.model = m.model and l.release <> m.release
    returning m.model, m.release, l.release as against, m.predicted_at, m.score - l.score as difference
), differences as (
    select n.model, n.release, n.against, m.metric, m.window_seconds,
        to_timestamp(floor(extract(epoch from n.predicted_at) / m.window_seconds) * m.window_seconds) as window_start,
        case m.metric when 'score_difference' then n.difference when 'disagreement' then abs(n.difference) end as figure
    from newly n
    join unnest($2::text[], $3::text[], $4::integer[]) as m (model, metric, window_seconds) on m.model = n.model
)
insert into windows as old (model, release, metric, against, window_start, window_seconds, n, sum, sum_of_squares,
    revision)
select model, release, metric, against, window_start, window_seconds, count(*), sum(figure), sum(figure * figure), 1
from differences where figure is not null group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5
on conflict (model, release, metric, against, window_start) do update set
    n = old.n + excluded.n,
    sum = old.sum + excluded.sum,
    sum_of_squares = old.sum_of_squares + excluded.sum_of_squares,
    revision = old.revision + 1

-- name: unpublished
-- Windows whose newest revision is not on the log yet.
select model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision,
    against, histogram
from windows where published < revision order by model, release, metric, against, window_start limit 2000

-- name: mark_published
-- A revision that came meanwhile stays unpublished.
update windows w set published = greatest(w.published, p.revision)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[])
    as p (model, release, metric, against, window_start, revision)
where w.model = p.model and w.release = p.release and w.metric = p.metric and w.against = p.against
    and w.window_start = p.window_start

-- name: windows
-- For readers, oldest first.
select model, release, metric, window_start, window_seconds, n, sum, sum_of_squares, revision,
    against, histogram
from windows where model = $1 and ($2::text is null or release = $2) and ($3::text is null or metric = $3)
order by release, metric, against, window_start limit $4

-- name: forget
-- A request's parts are kept as long as telemetry is, to join what comes late.
delete from requests where seen_at < now() - interval '7 days'

-- name: callers
-- Who called since then, the newest first.
select model, model_version, consumer, calls, last_at from callers where last_at > $1 order by last_at desc limit $2

-- name: forget_callers
-- Who has not called for a month makes room for others; the log remembers them.
delete from callers where touched_at < now() - interval '30 days'
