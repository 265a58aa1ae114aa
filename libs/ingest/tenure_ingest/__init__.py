"""How do change streams and telemetry get into Postgres, each record once?"""

from tenure_ingest.choice import host_for
from tenure_ingest.desk import CommandReused, Order, QuarantineDesk
from tenure_ingest.host import Host
from tenure_ingest.loop import PostgresLoop
from tenure_ingest.migrate import MigrationEdited, migrate
from tenure_ingest.processor import Processor, Reopening, Scoped
from tenure_ingest.quarantine import (
    BEGINNING,
    QUARANTINE_LIMIT,
    Done,
    Place,
    Which,
    discard,
    place_of,
    quarantine,
    quarantine_counts,
    replay,
)
from tenure_ingest.quarantined import Quarantined
from tenure_ingest.readers import Passed, forget
from tenure_ingest.stops import Conflict, DatabaseAway, DataLost, LogTruncated, PartitionStopped, QuarantineFull

__all__ = [
    "BEGINNING",
    "QUARANTINE_LIMIT",
    "CommandReused",
    "Conflict",
    "DataLost",
    "DatabaseAway",
    "Done",
    "Host",
    "LogTruncated",
    "MigrationEdited",
    "Order",
    "PartitionStopped",
    "Passed",
    "Place",
    "PostgresLoop",
    "Processor",
    "QuarantineDesk",
    "QuarantineFull",
    "Quarantined",
    "Reopening",
    "Scoped",
    "Which",
    "discard",
    "forget",
    "host_for",
    "migrate",
    "place_of",
    "quarantine",
    "quarantine_counts",
    "replay",
]
