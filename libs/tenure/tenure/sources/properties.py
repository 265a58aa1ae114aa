"""How must Debezium be set so that what it tells is whole, and not other than what is in the tables?

Source: Debezium 3.6 reference, "Connector properties" of the Postgres connector.
"""

from tenure.sources.capture import Capture, Snapshot

POLL_MS = 20  # by default half a second goes by before a commit is seen
FLUSH_MS = 200


def properties_of(capture: Capture, password: str, snapshot: Snapshot) -> dict[str, str]:
    """With the password in it: for the engine's standard input and nothing else."""
    database, beat = capture.database, capture.heartbeat_table
    return {
        "name": capture.name,
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput",
        "database.hostname": database.host,
        "database.port": str(database.port),
        "database.user": database.user,
        "database.password": password,
        "database.dbname": database.name,
        "database.sslmode": database.sslmode,
        "topic.prefix": capture.name,
        "table.include.list": ",".join((*capture.tables, beat)),
        "slot.name": capture.slot,
        "publication.name": capture.slot,
        # Its own would take in every table, and those without a key could not be updated any more.
        "publication.autocreate.mode": "disabled",
        # The slot is the only memory of how far it came: it can't be torn by a kill, nor be lost without the changes.
        "offset.storage": "org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
        "offset.flush.interval.ms": str(FLUSH_MS),
        "lsn.flush.mode": "connector",
        "snapshot.mode": "no_data" if snapshot == "done" else "initial",
        "heartbeat.interval.ms": str(capture.heartbeat_seconds * 1_000),
        "heartbeat.action.query": f"insert into {beat} (id, beat_at) values (1, now()) "
        "on conflict (id) do update set beat_at = now()",
        "provide.transaction.metadata": "true",
        "skipped.operations": "none",
        "poll.interval.ms": str(POLL_MS),
        "decimal.handling.mode": "string",
        # Whether to try again is decided outside, where somebody hears of it.
        "errors.max.retries": "0",
        **{f"{part}converter.schemas.enable": "false" for part in ("", "key.", "value.")},
        # Else a null comes as the column's default.
        **{f"{part}converter.replace.null.with.default": "false" for part in ("", "key.", "value.")},
    }
