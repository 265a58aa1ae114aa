"""Where is the SQL? In sql/*.sql, one query per `-- name:` line, which also says what for."""

import re
from collections.abc import Mapping
from importlib import resources

_NAME = re.compile(r"^-- (\w+): .+$", re.MULTILINE)


def queries(package: str, folder: str = "sql") -> Mapping[str, str]:
    """Every query of the package's .sql files by name. A query begins with `-- name: why it is there`."""
    files = sorted(resources.files(package).joinpath(folder).iterdir(), key=lambda file: file.name)
    texts = [file.read_text("utf-8") for file in files if file.name.endswith(".sql")]
    return {name: body.strip() for text in texts for name, body in _pairs(text)}


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = _NAME.split(text)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


QUERIES = queries("tenure_ingest")
