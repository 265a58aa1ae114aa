"""What does a service's log tell of a bug?"""

from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from tenure_service.logs import configure

SECRET = "tnr_lovelace"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def buggy(token: str) -> None:
    raise LookupError(len(token))


@pytest.mark.parametrize("form", ["json", "console"])
def test_where_a_bug_is_gets_logged_but_not_what_the_request_brought(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(form)
    try:
        buggy(SECRET)
    except LookupError as error:
        structlog.get_logger().error("unexpected_error", exc_info=error)
    out, err = capsys.readouterr()
    assert "buggy" in out + err
    assert SECRET not in out + err
