"""Where is the SQL? In files, each query with a name and a reason."""

import re
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def queries(package: str, file: str = "sql/queries.sql") -> dict[str, str]:
    """The named queries of a package's file."""
    parts = _HEADING.split(files(package).joinpath(file).read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def script(package: str, file: str) -> str:
    """A whole SQL file of a package."""
    return files(package).joinpath(file).read_text()
