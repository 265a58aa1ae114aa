"""The command line as tests speak it."""

import json
from dataclasses import dataclass
from typing import Any

from click.testing import Result
from tenure.cli.main import app
from typer.testing import CliRunner

from tests.unit.tenure.serving import Served


@dataclass(slots=True)
class Tenure:
    platform: Served

    def __call__(self, line: str, *more: object, by: str = "engineer") -> Result:
        """The words of `line`, then `more` as they are."""
        words = [*line.split(), *map(str, more)]
        return CliRunner().invoke(app, words, env={"TENURE_TOKEN": self.platform.secrets[by]})

    def done(self, line: str, *more: object, by: str = "engineer") -> str:
        """What it printed; it must have worked."""
        result = self(line, *more, by=by)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, line: str, *more: object, by: str = "engineer") -> Any:
        return json.loads(self.done(f"{line} --json", *more, by=by))

    def refused(self, line: str, *more: object, by: str = "engineer") -> str:
        """The one line that says why not."""
        result = self(line, *more, by=by)
        assert result.exit_code == 1, result.output
        assert len(result.stderr.splitlines()) == 1, result.stderr
        return result.stderr
