"""tenure evidence: test a model with the field's tools, say what was found, and put it into the ledger."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.cli import cards
from tenure.cli.asking import AsJson, asking, end, give, registry, say
from tenure.cli.digests import digest_of

if TYPE_CHECKING:
    from tenure_evidence import Report, Suite

app = typer.Typer(
    no_args_is_help=True, help="Make evidence about a model, and record it. Exit code 1 unless it passed."
)
app.command("model-card")(cards.model_card)

SuiteFile = Annotated[Path, typer.Argument(help="YAML or JSON: docs/evidence.md says how it is written.")]
Artifact = Annotated[Path, typer.Argument(help="The model: a pickle or joblib file.")]
Trust = Annotated[bool, typer.Option("--trust", help="Run what the model's and the suite's authors wrote.")]
Kept = Annotated[Path | None, typer.Option("--report", help="Where the report is written.")]
Record = Annotated[tuple[str, str] | None, typer.Option(help="MODEL VERSION whose ledger it goes into.")]
Contexts = Annotated[list[str] | None, typer.Option("--context", help="NAME@REVISION that it was made with.")]
Named = Annotated[str | None, typer.Option("--name", help="In the ledger; by default its kind and digest.")]
Subject = Annotated[str | None, typer.Option("--digest", help="sha256:... of the artifact; with --record its own.")]


def _tabular(module: str, kind: str) -> Callable[..., None]:
    """The command of a runner that asks a model about a table."""

    def command(
        suite: SuiteFile,
        artifact: Artifact,
        trust: Trust = False,
        report: Kept = None,
        record: Record = None,
        context: Contexts = None,
        name: Named = None,
        as_json: AsJson = False,
    ) -> None:
        with _told():
            made = _run_on_table(module, _suite(suite, kind), suite.parent, artifact, trust, record)
        _finish(made, report, record, context, name, as_json)

    return command


app.command("evaluate", help="Score it, on the whole and by slice (scikit-learn).")(_tabular("evaluate", "evaluation"))
app.command("fairness", help="Compare its rates between groups (fairlearn).")(_tabular("fairness", "fairness"))
app.command("robustness", help="Attack it within a budget (Adversarial Robustness Toolbox).")(
    _tabular("robustness", "robustness")
)
app.command("explain", help="Say which features it leans on (scikit-learn).")(_tabular("explain", "explanation"))


def _run_on_table(
    module: str, suite: Any, folder: Path, artifact: Path, trust: bool, record: tuple[str, str] | None
) -> "Report":
    from tenure_evidence.data import read_data
    from tenure_evidence.subjects import load_subject

    runner = import_module(f"tenure_evidence.{module}")
    subject = load_subject(artifact, trust=trust, expected_digest=_registered(record) if record else None)
    data = read_data(suite, root=folder, trust=trust)
    own_scorers = {"trust": trust} if module == "evaluate" else {}
    found: Report = runner.run(suite, subject, data, **own_scorers)
    return found


@app.command("artifact-scan")
def artifact_scan(
    suite: SuiteFile,
    artifact: Annotated[Path, typer.Argument(help="A file or a directory; nothing of it is loaded.")],
    report: Kept = None,
    record: Record = None,
    name: Named = None,
    as_json: AsJson = False,
) -> None:
    """Scan its files for known-bad operations (modelscan)."""
    with _told():
        from tenure_evidence import artifact_scan as runner

        declared: Any = _suite(suite, "artifact_scan")
        made = runner.run(declared, artifact, digest_of(artifact))
    _finish(made, report, record, None, name, as_json)


@app.command("prompt-injection")
def prompt_injection(
    suite: SuiteFile,
    garak: Annotated[Path, typer.Argument(help="garak's report, JSON lines.")],
    digest: Subject = None,
    previous: Annotated[Path | None, typer.Option(help="This command's report of the version before.")] = None,
    report: Kept = None,
    record: Record = None,
    name: Named = None,
    as_json: AsJson = False,
) -> None:
    """Judge a garak run by its pinned probes, and against the version before."""
    with _told():
        from tenure_evidence import prompt_injection as runner
        from tenure_evidence import read_report

        declared: Any = _suite(suite, "prompt_injection")
        before = read_report(previous.read_bytes()) if previous else None
        made = runner.run(declared, garak, _subject(digest, record), previous=before)
    _finish(made, report, record, None, name, as_json)


@app.command("import")
def import_run(
    export: Annotated[Path, typer.Argument(help="An MLflow run, a W&B run or plain metrics, as JSON.")],
    source: Annotated[str, typer.Option(help="mlflow, wandb or json.")] = "json",
    suite: Annotated[Path | None, typer.Option(help="Thresholds; without any it is inconclusive.")] = None,
    digest: Subject = None,
    tool: Annotated[str | None, typer.Option(help="What measured, where the export does not say.")] = None,
    kind: Annotated[str, typer.Option(help="Its kind in the ledger.")] = "evaluation",
    report: Kept = None,
    record: Record = None,
    name: Named = None,
    as_json: AsJson = False,
) -> None:
    """Take over what was measured elsewhere."""
    with _told():
        from tenure_evidence import imports, parse_suite

        if source not in imports.READERS:
            end(f"There is no source {source}, only {', '.join(imports.READERS)}.")
        chosen: Any = source
        declared: Any = _suite(suite, "import") if suite else parse_suite({"kind": "import", "name": export.name})
        made = imports.run(declared, export.read_bytes(), _subject(digest, record), source=chosen, tool=tool)
    _finish(made, report, record, None, name, as_json, kind)


def _suite(path: Path, kind: str) -> "Suite":
    from tenure_evidence import read_suite

    found = read_suite(path)
    if found.kind != kind:
        end(f"{path} is a suite of kind {found.kind}; here one of kind {kind} is wanted.")
    return found


def _subject(digest: str | None, record: tuple[str, str] | None) -> str:
    if digest is None and record is None:
        end("Say what was tested: --digest sha256:..., or --record MODEL VERSION.")
    return digest or _registered(record or ("", ""))


def _registered(version: tuple[str, str]) -> str:
    with asking() as client:
        found: str = client.get(registry("models", version[0], "versions", version[1]))["artifact_digest"]
        return found


def _finish(
    made: "Report",
    kept: Path | None,
    record: tuple[str, str] | None,
    contexts: list[str] | None,
    name: str | None,
    as_json: bool,
    kind: str | None = None,
) -> None:
    """Writes it, records it, says it; exit code 1 unless it passed."""
    from tenure.cli.recording import recorded

    with _told():
        if kept:
            kept.write_bytes(made.to_bytes())
        receipt = recorded(made, record, contexts or [], name, kind) if record else None
    if as_json:
        found = {"kind": made.kind, "verdict": made.verdict, "reasons": list(made.reasons), "digest": made.digest}
        give({**found, "receipt": receipt})
    else:
        say(
            "\n".join([f"{made.verdict}: {made.kind} by {made.tool} {made.tool_release}, {made.digest}", *made.reasons])
        )
        if receipt:
            say(f"In the ledger at {receipt['stream']}#{receipt['sequence']}.")
    if made.verdict != "passed":
        raise typer.Exit(1)


@contextmanager
def _told() -> Iterator[None]:
    """An expected failure is one line; where a tool is missing it says which extra has it."""
    from tenure_evidence.errors import EvidenceError, Untrusted

    try:
        yield
    except Untrusted as why:
        end(str(why).partition(";")[0] + ": say --trust if you would run a program of theirs.")
    except (EvidenceError, OSError) as failure:
        end(f"{type(failure).__name__}: {failure}")
