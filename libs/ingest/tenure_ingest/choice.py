"""Which host fits the log?"""

from tenure_eventlog.port import EventLog

from tenure_ingest.host import Host
from tenure_ingest.loop import PostgresLoop
from tenure_ingest.processor import Effects, Processor


def host_for(address: str, log: EventLog, dsn: str, processor: Processor[Effects], *, worker: str) -> Host:
    """Faust on `kafka://...`, a loop on any other log. `dsn` is the Postgres that the effects go to.

    `worker` names this replica: unique among the processor's workers, and the same after a restart.
    """
    if not address.startswith("kafka://"):
        return PostgresLoop(log, dsn, processor)
    from tenure_eventlog.kafka import KafkaSettings  # Faust is optional, and slow to import

    from tenure_ingest.faust_host import FaustHost

    return FaustHost(log, KafkaSettings.of(address), dsn, processor, worker=worker)
