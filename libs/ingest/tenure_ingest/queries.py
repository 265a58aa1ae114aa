"""Which SQL is there? sql/*.sql, one query per name, with its reason."""

from tenure_eventlog.queries import queries

QUERIES = {
    name: text
    for file in ("sql/positions.sql", "sql/quarantine.sql", "sql/migrations.sql")
    for name, text in queries("tenure_ingest", file).items()
}
