"""tenure models: what they are, which names point into them, who uses them."""

from typing import Annotated, Any

import typer

from tenure.cli.asking import (
    AsJson,
    Model,
    Reason,
    Where,
    all_pages,
    asking,
    give,
    registry,
    show,
    tabulate,
    tell,
)
from tenure.cli.families import Contexts, Owner, Policy, RiskTier
from tenure.cli.tags import Removed, Tags, tags_body

app = typer.Typer(no_args_is_help=True, help="Models.")
alias = typer.Typer(no_args_is_help=True, help="Names that point to a version: champion, challenger.")
consumers = typer.Typer(no_args_is_help=True, help="Who uses a model, and hears of its end.")
app.add_typer(alias, name="alias")
app.add_typer(consumers, name="consumers")
Alias = Annotated[str, typer.Argument(help="The alias.")]
Consumer = Annotated[str, typer.Argument(help="A system or a team, not a person.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]


@app.command()
def create(
    model: Model,
    description: str = "",
    family: Annotated[str | None, typer.Option(help="What is left out is inherited from it.")] = None,
    segment: Annotated[str | None, typer.Option(help="Of a variant: the customers that it is for.")] = None,
    region: Annotated[str | None, typer.Option(help="Of a variant.")] = None,
    regime: Annotated[str | None, typer.Option(help="Of a variant: the regulation that holds.")] = None,
    owner: Owner = None,
    policy: Policy = None,
    risk_tier: RiskTier = None,
    context: Contexts = None,
    as_json: AsJson = False,
) -> None:
    """Create a model."""
    variant = {"segment": segment, "region": region, "regime": regime}
    body = {
        "model": model,
        "family": family,
        "variant": variant if any(variant.values()) else None,
        "description": description,
        "owner": owner,
        "policy": policy,
        "risk_tier": risk_tier,
        "contexts": context or [],
    }
    with asking() as client:
        tell(client.post(registry("models"), body), as_json, f"Model {model} is there.")


@app.command("list")
def list_models(limit: Limit = 1_000, where: Where = None, as_json: AsJson = False) -> None:
    """List models with their versions; those of which all terms hold."""
    with asking() as client:
        found = all_pages(client, registry("models"), limit, where=where)
    if as_json:
        return give(found)
    rows = [(one["model"], one["family"], one["owner"], _stages(one["versions"])) for one in found]
    tabulate(("model", "family", "owner", "versions"), rows)


def _stages(versions: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['model_version']} ({one['stage'] or 'registered'})" for one in versions)


@app.command("show")
def show_model(
    model: Model,
    as_of: Annotated[str | None, typer.Option(help="What was known at this instant.")] = None,
    effective_at: Annotated[str | None, typer.Option(help="What was true at this instant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one model, now or at any moment."""
    with asking() as client:
        show(client.get(registry("models", model), as_of=as_of, effective_at=effective_at), as_json)


@app.command()
def change(
    model: Model,
    description: str | None = None,
    owner: Owner = None,
    policy: Policy = None,
    risk_tier: RiskTier = None,
    context: Contexts = None,
    as_json: AsJson = False,
) -> None:
    """Change some details; an empty text takes one away, so that it is inherited."""
    wanted = {
        "description": description,
        "owner": owner,
        "policy": policy,
        "risk_tier": risk_tier,
        "contexts": context,
    }
    with asking() as client:
        before, tag = client.get_tagged(registry("models", model))
        body = {name: before[name] if value is None else (value or None) for name, value in wanted.items()}
        body |= {"description": body["description"] or "", "contexts": [one for one in body["contexts"] or [] if one]}
        receipt = client.put(registry("models", model), body, headers={"If-Match": tag})
    tell(receipt, as_json, f"Model {model} is changed.")


@app.command()
def tag(model: Model, tags: Tags = None, remove: Removed = None, as_json: AsJson = False) -> None:
    """Set and remove typed tags of a model; its versions without a tag of that name have it too."""
    with asking() as client:
        receipt = client.post(registry("models", model, "tags"), tags_body(tags, remove))
    tell(receipt, as_json, "The tags are set.")


@app.command()
def history(
    model: Model,
    limit: Limit = 1_000,
    as_of: Annotated[str | None, typer.Option(help="What was known at this instant.")] = None,
    as_json: AsJson = False,
) -> None:
    """List a model's events in order: what happened, when, by whom."""
    with asking() as client:
        found = all_pages(client, registry("models", model, "history"), limit, as_of=as_of)
    give(found) if as_json else tabulate(("#", "when", "what", "who"), [_line(one) for one in found])


def _line(event: dict[str, Any]) -> tuple[object, ...]:
    marks = [mark for mark in ("backdated", "voided") if event[mark]]
    when = " ".join([event["time"], *(f"({mark})" for mark in marks)])
    return event["sequence"], when, event["name"], event["auth_id"]


@app.command()
def serving(
    model: Model,
    environment: Annotated[str, typer.Option(help="Where it answers.")] = "production",
    as_of: Annotated[str | None, typer.Option(help="What was known at this instant.")] = None,
    effective_at: Annotated[str | None, typer.Option(help="What was true at this instant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what answers, who let it into production and on what evidence, now or at any moment."""
    path = registry("models", model, "serving")
    with asking() as client:
        show(client.get(path, environment=environment, as_of=as_of, effective_at=effective_at), as_json)


@app.command()
def hold(model: Model, reason: Reason, as_json: AsJson = False) -> None:
    """Place a legal hold: nothing of the model is destroyed. For admins."""
    with asking() as client:
        receipt = client.put(registry("models", model, "legal-hold"), {"reason": reason})
    tell(receipt, as_json, f"Nothing of {model} is destroyed while the hold stands.")


@app.command("lift-hold")
def lift_hold(model: Model, reason: Reason, as_json: AsJson = False) -> None:
    """Lift a legal hold. For admins."""
    with asking() as client:
        receipt = client.post(registry("models", model, "legal-hold", "lift"), {"reason": reason})
    tell(receipt, as_json, f"The hold on {model} is lifted.")


@alias.command("set")
def set_alias(model: Model, alias: Alias, version: str, as_json: AsJson = False) -> None:
    """Let an alias point to a version; where it pointed before stays on the record."""
    _move(model, alias, version, as_json, f"{alias} of {model} is version {version}.")


@alias.command("remove")
def remove_alias(model: Model, alias: Alias, as_json: AsJson = False) -> None:
    """Take an alias away; where it pointed stays on the record."""
    _move(model, alias, None, as_json, f"{model} has no {alias} any more.")


def _move(model: str, name: str, version: str | None, as_json: bool, done: str) -> None:
    with asking() as client:
        tell(client.put(registry("models", model, "aliases", name), {"model_version": version}), as_json, done)


@consumers.command("add")
def add_consumer(model: Model, consumer: Consumer, purpose: str = "", as_json: AsJson = False) -> None:
    """Declare who uses the model."""
    with asking() as client:
        receipt = client.post(registry("models", model, "consumers"), {"consumer": consumer, "purpose": purpose})
    tell(receipt, as_json, f"{consumer} hears of each deprecation of {model}.")


@consumers.command("remove")
def remove_consumer(
    model: Model,
    consumer: Consumer,
    reason: Annotated[str | None, typer.Option(help="An operator's, who does it for whoever declared it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say that it uses the model no longer."""
    path = registry("models", model, "consumers", consumer)
    with asking() as client:
        receipt = client.post(f"{path}/withdrawal", {"reason": reason}) if reason else client.delete(path)
    tell(receipt, as_json, f"{consumer} is no consumer of {model} any more.")


@consumers.command("list")
def list_consumers(model: Model, as_json: AsJson = False) -> None:
    """List who uses the model: who says so, who is seen calling, and whose word is awaited."""
    with asking() as client:
        found = client.get(registry("models", model, "consumers"))
    if as_json:
        return give(found)
    head = ("consumer", "declared by", "purpose", "seen calling", "awaited for")
    tabulate(head, [_consumer(one) for one in found])


def _consumer(one: dict[str, Any]) -> tuple[object, ...]:
    seen = [
        f"{at['model_version']}: {at['calls']} calls up to {at['last_at']}{' (quiet)' if at['quiet'] else ''}"
        for at in one["observed"]
    ]
    awaited = [notice["model_version"] for notice in one["notices"] if notice["awaited"]]
    return one["consumer"], one["declared_by"] or "nobody", one["purpose"], "\n".join(seen), ", ".join(awaited)
