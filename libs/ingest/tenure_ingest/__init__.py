"""How do change streams and telemetry get into Postgres, each record once?"""

from tenure_ingest.choice import host_for
from tenure_ingest.host import Host
from tenure_ingest.loop import PostgresLoop
from tenure_ingest.migrate import MigrationEdited, migrate
from tenure_ingest.processor import Processor
from tenure_ingest.quarantine import QUARANTINE_LIMIT, Quarantined, quarantine, quarantine_counts, replay
from tenure_ingest.stops import Conflict, DatabaseAway, DataLost, LogTruncated, PartitionStopped, QuarantineFull

__all__ = [
    "QUARANTINE_LIMIT",
    "Conflict",
    "DataLost",
    "DatabaseAway",
    "Host",
    "LogTruncated",
    "MigrationEdited",
    "PartitionStopped",
    "PostgresLoop",
    "Processor",
    "QuarantineFull",
    "Quarantined",
    "host_for",
    "migrate",
    "quarantine",
    "quarantine_counts",
    "replay",
]
