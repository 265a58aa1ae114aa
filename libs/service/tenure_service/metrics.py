"""What is counted? A closed list: name, meaning and unit."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """A service's own registry, so that several can live in one process."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        kept = self._registry
        self.commands = Counter("tenure_commands", "Commands by outcome", ["service", "outcome"], registry=kept)
        self.command_seconds = Histogram(
            "tenure_command_seconds",
            "From a command's arrival to its receipt",
            ["service"],
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30),
            registry=kept,
        )
        self.requests = Counter("tenure_http_requests", "HTTP answers by status", ["service", "status"], registry=kept)
        self.events = Gauge("tenure_events_folded", "Events that the replica has accepted", ["service"], registry=kept)
        self.orphans = Gauge("tenure_orphans", "Records that extend no chain", ["service", "verdict"], registry=kept)
        self.lag = Gauge(
            "tenure_replica_lag_records", "Records on the log that are not folded yet", ["service"], registry=kept
        )
        self.pending = Gauge(
            "tenure_reactions_pending", "Changed streams that no reaction has looked at", ["service"], registry=kept
        )
        self.clock_ahead = Gauge(
            "tenure_clock_ahead_seconds", "This machine's clock minus the log's", ["service"], registry=kept
        )
        self.ready = Gauge("tenure_ready", "1 where the service is ready", ["service"], registry=kept)
        self.access_dropped = Gauge(
            "tenure_access_dropped", "Access entries that were lost", ["service"], registry=kept
        )
        self.quarantined = Gauge(
            "tenure_quarantined", "Records that could not be read", ["service", "topic", "reason"], registry=kept
        )
        self.slas_broken = Gauge(
            "tenure_slas_broken",
            "Bindings whose freshness SLA is broken, by what that does",
            ["service", "on_breach"],
            registry=kept,
        )
        self.rollbacks_unready = Gauge(
            "tenure_rollbacks_unready", "Deployments that could not be rolled back now", ["service"], registry=kept
        )
        self.deliveries = Counter(
            "tenure_deliveries", "Tries to deliver, by what became of them", ["service", "outcome"], registry=kept
        )
        self.listeners = Gauge("tenure_listeners", "Listeners to server-sent events", ["service"], registry=kept)
        self._service = service
        self._outcomes = {
            outcome: self.commands.labels(service, outcome) for outcome in ("changed", "unchanged", "refused", "failed")
        }
        self._latency = self.command_seconds.labels(service)
        self._answers: dict[int, Counter] = {}

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Times one command."""
        began = perf_counter()
        try:
            yield
        finally:
            self._latency.observe(perf_counter() - began)

    def outcome(self, outcome: str) -> None:
        """Counts one command: changed, unchanged, refused or failed."""
        self._outcomes[outcome].inc()

    def delivered(self, outcome: str) -> None:
        """Counts one delivery of a webhook: taken, failed or given_up."""
        self.deliveries.labels(self._service, outcome).inc()

    def listening(self, count: int) -> None:
        """How many listen to server-sent events now."""
        self.listeners.labels(self._service).set(count)

    def answered(self, status: int) -> None:
        """Counts one HTTP answer."""
        counter = self._answers.get(status)
        if counter is None:
            counter = self._answers[status] = self.requests.labels(self._service, status)
        counter.inc()

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)
