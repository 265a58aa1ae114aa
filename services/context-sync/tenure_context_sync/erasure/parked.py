"""How are records kept that nobody could read, and that may hold anyone's data?

Whole, under a key per topic and day that goes with their retention. Nobody can tell whose they are, so that a subject's
erasure does not reach them before that; once they are readable, they come back through the door.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from tenure_eventlog import Record
from tenure_ingest import Quarantined
from tenure_keyring import Erased, Keyring, Plain, SealBroken, Sealed, is_token

PURPOSE = "quarantine"
RETENTION_DAYS = 30
LOOKS_BACK_DAYS = 7


async def sealed_records(ring: Keyring, bad: Sequence[Quarantined]) -> list[Quarantined]:
    """With values that only `opened_records` reads; a record without a value, or sealed already, stays."""
    values = [one.record.value for one in bad]
    wanted = [
        Plain(_owner(one.record.topic, _day(one.record)), PURPOSE, _place(one.record), b64encode(value).decode())
        for one, value in zip(bad, values, strict=True)
        if value is not None and not is_token(_text(value))
    ]
    tokens = dict(zip((one.bound_to for one in wanted), await ring.seal(wanted), strict=True))
    return [one._replace(record=_with(one.record, tokens.get(_place(one.record)))) for one in bad]


async def opened_records(ring: Keyring, records: Sequence[Record]) -> list[Record | None]:
    """As they came; None of one whose day is over. A stranger's token came as it is."""
    sealed = {_place(one): Sealed(_text(one.value), _place(one)) for one in records if is_token(_text(one.value))}
    found = dict(zip(sealed, await ring.open_each(list(sealed.values())), strict=True))
    return [_reopened(one, found.get(_place(one))) for one in records]


async def forget_days(
    ring: Keyring, topics: Iterable[str], now: datetime, looks_back_days: int = LOOKS_BACK_DAYS
) -> int:
    """Destroys the keys of the newest days that are past retention; how many there were. To be asked each day."""
    last = now.astimezone(UTC).date() - timedelta(days=RETENTION_DAYS + 1)
    days = [last - timedelta(days=back) for back in range(looks_back_days)]
    return sum([await ring.destroy(_owner(topic, day)) for topic in topics for day in days])


def _owner(topic: str, day: date) -> str:
    return f"quarantine/{topic}/{day.isoformat()}"


def _day(record: Record) -> date:
    return datetime.fromtimestamp(record.append_time_ms / 1_000, UTC).date()


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _with(record: Record, token: str | None) -> Record:
    return record if token is None else record._replace(value=token.encode())


def _reopened(record: Record, value: str | Erased | SealBroken | None) -> Record | None:
    match value:
        case None | SealBroken():
            return record
        case Erased():
            return None
        case _:
            return record._replace(value=b64decode(value))
