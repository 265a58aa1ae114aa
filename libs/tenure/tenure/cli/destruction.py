"""tenure versions destroy: the artifact goes, and the proof comes onto the record.

1. The registry is asked whether it may go; nothing is touched where it says no. 2. The store destroys it and keeps the
proof. 3. The proof is recorded. Cut off after any step, the command goes on when it is called again: the store gives a
proof that it has once more. A legal hold that is placed between 1 and 3 comes too late for the bytes; the proof can be
recorded once it is lifted.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.cli.asking import AsJson, Model, Reason, Version, asking, document, registry, say, tell

if TYPE_CHECKING:
    from tenure_artifacts import DestructionOrder


def destroy(
    model: Model,
    version: Version,
    reason: Reason,
    proof: Annotated[Path | None, typer.Option(help="A proof as JSON, of bytes that another store held.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy an archived version's artifact for ever, and record the proof. For admins."""
    path = registry("models", model, "versions", version)
    with asking() as client:
        if (ending := client.get(path)["ending"]) and ending["proof_digest"]:
            return say(f"{model} {version} was destroyed; the proof is {ending['proof_digest']}.")
        allowed = client.get(f"{path}/destruction")
        if not yes:
            typer.confirm(f"{allowed['artifact_digest']} goes for ever. Go on?", abort=True)
        kept = document(proof) if proof else destroyed(allowed, reason)
        receipt = client.post(f"{path}/destruction", {"destroyed": allowed["artifact_digest"], "proof": kept})
    tell(receipt, as_json, f"{model} {version} is destroyed, and the proof is on the record.")


def destroyed(allowed: dict[str, Any], reason: str) -> dict[str, Any]:
    """The proof of `tenure artifacts`' store; of an earlier destruction where there was one."""
    from tenure.cli.artifacts import ring_here, store_of, told

    with told():
        import msgspec
        from tenure_artifacts import parse_digest

        store = store_of(ring_here())
        # The registry was asked a moment ago, which is what the store wants of its policy.
        proof = store.destroy(parse_digest(allowed["artifact_digest"]), _order(allowed, reason), lambda _: None)
        found: dict[str, Any] = msgspec.to_builtins(proof)
        return found


def _order(allowed: dict[str, Any], reason: str) -> "DestructionOrder":
    from tenure_artifacts import DestructionOrder

    return DestructionOrder(reason=reason, authorised_by=allowed["authorised_by"], at=datetime.now(UTC))
