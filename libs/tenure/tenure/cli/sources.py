"""tenure sources: bring changes onto the log where no Kafka Connect does."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from tenure.cli.asking import AsJson, all_pages, asking, end, give, say, show, tabulate
from tenure.cli.common import errors, home, log_address, origin, run, seconds_of, token
from tenure.cli.shapes import hits, in_words

if TYPE_CHECKING:
    from tenure.sources.capture import Capture, Folder
    from tenure.sources.database import Table
    from tenure.sources.files import BatchFile
    from tenure.sources.loading import Loaded, Target
    from tenure.sources.rows import FileFormat
    from tenure.sources.supervisor import Trouble

app = typer.Typer(no_args_is_help=True, help="Capture a database's changes, or load files.")
add = typer.Typer(no_args_is_help=True, help="Capture a database that is not captured yet.")
app.add_typer(add, name="add")

Partitions = Annotated[int, typer.Option(min=1, max=64, help="Of each new topic of rows.")]


@app.callback()
def main() -> None:
    """Capture a database's changes, or load files."""


@add.command()
def postgres(
    dsn: Annotated[str, typer.Argument(help="postgresql://user@host:port/database; the password is in PGPASSWORD.")],
    tables: Annotated[str, typer.Option(help="`public.customers,erp.orders`; without a schema it is public.")],
    heartbeat_every: Annotated[str, typer.Option(help="How soon a dead database is noticed: 5s, 1m.")] = "5s",
    name: Annotated[str, typer.Option(help="The first word of the topics and sources.")] = "postgres",
    partitions: Partitions = 4,
    personal: Annotated[str, typer.Option(help="Columns to seal: `customers.name,customers.email`.")] = "",
    subject: Annotated[str, typer.Option(help="Of each such table the column with a random id: `customers.id`.")] = "",
) -> None:
    """Register the tables as sources, and capture their changes until you end it; needs Java and tenure[debezium]."""
    from tenure.sources.capture import Capture, read_dsn

    with _told():
        capture = Capture(
            name=name,
            database=read_dsn(dsn),
            tables=_named(tables, 1),
            heartbeat_seconds=seconds_of(heartbeat_every),
            personal=_named(personal, 2),
            subjects=_named(subject, 2),
        )
        run(_add(capture, os.environ.get("PGPASSWORD", ""), partitions))


@app.command("run")
def run_again(name: Annotated[str, typer.Argument(help="As it was added.")]) -> None:
    """Capture again what was added before, from where it had come to."""
    folder = _folder(name)
    if not folder.exists:
        end(f"{name} was not added here: `tenure sources add postgres --name {name}`.")
    with _told():
        run(_capture(folder))


@app.command()
def load(
    source: Annotated[str, typer.Argument(help="A source of format json that declares a time_field.")],
    url: Annotated[str, typer.Argument(help="A path, s3://... or what else fsspec opens; csv, jsonl or parquet.")],
    file_format: Annotated[
        str | None, typer.Option("--format", help="csv, jsonl or parquet; by default its name's ending.")
    ] = None,
    at: Annotated[datetime | None, typer.Option(help="When it was modified, UTC, if its place does not say.")] = None,
    partitions: Partitions = 4,
) -> None:
    """Append a file's rows as changes of a source; the same content is loaded once."""
    from tenure.sources.files import fetched
    from tenure.sources.loading import Target
    from tenure.sources.rows import ENDINGS, format_of

    if file_format and file_format not in ENDINGS:
        end(f"There is no format {file_format}: csv, jsonl or parquet.")
    with _told(), asking() as client:
        target = Target.of(client.get(f"/context/v1/sources/{quote(source, safe='')}"))
    with _told(), fetched(url, at and at.replace(tzinfo=UTC)) as file:
        loaded = run(_load(target, file, ENDINGS[file_format] if file_format else format_of(file.name), partitions))
    if loaded.known_since:
        say(f"The same {loaded.rows} rows were loaded at {loaded.known_since:%F %T}Z already; nothing was appended.")
    else:
        say(f"{loaded.rows} rows, as of {file.modified_at:%F %T}Z")


@app.command("list")
def list_sources(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000, as_json: AsJson = False
) -> None:
    """List the sources: does each live, how old is what came of it, and how far is its clock ahead?"""
    with asking() as client:
        items = all_pages(client, "/context/v1/sources", limit)
        verdicts = {one["source"]: one for one in client.get("/context/v1/liveness")}
    found = [one["state"] | verdicts.get(one["name"], {}) for one in items]
    if as_json:
        return give(found)
    head = ("source", "topic", "format", "state", "age s", "skew s", "error s")
    tabulate(head, [_listed(one) for one in found])


@app.command("show")
def show_source(source: Annotated[str, typer.Argument(help="Its name.")], as_json: AsJson = False) -> None:
    """Show a source as it is declared, whether it lives, how old it is, and how sure that is."""
    with asking() as client:
        declared = client.get(f"/context/v1/sources/{quote(source, safe='')}")
        verdicts = [one for one in client.get("/context/v1/liveness") if one["source"] == source]
    show({name: value for part in (declared, *verdicts) for name, value in part.items()}, as_json)


