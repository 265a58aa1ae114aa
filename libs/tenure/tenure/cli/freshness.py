"""tenure freshness: how old is what a model reads, now or at a past moment?"""

from typing import Annotated, Any

import typer

from tenure.cli.asking import AsJson, Model, asking, give, tabulate

AsOf = Annotated[str | None, typer.Option(help="What was on the record by this instant, as 2026-03-01T12:00:00Z.")]
EffectiveAt = Annotated[str | None, typer.Option(help="What was so at this instant, by what is known now.")]


def freshness(model: Model, as_of: AsOf = None, effective_at: EffectiveAt = None, as_json: AsJson = False) -> None:
    """Show how old each context of a model is, beside its limit."""
    with asking() as client:
        found = client.get("/context/v1/freshness", model=model, as_of=as_of, effective_at=effective_at)
    if as_json:
        return give(found)
    if as_of is None and effective_at is None:
        head = ("version", "context", "revision", "age s", "error s", "limit s", "verdict", "source", "state", "budget")
        return tabulate(head, [_now(one) for one in found])
    then = ("version", "context", "revision", "class", "age s", "limit s", "verdict", "since", "by event")
    tabulate(then, [_then(one) for one in found])


def seconds(value: float | None, unknown: str = "unknown") -> str:
    return unknown if value is None else f"{value:.0f}"


def _now(one: dict[str, Any]) -> tuple[object, ...]:
    budget = one["budget"]
    spent = f"{budget['bad_minutes']} of {budget['allowed_minutes']:g} min" if budget else None
    return (
        one["model_version"],
        one["context"],
        one["revision"],
        seconds(one["age_seconds"], "never came"),
        seconds(one["error_seconds"]),
        one["limit_seconds"],
        "fresh" if one["fresh"] else "stale",
        one["source"],
        one["state"],
        spent,
    )


def _then(one: dict[str, Any]) -> tuple[object, ...]:
    least, most = one["age_at_least_seconds"], one["age_at_most_seconds"]
    return (
        one["model_version"],
        one["context"],
        one["revision"],
        one["entity_class"],
        "unknown" if most is None else f"{seconds(least)} to {seconds(most)}",
        one["limit_seconds"],
        "stale" if one["breached"] else "fresh",
        one["since"],
        one["event_id"],
    )
