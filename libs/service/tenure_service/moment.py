"""Which moment does a read ask about: now, or what was on the record by then of what had happened by then?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from tenure_codec.envelope import microseconds
from tenure_eventlog import Partition
from tenure_journal import Replica, Stream, View

from tenure_service.definition import Runtime
from tenure_service.problems import Problem, not_found
from tenure_service.vector import parse_vector

WAIT_SECONDS = 10.0
SETTLED_AFTER = timedelta(seconds=35)
MOST_PAST = 100  # streams that one page of the past folds

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class At:
    """A stream at the moment that was asked for."""

    name: str
    params: Mapping[str, str]
    state: Any
    sequence: int
    settled: bool = True


class Moment:
    """What was known at `as_of`, an offset vector or an instant of the log's clock, of what was true at `effective_at`.

    `settled` where nothing can change the answer any more; without `as_of` the next late fact may.
    """

    def __init__(
        self,
        replica: Replica,
        as_of: Mapping[Partition, int] | datetime | None = None,
        effective_at: datetime | None = None,
    ) -> None:
        self._replica, self._as_of, self.effective_at = replica, as_of, effective_at
        self._view = PastView(replica)
        self.is_now = as_of is None and effective_at is None
        self.settled = self.is_now or _is_settled(as_of)

    def known(self, stream: Stream) -> int:
        """How many of the stream's events count. Raises Problem 400 where the vector leaves its partition out."""
        match self._as_of:
            case None:
                return stream.sequence
            case datetime():
                return stream.sequence_at(microseconds(self._as_of))
            case offsets if stream.partition in offsets:
                return stream.sequence_before(offsets[stream.partition])
        raise Problem(400, "malformed-offsets", f"as_of says nothing of {'/'.join(map(str, stream.partition))}")

    async def state(self, name: str) -> Any:
        """The kind's initial one where there was nothing yet. Raises StreamParked, Problem."""
        stream = self._replica.stream(name)
        if self.is_now or stream is None:
            return self._replica.state(name)
        return await self._replica.past(name, self.known(stream), self.effective_at)

    async def ask(self, question: Callable[[View], Answer]) -> Answer:
        """The answer to a question that does nothing but look.

        A past state is folded when it is first looked at; then the question is asked again, until it has all it needs.
        """
        while not self.is_now:
            try:
                return question(self._view)
            except NotRead as missing:
                self._view.states[missing.name] = await self.state(missing.name)
        return question(self._replica)


class NotRead(Exception):
    """A question looked at a stream whose past state was not folded yet."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class PastView:
    """The states of the past that were folded so far, by stream."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self.states: dict[str, Any] = {}

    def state(self, name: str) -> Any:
        """Raises NotRead."""
        if name not in self.states:
            raise NotRead(name)
        return self.states[name]

    def stream(self, name: str) -> Stream | None:
        """None: nothing is decided on the past."""


def _is_settled(as_of: Mapping[Partition, int] | datetime | None) -> bool:
    if isinstance(as_of, datetime):
        return datetime.now(UTC) - as_of > SETTLED_AFTER
    return as_of is not None


def runtime_of(request: Request) -> Runtime:
    """The service that answers this request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def moment_of(request: Request) -> Moment:
    """The moment that the query asks about, once all is read that was on the log by then. Raises Problem 400, 503."""
    replica, asked = runtime_of(request).replica, request.query_params
    as_of, effective_at = asked.get("as_of"), instant(asked.get("effective_at"), "effective_at")
    if as_of is not None and as_of.startswith("{"):
        offsets = vector(as_of)
        await passed(request, offsets)
        return Moment(replica, offsets, effective_at)
    moment = Moment(replica, instant(as_of, "as_of"), effective_at)  # settled or not as of before the reading
    if as_of is not None:
        await replica.catch_up()
    return moment


async def _asked(
    request: Request,
    as_of: str | None = Query(None, description="what was on the record: an instant or an offset vector"),
    effective_at: str | None = Query(None, description="what had happened: an instant"),
) -> Moment:
    return await moment_of(request)


Asked = Annotated[Moment, Depends(_asked)]


async def at_of(request: Request, name: str) -> At:
    """The stream at the moment that the request asks about. Raises Problem 404."""
    replica = runtime_of(request).replica
    stream = replica.stream(name)
    if stream is None:
        raise not_found(name.partition("/")[2].replace("/", " ", 1))
    if not request.scope["query_string"]:
        return At(name, request.path_params, replica.state(name), stream.sequence)
    moment = await moment_of(request)
    return At(name, request.path_params, await moment.state(name), moment.known(stream), moment.settled)


def vector(text: str) -> dict[Partition, int]:
    """An offset vector out of a header or a query. Raises Problem 400."""
    try:
        return parse_vector(text)
    except ValueError as wrong:
        raise Problem(400, "malformed-offsets", f"the offset vector {wrong}") from None


async def passed(request: Request, offsets: Mapping[Partition, int]) -> None:
    """Waits until this replica has folded all before `offsets`. Raises Problem 503."""
    try:
        await runtime_of(request).replica.wait_for(offsets, WAIT_SECONDS)
    except TimeoutError:
        raise Problem(503, "behind", "this replica has not read that far yet; try again") from None


def instant(text: str | None, name: str) -> datetime | None:
    """An aware instant. Raises Problem 400."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(400, "malformed-instant", f"{name}: {text!r} is not an RFC 3339 instant with a time zone")
    return at
