"""Which release answers this request? A pure function of the routing record, the request's key and its headers."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from tenure_routing.record import Arm, Route

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
MIRROR = "mirror"


class Choice(NamedTuple):
    """What becomes of a request under one record: who answers, and who gets a copy."""

    epoch: int
    arm: Arm
    mirrors: tuple[Arm, ...]

    @property
    def stamps(self) -> dict[str, str]:
        """The headers that an answer carries, so that anybody can tell what made it."""
        return {"Tenure-Release": self.arm.release, "Tenure-Route-Epoch": str(self.epoch)}


def choose(route: Route, key: str, headers: Mapping[str, str] = NO_HEADERS) -> Choice:
    """All parts are of one record, so that no request is answered by a mixed tuple. Raises LookupError as `assign`."""
    arm = assign(route, key, headers)
    return Choice(route.epoch, arm, mirrored(route, key, arm))


def assign(route: Route, key: str, headers: Mapping[str, str] = NO_HEADERS) -> Arm:
    """The arm that a header names, by its name in any case; else the key's place on a circle of 100 percent decides,
    the same for every router and at any time.

    Raises LookupError for a route without arms: the only release there was has been taken back.
    """
    if not route.arms:
        raise LookupError(f"nothing serves {route.deployment} since epoch {route.epoch}")
    return _by_header(route, headers) or _by_weight(route, place_of(route.salt, key))


def mirrored(route: Route, key: str, answering: Arm) -> tuple[Arm, ...]:
    """Who gets a copy: of each mirror its own share of the keys, whoever answers them; nobody gets one of his own."""
    if not route.mirrors:
        return ()
    place = place_of(f"{route.salt}\n{MIRROR}", key)
    wanted = (route.arm(one.release) for one in route.mirrors if place < one.percent)
    return tuple(arm for arm in wanted if arm is not None and arm.release != answering.release)


def place_of(salt: str, key: str) -> float:
    """In [0, 100): SHA-256 of salt, newline, key; its first eight bytes, big-endian."""
    return int.from_bytes(sha256(f"{salt}\n{key}".encode()).digest()[:8], "big") / 2**64 * 100


def _by_header(route: Route, headers: Mapping[str, str]) -> Arm | None:
    if not (route.headers and headers):
        return None
    told = {name.lower(): value for name, value in headers.items()}
    named = next((one.release for one in route.headers if told.get(one.header.lower()) == one.value), None)
    return route.arm(named) if named else None


def _by_weight(route: Route, place: float) -> Arm:
    reached = 0.0
    for arm in route.arms:
        reached += arm.weight_percent
        if place < reached:
            return arm
    # The weights add up to 100 but for rounding; who is there only for a header or a mirror has none.
    return next((arm for arm in reversed(route.arms) if arm.weight_percent), route.arms[-1])
