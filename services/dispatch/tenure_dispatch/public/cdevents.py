"""What do deploy events say to tools that know CDEvents?

Source: CDEvents 0.5.1, "Continuous Deployment", "Artifacts", "Custom events" and "CloudEvents binding". What has no
type there is `dev.cdeventsx.tenure-*`. One event of ours becomes one of these at most, so its id is stable too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from packageurl import PackageURL
from tenure_codec.envelope import write_instant
from tenure_journal import Replica

from tenure_dispatch.outward import Notice
from tenure_dispatch.public.deployments import Turn, turn_at

SPEC = "0.5.1"
SOURCE = "/tenure/dispatch"
SERVICE, ARTIFACT, OWN = "dev.cdevents.service", "dev.cdevents.artifact", "dev.cdeventsx.tenure"
STANDARD, CUSTOM = "0.3.0", "0.1.0"
ROLLOUT = {
    "rollout-started": "started",
    "step-entered": "advanced",
    "judgement-changed": "judged",
    "rollout-paused": "paused",
    "rollout-resumed": "resumed",
    "rollout-promoted": "promoted",
    "rollout-aborted": "aborted",
}
VERSION = {"stage-entered": "staged", "model-deprecated": "deprecated", "version-retired": "retired"}

Fields = Mapping[str, Any]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    specversion: str
    id: str
    source: str
    type: str
    timestamp: str
    chainId: str


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    source: str
    content: dict[str, Any]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The event of ours that it was made of."""

    id: str
    type: str
    subject: str
    sequence: str


class CDEvent(msgspec.Struct, frozen=True, kw_only=True):
    context: Context
    subject: Subject
    customData: Origin
    customDataContentType: str


class PublicCDEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A CDEvent in a CloudEvent. Readers drop what has a `sequence` that they had of its record's key."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    sequence: str
    correlationid: str | UnsetType = UNSET
    data: CDEvent


def cdevents(replica: Replica) -> Callable[[Notice], Sequence[bytes]]:
    """For `tenure.public.cdevents`: deploy events, and of the others nothing."""

    def written(notice: Notice) -> Sequence[bytes]:
        found = told(notice, lambda: turn_at(replica, notice.stream, notice.link.sequence))
        return () if found is None else (msgspec.json.encode(in_cloud_event(notice, *found)),)

    return written


def told(notice: Notice, turn: Callable[[], Turn]) -> tuple[str, str, dict[str, Any]] | None:
    """Type, subject and content. None for what is no deploy event, or can't be read by this build."""
    service, _, kind = notice.type.removeprefix("dev.tenure.").rpartition(".v")[0].partition(".")
    fields = notice.fields
    if fields is None:
        return None
    if service == "rollout":
        return of_rollout(kind, notice.stream.rpartition("/")[2], fields, turn)
    return of_registry(kind, notice.stream.rpartition("/")[2], fields) if service == "registry" else None


def of_rollout(
    kind: str, deployment: str, fields: Fields, turn: Callable[[], Turn]
) -> tuple[str, str, dict[str, Any]] | None:
    if kind == "route-changed":
        return of_route(deployment, fields, turn())
    if kind not in ROLLOUT:
        return None
    same = ("rollout", "release", "weight_percent", "verdict", "reason")
    content = {"environment": environment(deployment), **{name: fields[name] for name in same if name in fields}}
    return f"{OWN}-rollout.{ROLLOUT[kind]}.{CUSTOM}", deployment, content


def of_route(deployment: str, fields: Fields, turn: Turn) -> tuple[str, str, dict[str, Any]]:
    """The subject is the deployment, as its `service`; the artifact is the model version that serves."""
    where = {"environment": environment(deployment)}
    if turn == "changed":
        arms = [{name: arm[name] for name in ("release", "model_version", "weight_percent")} for arm in fields["arms"]]
        return f"{OWN}-route.changed.{CUSTOM}", deployment, {**where, "epoch": fields["epoch"], "arms": arms}
    if turn == "removed":
        return f"{SERVICE}.removed.{STANDARD}", deployment, where
    [arm] = fields["arms"]
    serves = purl(deployment.partition("@")[0], arm["model_version"], arm.get("artifact_digest"))
    return f"{SERVICE}.{turn}.{STANDARD}", deployment, {**where, "artifactId": serves}


def of_registry(kind: str, model: str, fields: Fields) -> tuple[str, str, dict[str, Any]] | None:
    if kind == "version-registered":
        artifact = purl(model, fields["model_version"], fields["artifact_digest"])
        return f"{ARTIFACT}.published.{STANDARD}", artifact, {"user": fields["registered_by"]}
    if kind not in VERSION:
        return None
    same = ("model_version", "stage", "sunset_at", "replacement", "reason")
    content = {"model": model, **{name: fields[name] for name in same if name in fields}}
    return f"{OWN}-version.{VERSION[kind]}.{CUSTOM}", purl(model, fields.get("model_version"), None), content


def environment(deployment: str) -> dict[str, str]:
    return {"id": deployment.partition("@")[2] or deployment}


def purl(model: str, version: str | None, digest: str | None) -> str:
    """`pkg:generic/tenure/fraud@3?checksum=sha256:...`"""
    qualifiers = {"checksum": digest} if digest else None
    return PackageURL("generic", "tenure", model, version, qualifiers).to_string()


def in_cloud_event(notice: Notice, type_: str, subject: str, content: dict[str, Any]) -> PublicCDEvent:
    """Source: CDEvents 0.5.1, CloudEvents binding."""
    a = notice.attributes
    at, sequence = write_instant(a.time), f"{a.sequence:019d}"
    event = CDEvent(
        context=Context(specversion=SPEC, id=a.id, source=SOURCE, type=type_, timestamp=at, chainId=a.correlation_id),
        subject=Subject(id=subject, source=a.source, content=content),
        customData=Origin(id=a.id, type=a.type, subject=a.subject, sequence=sequence),
        customDataContentType="application/json",
    )
    return PublicCDEvent(
        specversion="1.0",
        id=a.id,
        source=SOURCE,
        type=type_,
        subject=subject,
        time=at,
        datacontenttype="application/json",
        sequence=sequence,
        correlationid=a.correlation_id,
        data=event,
    )
