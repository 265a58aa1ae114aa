"""How does a card read as a CycloneDX 1.7 ML-BOM?

CycloneDX has no place for what a claim rests on, nor for staleness: both are properties named `tenure:claim:...`, and a
stale claim says so in its text too. A stale metric's type says so, which keeps it from being taken for a current one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from pydantic import JsonValue

from tenure_evidence.measures import Metric
from tenure_evidence.model_card.claims import Section
from tenure_evidence.model_card.projection import Card, CardClaim
from tenure_evidence.reports import canonical

Json = dict[str, JsonValue]


def to_cyclonedx(card: Card) -> Json:
    """The same card always gives the same document: its serial number is made of its content."""
    body: Json = {
        "version": 1,
        "metadata": {"timestamp": _instant(card.as_of), "component": _component(card)},
    }
    serial = uuid5(NAMESPACE_URL, f"tenure:model-card:{canonical(body).decode()}")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{serial}",
        **body,
    }


def _component(card: Card) -> Json:
    return _without_empty(
        {
            "type": "machine-learning-model",
            "bom-ref": f"{card.model}@{card.model_version}",
            "name": card.model,
            "version": card.model_version,
            "description": _joined(card, "description"),
            "hashes": [{"alg": "SHA-256", "content": card.artifact_digest.removeprefix("sha256:")}],
            "modelCard": _model_card(card),
        }
    )


def _model_card(card: Card) -> Json:
    return _without_empty(
        {
            "modelParameters": _without_empty(
                {
                    "task": _joined(card, "task"),
                    "modelArchitecture": _joined(card, "architecture"),
                    "datasets": [_dataset(shown) for shown in card.of("dataset")],
                }
            ),
            "quantitativeAnalysis": _without_empty(
                {"performanceMetrics": [metric for shown in card.of("performance") for metric in _metrics(shown)]}
            ),
            "considerations": _considerations(card),
            "properties": [prop for shown in card.claims for prop in _properties(shown)],
        }
    )


def _considerations(card: Card) -> Json:
    return _without_empty(
        {
            "users": _texts(card, "user"),
            "useCases": _texts(card, "use_case"),
            "technicalLimitations": _texts(card, "limitation"),
            "performanceTradeoffs": _texts(card, "tradeoff"),
            "ethicalConsiderations": [
                {"name": shown.claim.key, "mitigationStrategy": shown.marked_text} for shown in card.of("ethics")
            ],
            "fairnessAssessments": [
                {"groupAtRisk": shown.claim.key, "harms": shown.marked_text} for shown in card.of("fairness")
            ],
        }
    )


def _dataset(shown: CardClaim) -> Json:
    return {"type": "dataset", "name": shown.claim.key, "description": shown.marked_text}


def _metrics(shown: CardClaim) -> Iterator[Json]:
    """The metric and its slices; undefined ones have no value to give."""
    if shown.claim.metric is None:
        return
    for path, metric in shown.claim.metric.walk():
        if metric.value is not None:
            yield _metric(path, metric, metric.value, shown)


def _metric(path: str, metric: Metric, value: float, shown: CardClaim) -> Json:
    name = f"{metric.name} (stale: {'; '.join(shown.stale)})" if shown.stale else metric.name
    found: Json = {"type": name, "value": repr(value)}
    if path != metric.name:
        found["slice"] = path.removeprefix(metric.name)[1:-1]
    if metric.interval:
        found["confidenceInterval"] = {
            "lowerBound": repr(metric.interval.low),
            "upperBound": repr(metric.interval.high),
        }
    return found


def _properties(shown: CardClaim) -> Iterator[JsonValue]:
    name = f"tenure:claim:{shown.claim.section}:{shown.claim.key}"
    for event_id in shown.claim.event_ids:
        yield {"name": f"{name}:event", "value": event_id}
    yield {"name": f"{name}:claimed_at", "value": _instant(shown.claim.claimed_at)}
    for reason in shown.stale:
        yield {"name": f"{name}:stale", "value": reason}


def _joined(card: Card, section: Section) -> str:
    return "\n".join(shown.marked_text for shown in card.of(section))


def _texts(card: Card, section: Section) -> list[JsonValue]:
    return [shown.marked_text for shown in card.of(section)]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _without_empty(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value}
