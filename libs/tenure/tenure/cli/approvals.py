"""tenure approvals: asked for, given, refused, taken back, passed on."""

from datetime import datetime
from typing import Annotated, Any

import typer

from tenure.cli.access import instant
from tenure.cli.asking import AsJson, Model, Stage, Version, asking, registry, tell

app = typer.Typer(no_args_is_help=True, help="Approvals: request, grant, refuse, withdraw, revoke, delegate.")
Comment = Annotated[str, typer.Option(help="Stays on the record.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; stays on the record.")]
Seen = Annotated[str | None, typer.Option(help="The artifact that was looked at; by default the registered one.")]


@app.command("request")
def request_approval(
    model: Model,
    version: Version,
    stage: Stage = "production",
    kind: Annotated[list[str] | None, typer.Option(help="risk, compliance, security or business.")] = None,
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Ask approvers to look at a version."""
    body = {"stage": stage, "kinds": kind or [], "comment": comment}
    with asking() as client:
        receipt = client.post(registry("models", model, "versions", version, "approval-requests"), body)
    tell(receipt, as_json, f"Approval of {model} {version} for {stage} is asked for.")


@app.command()
def grant(
    model: Model,
    version: Version,
    stage: Stage = "production",
    seen: Seen = None,
    seen_evidence: Annotated[
        str | None, typer.Option(help="The ledger's digest, as `versions show` has it; by default the one of now.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(parser=instant, help="When it expires.")] = None,
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Approve exactly what was looked at: this artifact, with this evidence."""
    body = {
        "stage": stage,
        "decision": "grant",
        "seen_digest": seen,
        "seen_evidence": seen_evidence,
        "expires_at": until.isoformat() if until else None,
        "comment": comment,
    }
    _decide(model, version, body, as_json, f"{model} {version} is approved for {stage}.")


@app.command()
def refuse(
    model: Model,
    version: Version,
    reason: Reason,
    stage: Stage = "production",
    seen: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a version: nothing else lets it in until your kind grants anew, or you withdraw it."""
    body = {"stage": stage, "decision": "refuse", "seen_digest": seen, "comment": reason}
    _decide(model, version, body, as_json, f"{model} {version} is refused for {stage}.")


@app.command()
def withdraw(
    model: Model, version: Version, reason: Reason, stage: Stage = "production", as_json: AsJson = False
) -> None:
    """Take your own refusal back; that is no approval yet."""
    body = {"stage": stage, "decision": "withdraw", "seen_digest": None, "comment": reason}
    _decide(model, version, body, as_json, f"The refusal of {model} {version} for {stage} is taken back.")


@app.command()
def revoke(
    model: Model, version: Version, reason: Reason, stage: Stage = "production", as_json: AsJson = False
) -> None:
    """Take your own approval back."""
    body = {"stage": stage, "decision": "revoke", "seen_digest": None, "comment": reason}
    _decide(model, version, body, as_json, f"The approval of {model} {version} for {stage} is taken back.")


def _decide(model: str, version: str, body: dict[str, Any], as_json: bool, done: str) -> None:
    path = registry("models", model, "versions", version)
    with asking() as client:
        now = client.get(path)
        body["seen_digest"] = body["seen_digest"] or now["artifact_digest"]
        if body["decision"] == "grant":
            body["seen_evidence"] = body["seen_evidence"] or now["evidence_digest"]
        tell(client.post(f"{path}/approvals", body), as_json, f"{done} Looked at: {body['seen_digest']}.")


@app.command()
def delegate(
    model: Model,
    version: Version,
    to: Annotated[str, typer.Option(help="A principal's id, as `tenure tokens list` shows it.")],
    until: Annotated[datetime, typer.Option(parser=instant, help="When it ends.")],
    stage: Stage = "production",
    as_json: AsJson = False,
) -> None:
    """Let another decide in your place for a while."""
    body = {"stage": stage, "delegate": to, "until": until.isoformat()}
    with asking() as client:
        receipt = client.post(registry("models", model, "versions", version, "delegations"), body)
    tell(receipt, as_json, f"{to} may decide on {model} {version} for {stage} until {until.isoformat()}.")


@app.command("end-delegation")
def end_delegation(
    model: Model,
    version: Version,
    delegate: Annotated[str, typer.Option("--of", help="Who decided in your place: a principal's id.")],
    stage: Stage = "production",
    reason: Annotated[str, typer.Option(help="An admin's, who ends what somebody else delegated.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let another decide in your place no longer; what they decided stays."""
    body = {"stage": stage, "delegate": delegate, "reason": reason}
    with asking() as client:
        path = registry("models", model, "versions", version, "delegations", "withdrawal")
        receipt = client.post(path, body)
    tell(receipt, as_json, f"{delegate} decides no longer on {model} {version} for {stage}.")
