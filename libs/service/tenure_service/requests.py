"""What does a request say besides its body, and how is it answered?"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from heapq import nsmallest
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid5

import msgspec
from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import Response
from structlog.contextvars import bind_contextvars
from tenure_decider import Rejected
from tenure_eventlog import Partition
from tenure_journal import BACKDATED_AFTER, Auth, CommandIdReused, Order, Receipt, Replica, SequenceMismatch

from tenure_service.access import What
from tenure_service.headers import headers_of
from tenure_service.moment import MOST_PAST, At, Moment, at_of, instant, moment_of, passed, runtime_of, vector
from tenure_service.problems import Problem, type_of
from tenure_service.tokens import Authenticator, Principal, Role
from tenure_service.vector import vector_text

PRINCIPALS = UUID("2f1d2f0c-58c1-5f5e-8d0e-0a4b1c9f7e11")
READERS: tuple[Role, ...] = ("viewer", "producer", "engineer", "approver", "operator", "auditor")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_SEQUENCE = re.compile(r'"?[0-9]{1,18}"?')
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
Text = Annotated[str, Field(max_length=10_000)]
Instant = Annotated[AwareDatetime, BeforeValidator(lambda given: written_out(given))]
Item = TypeVar("Item")


def written_out(given: object) -> object:
    """A bare number would be taken for seconds since 1970, though the OpenAPI document asks for text."""
    if isinstance(given, str | datetime):
        return given
    raise ValueError("write an RFC 3339 instant with a time zone")


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelt one is not silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReceiptBody(BaseModel):
    """Proof that a command became an event."""

    event_id: str
    stream: str
    sequence: int
    digest: str
    topic: str
    partition: int
    offset: int
    changed: bool


class PageQuery(BaseModel):
    """Where a page begins, and how long it is at most."""

    cursor: str | None = Query(None, max_length=500)
    limit: int = Query(100, ge=1, le=1_000)


def principal_of(request: Request) -> Principal:
    """Who asks. Raises Problem 401."""
    return authenticated(request, runtime_of(request).authenticator)


def authenticated(request: Request, authenticator: Authenticator) -> Principal:
    """The principal of the bearer token. Raises Problem 401."""
    scheme, _, token = headers_of(request).get("authorization", "").partition(" ")
    principal = authenticator.principal(token.strip()) if scheme.lower() == "bearer" else None
    if principal is None:
        raise Problem(401, "unauthenticated", "a valid bearer token is needed: `tenure tokens create NAME --role ...`")
    return principal


def demand(request: Request, roles: Sequence[Role]) -> Principal:
    """The principal, who must have one of `roles`. Raises Problem 401 or 403."""
    principal, runtime = principal_of(request), runtime_of(request)
    runtime.demand_started()
    runtime.rates.demand(principal.id)
    if not principal.may(*roles):
        note(request, principal, "refused", "role-missing")
        raise role_missing(principal, roles)
    return principal


def role_missing(principal: Principal, roles: Sequence[Role]) -> Problem:
    """403 for who has none of `roles`."""
    detail = f"this needs one of the roles {', '.join(roles)}"
    return Problem(403, "role-missing", detail if principal.roles else f"{detail}; this token gives none at all")


def note(request: Request, principal: Principal, what: What, rule: str | None = None) -> None:
    """An entry on `tenure.access`."""
    runtime_of(request).access.note(principal.id, what, request.method, request.scope["path"], rule)


class Mutation:
    """One mutating request: who, under which key, and how to carry its command out."""

    def __init__(self, request: Request, principal: Principal, raw: bytes) -> None:
        self.runtime, self.request, self.principal = runtime_of(request), request, principal
        self.now = self.runtime.clock.now()
        headers = headers_of(request)
        self.command_id = uuid5(_namespace(principal.id), idempotency_key(headers))
        self.correlation_id = _correlation_id(headers)
        self._raw = raw

    @property
    def replica(self) -> Replica:
        return self.runtime.replica

    @property
    def command_digest(self) -> str:
        """Of method, path and body: by it the same command is known when it comes again."""
        return _command_digest(self.request, self._raw)

    @property
    def if_match(self) -> int | None:
        """What the caller expects to change. Raises Problem 400."""
        return _if_match(headers_of(self.request))

    def answer(self, value: object, etag: int | None = None) -> Response:
        """The value as JSON, of a command whose effect is no event."""
        return answer(self.request, value, etag)

    def refused(self, refusal: Rejected | Problem) -> None:
        """An entry on `tenure.access`, for a command whose effect is no event."""
        note(self.request, self.principal, "refused", type_of(refusal))

    async def fresh(self, *topics: str) -> None:
        """Reads those topics up to their ends as of now: a decision that leans on them is not stale."""
        await self.replica.catch_up(topics)

    async def execute(self, command: Any, stream: str) -> Response:
        """Carries the command out and answers with the receipt; the sequence is the ETag."""
        metrics = self.runtime.metrics
        try:
            with metrics.timed():
                if self.principal.families is not None:
                    await self._demand_family(command, stream, self.principal.families)
                receipt = await self.runtime.writing().execute(self._order(stream, command))
        except (Rejected, SequenceMismatch, CommandIdReused, Problem) as refusal:
            metrics.outcome("refused")
            note(self.request, self.principal, "refused", type_of(refusal))
            raise
        except Exception:
            metrics.outcome("failed")
            raise
        metrics.outcome("changed" if receipt.changed else "unchanged")
        return receipt_response(receipt, self.correlation_id)

    async def _demand_family(self, command: Any, stream: str, allowed: frozenset[str]) -> None:
        """Refuses only after reading what is on the log now: the model may have been created a moment ago."""
        definition = self.runtime.definition
        if definition.family_of(self.replica, stream, command) not in allowed:
            await self.fresh(*(fold.spec.name for fold in definition.folds[:1]))
        if definition.family_of(self.replica, stream, command) not in allowed:
            detail = f"this token is for models of {', '.join(sorted(allowed))}; {stream} is not known to be one"
            raise Problem(403, "family-forbidden", detail, families=sorted(allowed))

    def _order(self, stream: str, command: Any) -> Order:
        headers = headers_of(self.request)
        return Order(
            stream=stream,
            command=command,
            command_id=self.command_id,
            command_digest=self.command_digest,
            auth=Auth(self.principal.id, self.principal.auth_type),
            occurred_at=_occurred_at(headers, self.now, self.principal),
            correlation_id=self.correlation_id,
            if_match=_if_match(headers),
            traceparent=_traceparent(headers),
            sent_at=instant(headers.get("tenure-sent-at"), "Tenure-Sent-At"),
            unanswered_seconds=_unanswered_seconds(headers),
        )


def mutates(*roles: Role) -> Callable[[Request], Any]:
    """A dependency: a Mutation by someone with one of `roles`."""

    async def make(request: Request) -> Mutation:
        principal = demand(request, roles)
        headers = headers_of(request)
        idempotency_key(headers)
        await at_least(request)
        mutation = Mutation(request, principal, await request.body())
        bind_contextvars(
            service=mutation.runtime.definition.name,
            command_id=str(mutation.command_id),
            correlation_id=mutation.correlation_id,
            trace_id=(_traceparent(headers) or "--").split("-")[1],
        )
        return mutation

    return make


class Read:
    """One reading request, answered by a replica that has seen what the caller has seen."""

    def __init__(self, request: Request, principal: Principal) -> None:
        self.runtime, self.request, self.principal = runtime_of(request), request, principal

    @property
    def replica(self) -> Replica:
        return self.runtime.replica

    def instant(self, name: str) -> datetime | None:
        """The query parameter of this name. Raises Problem 400."""
        return instant(self.request.query_params.get(name), name)

    def note(self) -> None:
        """For what is not for everyone's eyes: an entry on `tenure.access`."""
        note(self.request, self.principal, "read")

    async def at(self, stream: str) -> At:
        """The stream at the moment that the request asks for. Raises Problem 404."""
        return await at_of(self.request, stream)

    async def moment(self) -> Moment:
        """The moment that the request asks about. Raises Problem 400, 503."""
        return await moment_of(self.request)

    def answer(self, value: object, etag: int | None = None, *, settled: bool = True) -> Response:
        """The value as JSON; 304 where the caller has it already. Not `settled`: the answer may still change."""
        response = answer(self.request, value, etag)
        if not settled:
            response.headers["Tenure-Settled"] = "false"
        return response

    async def listing(
        self, query: PageQuery, moment: Moment, kind: str, view: Callable[[At], object | None]
    ) -> Response:
        """One page of a kind's streams, by name, as they were then; what `view` gives None for was not there.

        A page of the past looks at `MOST_PAST` streams at most, and may have fewer items than it looked at.
        """
        after = read_cursor(query.cursor)
        streams = [one for one in self.replica.streams(kind).values() if one.name > after and moment.known(one)]
        most = query.limit if moment.is_now else min(query.limit, MOST_PAST)
        looked_at = nsmallest(most, streams, key=lambda one: one.name)
        items = []
        for one in looked_at:
            state = one.state if moment.is_now else await moment.state(one.name)
            items.append(view(At(one.name, {}, state, moment.known(one), moment.settled)))
        following = write_cursor(looked_at[-1].name) if len(streams) > len(looked_at) else None
        shown = [item for item in items if item is not None]
        return self.answer({"items": shown, "next": following}, settled=moment.settled)

    def page(
        self, query: PageQuery, items: Sequence[Item], key: Callable[[Item], str], view: Callable[[Item], object]
    ) -> Response:
        """One page of items that are sorted by `key`; the cursor is the last key, so that it stays good."""
        after = read_cursor(query.cursor)
        rest = [item for item in items if key(item) > after]
        shown = rest[: query.limit]
        following = write_cursor(key(shown[-1])) if len(rest) > len(shown) else None
        return self.answer({"items": [view(item) for item in shown], "next": following})


