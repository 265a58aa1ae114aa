"""How are typed tags given on a command line?"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tenure.cli.asking import pairs

Tags = Annotated[list[str] | None, typer.Argument(help="NAME=VALUE; a number, true, false or an instant is one.")]
Removed = Annotated[list[str] | None, typer.Option("--remove", help="A tag to take away; repeatable.")]


def tags_body(tags: Sequence[str] | None, remove: Sequence[str] | None) -> dict[str, Any]:
    """As the API takes them: each value has the type that it looks like. Raises BadParameter."""
    import yaml

    given = {name: yaml.safe_load(value) for name, value in pairs(tags or [], "=", "NAME=VALUE").items()}
    plain = {name: one if isinstance(one, bool | int | float | str) else str(one) for name, one in given.items()}
    return {"tags": plain, "removed": list(remove or [])}
