"""Which release of a tool runs here?"""

from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from tenure_evidence.errors import RunnerUnavailable


def load_tool(module: str, extra: str) -> ModuleType:
    """The module, imported now: many tools take seconds, so nothing imports them before they run."""
    try:
        return import_module(module)
    except ModuleNotFoundError as why:
        raise RunnerUnavailable(why.name or module, extra) from why


def release(distribution: str) -> str:
    return version(distribution)
