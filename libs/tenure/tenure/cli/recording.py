"""How does a command put evidence into a version's ledger?

Up to 256 KiB the report itself goes onto the log; a larger one is in the artifact store before the ledger names it.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tenure.cli.asking import asking, registry, revisions
from tenure.cli.common import errors

if TYPE_CHECKING:
    from tenure_evidence import Report


def recorded(
    report: "Report", version: tuple[str, str], contexts: Sequence[str], name: str | None, kind: str | None
) -> dict[str, Any]:
    """The receipt."""
    from tenure.ledger import MAX_METRICS, evidence_of, figures_of

    if (count := len(figures_of(report))) > MAX_METRICS:
        errors.print(f"The ledger takes {MAX_METRICS} of its {count} figures; the report has all.")
    return keep(version, evidence_of(report, revisions(contexts), name, kind), report.to_bytes())


def keep(version: tuple[str, str], body: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Records evidence whose report is `content`; the receipt."""
    if body["report"] is None:
        _push(content)
    with asking() as client:
        path = registry("models", version[0], "versions", version[1], "evidence")
        receipt: dict[str, Any] = client.post(path, body)
        return receipt


def _push(content: bytes) -> None:
    from tenure.cli.artifacts import ring_made_here, store_of, told

    with told(), TemporaryDirectory() as directory:
        path = Path(directory) / "report.json"
        path.write_bytes(content)
        store_of(ring_made_here()).push(path)
