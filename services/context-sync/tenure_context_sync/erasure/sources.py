"""What is personal of each source now? Asked for every record, so it is kept."""

from collections.abc import Iterable, Mapping

from tenure_journal import Replica

from tenure_context_sync.erasure.personal import Personal, personal_of

KIND = "context/source"


def kept_personal(replica: Replica) -> Mapping[str, Personal]:
    """By source, of those that have anything personal; changes as they do."""
    kept: dict[str, Personal] = {}

    def note(changed: Iterable[str]) -> None:
        for name in changed:
            stream = replica.stream(name) if name.startswith(f"{KIND}/") else None
            if stream and stream.state and not stream.parked and (found := personal_of(stream.state.registered)):
                kept[found.source] = found

    replica.subscribe(note)
    note(replica.names())
    return kept
