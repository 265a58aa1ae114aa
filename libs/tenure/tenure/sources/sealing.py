"""What of the captured tables is personal, and how is that sealed before it is appended?"""

from collections.abc import Mapping, Sequence

from tenure_context_sync.change.debezium import read_key
from tenure_context_sync.erasure.envelopes import Envelope, sealed_envelopes
from tenure_context_sync.erasure.personal import Personal
from tenure_eventlog import Message
from tenure_keyring import Keyring

from tenure.sources.capture import Capture, CaptureRefused
from tenure.sources.engine import Seal, as_they_are


def seal_of(capture: Capture, ring: Keyring | None) -> Seal:
    """Raises CaptureRefused where something is personal, and there are no keys."""
    personal = dict(_personal(capture))
    if not personal:
        return as_they_are
    if ring is None:
        raise CaptureRefused(f"{capture.name} has personal columns: set TENURE_SUBJECT_KEYS to their keys' database")

    async def seal(messages: Sequence[Message]) -> Sequence[Message]:
        return await _sealed(ring, personal, messages)

    return seal


def _personal(capture: Capture) -> list[tuple[str, Personal]]:
    """By topic, which is the source's name too."""
    return [
        (topic, Personal(topic, str(capture.subject(table)), capture.marked(table), capture.in_the_clear(table)))
        for table, topic in ((table, capture.topic(table)) for table in capture.tables if capture.marked(table))
    ]


async def _sealed(ring: Keyring, personal: Mapping[str, Personal], messages: Sequence[Message]) -> Sequence[Message]:
    """A truncate has no key, and no row."""
    mine = {
        number: Envelope(personal[one.topic], read_key(one.key), one.value)
        for number, one in enumerate(messages)
        if one.topic in personal and one.key is not None and one.value is not None
    }
    values = dict(zip(mine, await sealed_envelopes(ring, list(mine.values())), strict=True))
    return [one._replace(value=values[at]) if at in values else one for at, one in enumerate(messages)]
