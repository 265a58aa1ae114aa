"""Does importing the library cost what its slow tools cost?"""

import subprocess
import sys

import pytest
from tenure_evidence.errors import RunnerUnavailable
from tenure_evidence.installed import load_tool

SLOW = ("sklearn", "scipy", "pandas", "numpy", "fairlearn", "art", "modelscan", "jinja2", "yaml")


def test_importing_every_runner_imports_no_tool() -> None:
    code = f"""
import pkgutil, sys, tenure_evidence
for module in pkgutil.walk_packages(tenure_evidence.__path__, "tenure_evidence."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
print([tool for tool in {SLOW} if tool in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_tool_that_is_not_installed_names_the_extra_that_brings_it() -> None:
    with pytest.raises(
        RunnerUnavailable, match=r"no_such_tool is not installed: pip install 'tenure\[evidence-fairness\]'"
    ):
        load_tool("no_such_tool.metrics", "evidence-fairness")
