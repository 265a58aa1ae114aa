"""How do the tests of this folder ask a linter?"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.kafka.broker import unavailable

ROOT = Path(__file__).parents[3]
OWN_TOOLS = Path(sys.executable).parent
DEBIAN_PACKAGES = {"docker-compose": "docker-compose", "haproxy": "haproxy"}
PATIENCE_SECONDS = 120


def said_by(tool: str, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code, and all that was said, from the project's folder.

    Skips the test where the machine lacks the tool; the environment's own tools are never missing.
    """
    own = OWN_TOOLS / tool
    if not own.exists() and not shutil.which(tool):
        unavailable(f"{tool} is not there (Debian: apt-get install {DEBIAN_PACKAGES[tool]})")
    command = [str(own) if own.exists() else tool, *arguments]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return ended.returncode, ended.stdout
