"""How is a change of a source's schema said in words?"""

from collections.abc import Mapping
from typing import Any


def in_words(change: Mapping[str, Any]) -> str:
    """One field's change: `temp renamed to temperature (probably)`."""
    before, after = change["before"], change["after"]
    said = f"{change['field']} {change['kind'].replace('_', ' ')}"
    if change["kind"] == "renamed":
        said += f" to {after}"
    elif before and after:
        said += f" from {before} to {after}"
    return said + (" (probably)" if change["probable"] else "")


def hits(one: Mapping[str, Any]) -> list[str]:
    """Whom a change hits: revisions, models by their SLAs, releases."""
    contexts = [f"context {c['context']}@{c['revision']}, {_how(c)}: {', '.join(c['fields'])}" for c in one["contexts"]]
    slas = [f"model {s['model']} version {s['model_version']} by {s['context']}@{s['revision']}" for s in one["slas"]]
    releases = [f"release {r['release']} of {r['deployment']}, {_where(r)}" for r in one["releases"]]
    return [*contexts, *slas, *releases]


def _how(context: Mapping[str, Any]) -> str:
    return "which reads on" if context["readable"] else "which keeps what it last could read"


def _where(release: Mapping[str, Any]) -> str:
    return "which serves" if release["serving"] else "to which one may go back"
