"""Does docs/inbox.md say what the code does?"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure_registry.inbox import mlflow
from tenure_registry.inbox.asks import ASKS, COMMANDS
from tenure_registry.inbox.signing import signature_of

PAGE = (Path(__file__).parents[3] / "docs" / "inbox.md").read_text()


def test_the_pages_own_function_signs_as_the_registry_checks() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    space: dict[str, Any] = {}
    exec(f"import hmac\nfrom hashlib import sha256\n{code}", space)
    signature: Callable[[str, dict[str, bytes], bytes], str] = space["signature"]
    headers = {"ce_type": b"t", "content-type": b"application/json", "ce_id": b"", "other": b"x", "tenure-key": b"k"}
    assert signature("secret", headers, b"value") == signature_of("secret", tuple(headers.items()), b"value")


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert set(re.findall(r"^\| `(dev\.tenure\.command\.\S+)` ", PAGE, re.MULTILINE)) == {
        f"{COMMANDS}{name}.v1" for name in ASKS
    }


def test_every_webhook_that_is_taken_is_on_the_page() -> None:
    rows = re.findall(r"^\| `((?:registered_model|model_version)[\w.]*)`(?:, `(\.\w+)`)? ", PAGE, re.MULTILINE)
    told = {first for first, _ in rows} | {first.partition(".")[0] + more for first, more in rows if more}
    assert told == set(mlflow.READERS)