@app.command("changes")
def list_changes(source: Annotated[str, typer.Argument(help="Its name.")], as_json: AsJson = False) -> None:
    """List how a source's schema changed, how bad each change is and whom it hits."""
    with asking() as client:
        found = client.get(f"/context/v1/sources/{quote(source, safe='')}/changes")
    if as_json:
        return give(found)
    tabulate(("noticed", "class", "change", "hits"), [_changed(one) for one in found])


def _changed(one: Mapping[str, Any]) -> tuple[object, ...]:
    return (one["noticed_at"], one["change_class"], "\n".join(map(in_words, one["changes"])), "\n".join(hits(one)))


def _listed(one: Mapping[str, Any]) -> tuple[object, ...]:
    age, skew, error = (one.get(name) for name in ("age_seconds", "skew_seconds", "error_seconds"))
    told = (
        "never came" if age is None else f"{age:.0f}",
        f"{skew or 0:.1f}",
        None if error is None else f"{error:.1f}",
    )
    return (one["source"], one["topic"], one["format"], one.get("state"), *told)


def _named(names: str, dots: int) -> tuple[str, ...]:
    """What has no schema is of `public`."""
    given = [name for name in names.replace(" ", "").split(",") if name]
    return tuple(name if name.count(".") >= dots else f"public.{name}" for name in given)


async def _add(capture: "Capture", password: str, partitions: int) -> None:
    from tenure_eventlog.open import open_log

    from tenure.client import AsyncClient
    from tenure.sources.registering import demand_empty, register, topics_of
    from tenure.sources.ring import ring_here
    from tenure.sources.sealing import seal_of

    tables = await _prepared(capture, password)
    capture = capture.knowing({table.name: [name for name, _, _ in table.columns] for table in tables})
    folder = _folder(capture.name)
    folder.create(capture, password)
    async with (
        open_log(log_address()) as event_log,
        ring_here(log_address()) as ring,
        AsyncClient(origin(), token()) as client,
    ):
        seal_of(capture, ring)
        await event_log.create_topics(topics_of(capture, partitions))
        if folder.snapshot == "none":
            await demand_empty(event_log, capture)
        await register(client, capture, tables)
    for table in capture.tables:
        say(f"{capture.topic(table)} is a source")
    await _capture(folder)


async def _prepared(capture: "Capture", password: str) -> "list[Table]":
    from tenure.sources.database import connected, prepare, warnings

    async with connected(capture.database, password) as connection:
        tables = await prepare(connection, capture)
        for warning in await warnings(connection):
            errors.print(f"Beware: {warning}.", highlight=False, markup=False, soft_wrap=True)
        return tables


async def _capture(folder: "Folder") -> None:
    """Until it is interrupted, or can't go on."""
    from tenure_eventlog.open import open_log

    from tenure.sources.ring import ring_here
    from tenure.sources.sealing import seal_of
    from tenure.sources.supervisor import Supervisor

    async with open_log(log_address()) as event_log, ring_here(log_address()) as ring:
        python = os.environ.get("TENURE_DEBEZIUM_PYTHON", sys.executable)
        supervisor = Supervisor(folder, event_log, python, told=_tell, seal=seal_of(folder.capture(), ring))
        name = folder.path.name
        say(f"{name} is captured; end it with Ctrl-C, and go on later with `tenure sources run {name}`")
        await supervisor.run()


def _tell(trouble: "Trouble") -> None:
    line = f"{trouble.reason}; tried again in {trouble.pause_seconds:g} s"
    errors.print(line, style="red", highlight=False, markup=False, soft_wrap=True)


async def _load(target: "Target", file: "BatchFile", file_format: "FileFormat", partitions: int) -> "Loaded":
    from tenure_eventlog.open import open_log

    from tenure.sources.loading import load as load_file
    from tenure.sources.ring import ring_here

    async with open_log(log_address()) as event_log, ring_here(log_address()) as ring:
        return await load_file(event_log, target, file, file_format, partitions, ring)


def _folder(name: str) -> "Folder":
    from tenure.sources.capture import Folder

    return Folder(home() / "sources" / name)


@contextmanager
def _told() -> Iterator[None]:
    """An expected failure is one line that says what to do."""
    import asyncpg
    from tenure_artifacts import ArtifactError
    from tenure_keyring import KeyringError

    from tenure.sources.capture import CaptureRefused
    from tenure.sources.files import FileRefused
    from tenure.sources.supervisor import Stopped, in_words

    try:
        yield
    except (CaptureRefused, FileRefused, Stopped, KeyringError, ArtifactError) as refused:
        end(str(refused))
    except (OSError, asyncpg.PostgresError) as failure:
        end(in_words(failure))
    except KeyboardInterrupt:
        say("Ended.")
