"""Which moment does a field of a row mean?"""

from datetime import UTC, datetime, timedelta

from tenure_context_sync.view.scope import Unfit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 64
# Counted since 1970, as connectors write it: up to which size a number is seconds, milli-, micro- or nanoseconds.
UNITS = ((10**11, 1_000_000.0), (10**14, 1_000.0), (10**17, 1.0), (10**20, 0.001))


def instant(value: object) -> datetime:
    """RFC 3339 text with an offset, or a number since 1970 whose size tells its unit. Raises Unfit."""
    match value:
        case datetime():
            return value
        case str() if len(value) <= LONGEST_TEXT:
            return _written(value)
        case bool():
            raise Unfit("not-an-instant")
        case int() | float():
            return _counted(value)
        case _:
            raise Unfit("not-an-instant")


def _written(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise Unfit("instant-without-offset")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("not-an-instant") from None


def _counted(number: int | float) -> datetime:
    for limit, micros in UNITS:
        if abs(number) < limit:
            try:
                whole = number * int(micros) if micros >= 1 else number // 1_000
                return EPOCH + timedelta(microseconds=whole)
            except OverflowError:
                break
    raise Unfit("not-an-instant")
