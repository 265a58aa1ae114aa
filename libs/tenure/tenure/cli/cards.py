"""tenure evidence model-card: what may be said of a version, by which events, as of a day."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version as release
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tenure.cli.access import instant
from tenure.cli.asking import AsJson, Model, Version, asking, end, give, registry, say

if TYPE_CHECKING:
    from tenure_evidence.model_card import Card

    from tenure.card import Answers

Format = Literal["json", "markdown", "html"]


def model_card(
    model: Model,
    version: Version,
    form: Annotated[Format, typer.Option("--format", help="json is CycloneDX 1.7.")] = "markdown",
    as_of: Annotated[datetime | None, typer.Option(parser=instant, help="What could be said then.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where it is written; by default it is printed.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Put it into the version's ledger.")] = False,
    as_json: AsJson = False,
) -> None:
    """Gather the card of a version: each claim names its event, and stale ones are marked."""
    from tenure_evidence.errors import EvidenceError
    from tenure_evidence.model_card import project

    from tenure.card import facts_of

    answers = asked(model, version, as_of)
    card = project(facts_of(answers), answers.at)
    try:
        text = rendered(card, form)
        if out:
            out.write_text(text, encoding="utf-8")
    except (EvidenceError, OSError) as failure:
        end(f"{type(failure).__name__}: {failure}")
    receipt = recorded(card) if record else None
    if as_json:
        give({"card": json.loads(rendered(card, "json")), "receipt": receipt})
    elif out is None:
        say(text.rstrip())


def asked(model: str, version: str, as_of: datetime | None) -> "Answers":
    """What the registry says of it, at that instant or now."""
    from tenure.card import Answers

    moment = as_of.isoformat() if as_of else None
    path = registry("models", model, "versions", version)
    with asking() as client:
        about, tag = client.get_tagged(registry("models", model), as_of=moment)
        said = client.get(path, as_of=moment)
        stage = said["stage"] if said["stage"] in ("experiment", "candidate", "validated") else "production"
        wanted = client.get(f"{path}/requirements", stage=stage, as_of=moment)["requirements"]
    at = as_of or datetime.now(UTC)
    return Answers(model=about, version=said, requirements=wanted, sequence=int(tag.strip('"')), at=at)


def rendered(card: "Card", form: Format) -> str:
    """The text. Raises RunnerUnavailable where the renderer is not installed."""
    from tenure_evidence.model_card import to_cyclonedx, to_html, to_hugging_face

    match form:
        case "json":
            return json.dumps(to_cyclonedx(card), indent=1, ensure_ascii=False)
        case "markdown":
            return to_hugging_face(card)
        case "html":
            return to_html(card)


def recorded(card: "Card") -> dict[str, Any]:
    """The receipt. A card on which something is stale is inconclusive as evidence."""
    from tenure_evidence.model_card import to_cyclonedx
    from tenure_evidence.reports import canonical

    from tenure.cli.recording import keep
    from tenure.ledger import inline

    content = canonical(to_cyclonedx(card))
    digest = sha256(content).hexdigest()
    body = {
        "evidence": f"model_card-{digest[:16]}",
        "seen_digest": card.artifact_digest,
        "kind": "model_card",
        "verdict": "inconclusive" if any(shown.stale for shown in card.claims) else "passed",
        "tool": "tenure",
        "tool_version": release("tenure"),
        "report_digest": f"sha256:{digest}",
        "report": inline(content),
    }
    return keep((card.model, card.model_version), body, content)
