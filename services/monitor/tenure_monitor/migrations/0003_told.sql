-- What a prediction says by itself, without its outcome: counted once, when it is told.
alter table requests
    add column failed boolean not null default false,
    add column latency_ms double precision,
    add column latency_bucket integer,
    add column stale boolean,
    add column told boolean not null default false;
update requests set told = true where predicted_at is not null;

-- How many observations were at or below each edge of metrics.EDGES_MS, for metrics whose quantiles can be asked for.
alter table windows add column histogram bigint[];
