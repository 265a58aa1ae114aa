"""What may be read from the log, and what is in it? An AsyncAPI 3 document, made of what the services declare.

Source: AsyncAPI 3.0.0; its Kafka bindings 0.5.0; CloudEvents 1.0, Kafka protocol binding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from tenure_codec.binding import kebab
from tenure_codec.catalogue import Catalogue, Schema, published
from tenure_eventlog import TopicSpec
from tenure_eventlog.topics import ACCESS, PROBE

from tenure_service.access import AccessEntry
from tenure_service.definition import Channel, ServiceDefinition

AVRO = "application/vnd.apache.avro+json;version=1.9.0"
KAFKA = "0.5.0"
SCHEMAS = "#/components/schemas/"
OPTIONAL = ("ce_causationid", "traceparent")
COMMON = (Channel(ACCESS, AccessEntry, sends=True), Channel(PROBE, None, sends=True, receives=True))


def _text(pattern: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "string", **({"pattern": pattern} if pattern else {}), **more}


_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
_DIGEST = "^[0-9a-f]{64}$"
HEADERS: Mapping[str, dict[str, Any]] = {
    "ce_specversion": _text(const="1.0"),
    "ce_id": _text(description="UUIDv7"),
    "ce_source": _text("^/tenure/"),
    "ce_type": _text(r"^dev\.tenure\."),
    "ce_subject": _text(description="the stream, which is the record's key"),
    "ce_time": _text(_INSTANT, description="when it happened"),
    "ce_recordedtime": _text(_INSTANT, description="when the writer decided; the log's append time is what counts"),
    "ce_sequence": _text("^[0-9]{19}$", description="place in the stream, from 1"),
    "ce_previous": _text(_DIGEST, description="SHA-256 of the stream's event before; 64 zeros for the first"),
    "ce_dataschema": _text("^urn:tenure:schema:", description="the payload's schema, by the SHA-256 of its JSON"),
    "ce_commandid": _text(description="uuid5 of principal and idempotency key"),
    "ce_commanddigest": _text(_DIGEST, description="SHA-256 over method, path and body"),
    "ce_correlationid": _text(description="one id through a whole rollout or retraining"),
    "ce_causationid": _text(description="the event that caused the command"),
    "ce_hops": _text("^[0-9]+$", description="how many causes lie before it"),
    "ce_authid": _text(description="stable id of the principal"),
    "ce_authtype": _text(enum=["user", "service_account", "system"]),
    "content-type": _text(const="application/avro"),
    "traceparent": _text(description="W3C trace context; outside the digest"),
}


def document(
    definitions: Sequence[ServiceDefinition], title: str, catalogue: Catalogue | None = None
) -> dict[str, Any]:
    """The document of these services together: each topic once, each event once, an operation for who does what."""
    declared = [(definition, list(_channels(definition))) for definition in definitions]
    found = _merged([channel for _, channels in declared for channel in channels])
    messages = {name: message for channel in found.values() for name, message in _messages(channel, catalogue)}
    held = [channel.holds for channel in found.values() if channel.holds]
    _, schemas = msgspec.json.schema_components(held, ref_template=SCHEMAS + "{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": ACCEPT_RULE, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {name: _channel(channel, catalogue) for name, channel in found.items()},
        "operations": {
            name: operation
            for definition, channels in declared
            for channel in channels
            for name, operation in _operations(definition, channel)
        },
        "components": {"schemas": {"EventHeaders": _headers(), **schemas}, "messages": messages},
    }


ACCEPT_RULE = (
    "A record on a `tenure.*.events` topic counts only if it extends its stream's chain of sequence and digest; "
    "readers settle races by that rule, and ignore the rest."
)


def _channels(definition: ServiceDefinition) -> Iterator[Channel]:
    if definition.fold:
        yield Channel(definition.fold.spec, None, sends=True, receives=True)
    for fold in definition.foreign:
        yield Channel(fold.spec, None, receives=True)
    yield from definition.channels
    yield from COMMON


def _merged(channels: Sequence[Channel]) -> dict[str, Channel]:
    """One for each topic: of several that say what it holds the sender's, since a reader may need a part only."""
    found: dict[str, Channel] = {}
    for channel in sorted(channels, key=lambda one: not one.sends):
        found.setdefault(channel.spec.name, channel)
    return dict(sorted(found.items()))


def _events(spec: TopicSpec, catalogue: Catalogue | None) -> list[Schema]:
    """What is published for a lifecycle topic, every schema version: old ones are on the log for ever."""
    return [schema for schema in catalogue or published() if spec.name == f"tenure.{schema.service}.events"]


def _messages(channel: Channel, catalogue: Catalogue | None) -> Iterator[tuple[str, dict[str, Any]]]:
    spec = channel.spec
    if events := _events(spec, catalogue):
        for schema in events:
            yield _name(schema), _event(schema)
    elif channel.holds is None:
        yield spec.name, {"name": spec.name, "contentType": "text/plain", "payload": {"type": "string"}}
    else:
        payload = {"$ref": SCHEMAS + channel.holds.__name__}
        yield spec.name, {"name": spec.name, "contentType": "application/json", "payload": payload}


def _name(schema: Schema) -> str:
    return f"{schema.service}.{schema.event}.v{schema.number}"


def _event(schema: Schema) -> dict[str, Any]:
    fixed = {
        "ce_type": f"dev.tenure.{schema.service}.{kebab(schema.event)}.v{schema.number}",
        "ce_source": f"/tenure/{schema.service}",
        "ce_dataschema": schema.urn,
    }
    own = {"type": "object", "properties": {name: {"const": value} for name, value in fixed.items()}}
    return {
        "name": _name(schema),
        "title": schema.event,
        "contentType": "application/avro",
        "headers": {"allOf": [{"$ref": SCHEMAS + "EventHeaders"}, own]},
        "payload": {"schemaFormat": AVRO, "schema": schema.raw},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {"kafka": {"key": _text(f"^{schema.service}/"), "bindingVersion": KAFKA}},
    }


def _headers() -> dict[str, Any]:
    required = [name for name in HEADERS if name not in OPTIONAL]
    return {"type": "object", "properties": dict(HEADERS), "required": required}


def _channel(channel: Channel, catalogue: Catalogue | None) -> dict[str, Any]:
    spec = channel.spec
    settings = {
        "cleanup.policy": [spec.cleanup],
        "retention.ms": spec.retention_ms,
        "retention.bytes": spec.retention_bytes,
        "max.message.bytes": spec.max_message_bytes,
    }
    kafka = {
        "topic": spec.name,
        "partitions": spec.partitions,
        "topicConfiguration": settings,
        "bindingVersion": KAFKA,
    }
    names = [name for name, _ in _messages(channel, catalogue)]
    return {
        "address": spec.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": kafka},
    }


def _operations(definition: ServiceDefinition, channel: Channel) -> Iterator[tuple[str, dict[str, Any]]]:
    topic = channel.spec.name
    does = (("send", channel.sends, "writes to"), ("receive", channel.receives, "reads"))
    for action, done, verb in does:
        if done:
            summary = f"{definition.title} {verb} {topic}"
            where = {"$ref": f"#/channels/{topic}"}
            yield f"{definition.name}.{action}.{topic}", {"action": action, "channel": where, "summary": summary}
