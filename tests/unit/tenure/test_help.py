"""Does help come at once, and say what is so?"""

import subprocess
import sys

from tenure.cli.tokens import ROLES_HELP
from tenure_service.tokens import ROLES

# Each takes a good part of a second to load; a command loads what it needs when it runs.
HEAVY = {"fastapi", "pydantic", "asyncpg", "aiokafka", "httpx", "yaml", "structlog", "tenure_service", "tenure_journal"}


def test_help_loads_nothing_that_only_a_command_needs() -> None:
    code = "import sys, tenure.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY.isdisjoint(loaded)


def test_help_names_all_roles() -> None:
    assert f"One or more of {', '.join(ROLES)}." == ROLES_HELP
