"""Which models owe something, because a subject was erased whose data they were trained on?"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from tenure_journal import Needed, Replica, Stream

from tenure_registry import streams
from tenure_registry.foreign import SUBJECT, Erased
from tenure_registry.model.find import OVER
from tenure_registry.model.state import Model
from tenure_registry.names import ModelVersion
from tenure_registry.obligation.decider import Obligations, OpenObligation, covers

DUE_DAYS = 30
"""What a data protection officer has for an answer, as a rule; GDPR, article 12(3), says one month."""

StreamsOf = Callable[[str], Mapping[str, Stream]]


class OpenObligations:
    """Each version that is not over and was trained on a snapshot with an erased subject is owed for.

    `of_kind` gives all streams of a kind; which subjects a snapshot held is kept, as it grows only.
    """

    name = "open-obligations"

    def __init__(self, of_kind: StreamsOf) -> None:
        self._of_kind = of_kind
        self._erased_in: defaultdict[str, set[str]] = defaultdict(set)

    def affected(self, changed: str) -> Iterable[str]:
        kind = changed.rpartition("/")[0]
        if kind == streams.MODEL:
            return [changed]
        return self._trained_on(changed) if kind == SUBJECT else []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterator[Needed]:
        model: Model = stream.state
        name = streams.obligation_stream(str(model.name))
        known: Obligations = view.state(name)
        for subject, versions in sorted(self._owed(model).items()):
            before, erased = known.get(subject), view.state(f"{SUBJECT}/{subject}")
            if erased is None or (before and covers(before, versions)):
                continue
            command = self._command(model, subject, erased, versions, now)
            because = f"{subject} {' '.join(versions)}"
            yield Needed(stream=name, command=command, because=because, cause=erased.cause)

    def _owed(self, model: Model) -> dict[str, tuple[ModelVersion, ...]]:
        """By subject."""
        found: defaultdict[str, set[ModelVersion]] = defaultdict(set)
        for snapshot, trained in model.trained_on.items():
            for subject in self._erased_in.get(snapshot, ()):
                found[subject].update(name for name in trained if model.versions[name].stage not in OVER)
        return {subject: tuple(sorted(names)) for subject, names in found.items() if names}

    def _command(
        self, model: Model, subject: str, erased: Erased, versions: tuple[ModelVersion, ...], now: datetime
    ) -> OpenObligation:
        assert model.name is not None  # it has versions
        return OpenObligation(
            model=model.name,
            obligation=subject,
            because=f"subject {subject} was erased, whose data these versions were trained on",
            snapshots=erased.snapshots,
            versions=versions,
            due_at=erased.erased_at + timedelta(days=DUE_DAYS),
            now=now,
        )

    def _trained_on(self, changed: str) -> list[str]:
        stream = self._of_kind(SUBJECT).get(changed)
        erased: Erased | None = stream.state if stream and not stream.parked else None
        if erased is None:
            return []
        for snapshot in erased.snapshots:
            self._erased_in[snapshot].add(erased.subject)
        return [name for name, one in self._of_kind(streams.MODEL).items() if used_by(one) & set(erased.snapshots)]


def used_by(stream: Stream) -> set[str]:
    """The snapshots that any version of the model was trained on."""
    if stream.parked:
        return set()
    model: Model = stream.state
    return set(model.trained_on)
