"""tenure topics: what must be on the log, and who may write it."""

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.common import console, log_address, run

if TYPE_CHECKING:
    from tenure_eventlog.kafka_grants import Grant

app = typer.Typer(no_args_is_help=True, help="Create or compare the topics, and on Kafka who may write and read them.")

Principals = Annotated[
    str,
    typer.Option(
        envvar="TENURE_KAFKA_PRINCIPALS",
        help="Who is who: `registry=User:CN=registry,O=Acme;producer=User:ci`. By default `User:tenure-<role>`.",
    ),
]
Sources = Annotated[
    str,
    typer.Option(
        envvar="TENURE_KAFKA_SOURCES",
        help="Change topics that context-sync reads: `crm.*;erp.orders`.",
    ),
]


@app.command()
def apply(principals: Principals = "", sources: Sources = "") -> None:
    """Create and grant what is missing; refuse where a topic has other settings, or others may write it."""
    declared, admins = _declared(principals, sources)
    if run(_apply(declared, admins)):
        raise typer.Exit(1)


@app.command()
def check(principals: Principals = "", sources: Sources = "") -> None:
    """List every difference between the declared topics and grants and the log's."""
    declared, admins = _declared(principals, sources)
    if run(_check(declared, admins)):
        raise typer.Exit(1)


def _declared(principals: str, sources: str) -> tuple[list["Grant"], tuple[str, ...]]:
    """What must be granted, and who may have more."""
    from tenure_eventlog.kafka_grants import grants_of
    from tenure_eventlog.rights import PrincipalsUnreadable, principals_of

    try:
        who = principals_of(principals)
    except PrincipalsUnreadable as unreadable:
        raise typer.BadParameter(str(unreadable)) from unreadable
    return grants_of(who, [name for part in sources.split(";") if (name := part.strip())]), who["admin"]


async def _apply(declared: list["Grant"], admins: tuple[str, ...]) -> int:
    from tenure_eventlog.open import open_log
    from tenure_eventlog.topics import ALL_TOPICS

    async with open_log(log_address()) as log:
        await log.create_topics(ALL_TOPICS)
    console.print(f"{len(ALL_TOPICS)} topics are as declared.")
    return _tell(await _grants(declared, admins, apply=True), "grants")


async def _check(declared: list["Grant"], admins: tuple[str, ...]) -> int:
    from tenure_eventlog.open import open_log
    from tenure_eventlog.topics import ALL_TOPICS

    async with open_log(log_address()) as log:
        topics = _tell(await log.differences(ALL_TOPICS), "topics")
    return topics + _tell(await _grants(declared, admins, apply=False), "grants")


async def _grants(declared: list["Grant"], admins: tuple[str, ...], *, apply: bool) -> list[str] | None:
    """Every difference; None where the log has no access lists."""
    if not log_address().startswith("kafka:"):
        return None
    from tenure_eventlog import kafka_acls
    from tenure_eventlog.kafka_settings import KafkaSettings

    settings = KafkaSettings.of(log_address())
    try:
        if apply:
            await kafka_acls.apply(settings, declared)
        return await kafka_acls.differences(settings, declared, admins)
    except kafka_acls.NoAuthorizer as open_to_all:
        console.print(f"No grants: {open_to_all}", highlight=False, soft_wrap=True)
        return None


def _tell(different: list[str] | None, what: str) -> int:
    """How many differences there are, after having told each."""
    for line in different or ():
        console.print(line, highlight=False, soft_wrap=True)
    if different is not None:
        console.print(f"{len(different)} differences." if different else f"All {what} are as declared.")
    return len(different or ())