def reads(*roles: Role) -> Callable[[Request], Any]:
    """A dependency: a Read by someone with one of `roles`, by default any."""

    async def make(request: Request) -> Read:
        principal = demand(request, roles or READERS)
        await at_least(request)
        return Read(request, principal)

    return make


def answer(request: Request, value: object, etag: int | None = None) -> Response:
    """JSON with its ETag and the offset vector that it was read at."""
    return answer_encoded(request, encoded(value), etag)


def answer_encoded(request: Request, body: bytes, etag: int | None) -> Response:
    """The same, of what is JSON already; 304 where the caller has it."""
    runtime = runtime_of(request)
    headers = {"Tenure-Offsets": runtime.vector.text(runtime.replica.positions)}
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
        if headers_of(request).get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def encoded(value: object) -> bytes:
    """As JSON."""
    return msgspec.json.encode(value, enc_hook=_plain)


def _plain(value: Any) -> Any:
    """What msgspec does not know: the persistent collections that states are made of."""
    if hasattr(value, "items"):
        return dict(value.items())
    return list(value)


def receipt_response(receipt: Receipt, correlation_id: str | None) -> Response:
    """201 where the command became an event, 200 where it was so already."""
    headers = {"ETag": f'"{receipt.sequence}"', "Tenure-Correlation-Id": correlation_id or receipt.event_id}
    if receipt.offset >= 0:
        headers["Tenure-Offsets"] = vector_text({Partition(receipt.topic, receipt.partition): receipt.offset + 1})
    return Response(msgspec.json.encode(receipt), 201 if receipt.changed else 200, headers, "application/json")


