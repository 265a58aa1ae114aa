"""How does a card read for people: as a Hugging Face README, and as a web page?"""

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, cast

from pydantic import JsonValue

from tenure_evidence.installed import load_tool
from tenure_evidence.model_card.claims import SECTIONS, Section
from tenure_evidence.model_card.projection import Card, CardClaim

if TYPE_CHECKING:
    from jinja2 import Environment

EXTRA = "evidence-card"
TITLES: dict[Section, str] = {
    "description": "What it is",
    "task": "Task",
    "architecture": "Architecture",
    "dataset": "Data sets",
    "use_case": "Intended uses",
    "user": "Intended users",
    "performance": "Measurements",
    "fairness": "Fairness",
    "limitation": "Limitations",
    "tradeoff": "Trade-offs",
    "ethics": "Risks and what is done about them",
}


def to_html(card: Card) -> str:
    """A whole page, without scripts or styles, so that it may be shown under any content security policy."""
    return _render("card.html", card)


def to_hugging_face(card: Card) -> str:
    """A README.md: YAML with what machines read, stale measurements left out, then Markdown with everything."""
    front = load_tool("yaml", EXTRA).safe_dump(_front_matter(card), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{_render('card.md', card)}"


def _render(template: str, card: Card) -> str:
    sections = [(TITLES[section], claims) for section in SECTIONS if (claims := card.of(section))]
    return _environment().get_template(template).render(card=card, sections=sections)


@cache
def _environment() -> "Environment":
    jinja = load_tool("jinja2", EXTRA)
    found = cast(
        "Environment",
        jinja.Environment(
            loader=jinja.PackageLoader("tenure_evidence.model_card"),
            autoescape=True,
            undefined=jinja.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        ),
    )
    found.filters["plain"] = _plain
    return found


def _plain(text: str) -> str:
    """A claim's text as Markdown that shows it to the letter: one line, no markup of its own."""
    one_line = " ".join(text.split())
    return cast(
        "str",
        load_tool("markupsafe", EXTRA).Markup(
            re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escape(one_line, quote=False))
        ),
    )


def _front_matter(card: Card) -> dict[str, JsonValue]:
    """Source: the model card metadata specification of the Hugging Face Hub."""
    results = [_result(card, shown) for shown in card.of("performance") if shown.claim.metric and not shown.stale]
    name = f"{card.model} {card.model_version}"
    return {"tags": ["tenure", "model-card"], "model-index": [{"name": name, "results": [*results]}]}


def _result(card: Card, shown: CardClaim) -> JsonValue:
    metric, task = shown.claim.metric, next((shown.claim.text for shown in card.of("task") if not shown.stale), "other")
    assert metric is not None
    return {
        "task": {"type": task},
        "dataset": {"name": shown.claim.key, "type": shown.claim.key},
        "metrics": [
            {"type": metric.name, "value": part.value, "name": path}
            for path, part in metric.walk()
            if part.value is not None
        ],
    }
