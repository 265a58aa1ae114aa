"""Which function does a suite's `package.module:function` name?"""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from tenure_evidence.errors import SuiteRefused, Untrusted


def declared_callable(reference: str, *, trust: bool) -> Callable[..., object]:
    """Imports the module, which runs its code. Raises Untrusted unless `trust`, SuiteRefused if none is there."""
    if not trust:
        raise Untrusted(reference)
    module, _, name = reference.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as why:
        raise SuiteRefused(f"{reference}: {why}") from why
    if not callable(found):
        raise SuiteRefused(f"{reference} is not a function")
    return cast("Callable[..., object]", found)
