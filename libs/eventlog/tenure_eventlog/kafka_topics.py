"""Which topics do the brokers have, and with which settings?"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code
from aiokafka.protocol.metadata import MetadataRequest

from tenure_eventlog.kafka_admin import FORBIDDEN, GRANTING, Admin, administering
from tenure_eventlog.kafka_settings import KafkaSettings
from tenure_eventlog.port import LogUnavailable, NotPermitted, TopicMismatch
from tenure_eventlog.topics import TopicSpec


async def create_topics(settings: KafkaSettings, specs: Sequence[TopicSpec]) -> None:
    """Raises TopicMismatch where a topic is there with other settings, or where the brokers refuse the declared."""
    lines = await differences(settings, specs)
    if wrong := [line for line in lines if not line.endswith("does not exist")]:
        raise TopicMismatch("; ".join(wrong))
    missing = [spec for spec in specs if f"{spec.name} does not exist" in lines]
    async with administering(settings) as admin:
        for spec in missing:
            _demand_made(await admin.create_topics([_new(settings, spec)]))
    while await differences(settings, missing):  # noqa: ASYNC110 - the brokers tell each other in their own time
        await asyncio.sleep(0.05)


def _demand_made(answer: Any) -> None:
    """aiokafka leaves a refusal in the answer; a topic that another process just made is as good."""
    for topic, code, reason in answer.topic_errors:
        failure = for_code(code)
        if failure in (NoError, TopicAlreadyExistsError):
            continue
        told = f"the broker does not make {topic}: {failure.__name__}: {reason}"
        if issubclass(failure, FORBIDDEN):
            raise NotPermitted(told)
        raise LogUnavailable(told) if failure.retriable else TopicMismatch(told)


async def differences(settings: KafkaSettings, specs: Sequence[TopicSpec]) -> list[str]:
    """One sentence for each declared setting that a topic does not have."""
    async with administering(settings) as admin:
        known = await _partitions(admin, [spec.name for spec in specs])
        there = [spec for spec in specs if spec.name in known]
        found = await _described(admin, there)
    lines = [f"{spec.name} does not exist" for spec in specs if spec.name not in known]
    for spec in there:
        declared = {"partitions": str(spec.partitions), **_configs(settings, spec)}
        actual = {"partitions": str(known[spec.name]), **found[spec.name]}
        lines += [
            f"{spec.name}: {key} is {actual.get(key)}, declared is {value}"
            for key, value in declared.items()
            if actual.get(key) != value
        ]
    return lines


async def _partitions(admin: Admin, names: Sequence[str]) -> dict[str, int]:
    """How many those have that are there. Raises NotPermitted: to whom may not see it, none is missing."""
    answer = (await admin.ask(MetadataRequest(list(names), allow_auto_topic_creation=False))).to_object()
    refused = [t["topic"] for t in answer["topics"] if for_code(t["error_code"]) is TopicAuthorizationFailedError]
    if refused:
        raise NotPermitted(f"this principal may not see {', '.join(refused)}: {GRANTING}")
    return {t["topic"]: len(t["partitions"]) for t in answer["topics"] if not t["error_code"]}


def _new(settings: KafkaSettings, spec: TopicSpec) -> NewTopic:
    return NewTopic(spec.name, spec.partitions, settings.replication, topic_configs=_configs(settings, spec))


def _configs(settings: KafkaSettings, spec: TopicSpec) -> dict[str, str]:
    return {
        "cleanup.policy": spec.cleanup,
        "retention.ms": str(spec.retention_ms),
        "retention.bytes": str(spec.retention_bytes),
        "max.message.bytes": str(spec.max_message_bytes),
        "message.timestamp.type": "LogAppendTime",
        "unclean.leader.election.enable": "false",
        "min.insync.replicas": "2" if settings.replication >= 3 else "1",
    }


async def _described(admin: Admin, specs: Sequence[TopicSpec]) -> dict[str, dict[str, str]]:
    return await _configs_of(admin, [spec.name for spec in specs]) if specs else {}


async def _configs_of(admin: Admin, topics: Sequence[str]) -> dict[str, dict[str, str]]:
    """Raises NotPermitted where this principal may not see a topic's settings."""
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in topics])
    found = {}
    for code, reason, _, name, entries in (resource for answer in answers for resource in answer.resources):
        failure = for_code(code)
        if failure is not NoError:
            refused = NotPermitted if issubclass(failure, FORBIDDEN) else LogUnavailable
            raise refused(f"the settings of {name} can't be seen: {failure.__name__}: {reason}")
        found[name] = {entry[0]: entry[1] for entry in entries}
    return found