async def at_least(request: Request) -> None:
    """Waits until this replica has folded what the caller has seen. Raises Problem 503."""
    if text := headers_of(request).get("tenure-at-least"):
        await passed(request, vector(text))


@lru_cache(maxsize=10_000)
def _namespace(principal: str) -> UUID:
    return uuid5(PRINCIPALS, principal)


def idempotency_key(headers: Mapping[str, str]) -> str:
    """Raises Problem 400."""
    key = headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise Problem(400, "idempotency-key-required", "send an Idempotency-Key header: 1 to 200 printable characters")
    return key


def _correlation_id(headers: Mapping[str, str]) -> str | None:
    """The caller's; without one the first event's own id is it. Raises Problem 400."""
    given = headers.get("tenure-correlation-id")
    if given is not None and not _KEY.fullmatch(given):
        raise Problem(400, "malformed-correlation-id", "Tenure-Correlation-Id has 1 to 200 printable characters")
    return given


def _traceparent(headers: Mapping[str, str]) -> str | None:
    """A malformed one is as none. Source: W3C Trace Context, section 2.2."""
    given = headers.get("traceparent", "")
    return given if _TRACEPARENT.fullmatch(given) else None


def _command_digest(request: Request, raw: bytes) -> str:
    whole = sha256()
    for part in (request.method.encode(), request.scope["path"].encode(), raw):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _if_match(headers: Mapping[str, str]) -> int | None:
    text = headers.get("if-match")
    if text is None:
        return None
    if not _SEQUENCE.fullmatch(text):
        raise Problem(400, "malformed-if-match", "If-Match is the stream's sequence, as the ETag has it")
    return int(text.strip('"'))


def _unanswered_seconds(headers: Mapping[str, str]) -> float | None:
    """How long ago the client sent this command without learning what became of it; a refusal may have to wait."""
    text = headers.get("tenure-unanswered-seconds")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise Problem(400, "malformed-unanswered-seconds", "Tenure-Unanswered-Seconds is a number of seconds")
    return float(text)


def _occurred_at(headers: Mapping[str, str], now: datetime, principal: Principal) -> datetime:
    at = instant(headers.get("tenure-time"), "Tenure-Time")
    if at is None:
        return now
    if at > now:
        raise Problem(422, "not-yet", f"Tenure-Time {at.isoformat()} is in the future")
    if now - at > BACKDATED_AFTER and not principal.may("backdate"):
        raise Problem(403, "backdating-forbidden", "to say that something happened over 5 minutes ago needs a right")
    return at


def read_cursor(cursor: str | None) -> str:
    """The key after which a page begins. Raises Problem 400."""
    try:
        return urlsafe_b64decode(cursor).decode() if cursor else ""
    except ValueError:
        raise Problem(400, "malformed-cursor", "a cursor is what the page before said in `next`") from None


def write_cursor(key: str) -> str:
    """For `next`: the last key of a page."""
    return urlsafe_b64encode(key.encode()).decode()
