"""Does the page on dispatch name every setting with its default, and does its receiver work?"""

import re
from datetime import UTC, datetime

from tenure_dispatch.settings import PREFIX, DispatchSettings
from tenure_dispatch.webhooks.graveyard import MOST_DEAD
from tenure_dispatch.webhooks.signature import new_secret, signed

from tests.contract.deploy.linting import ROOT

PAGE = (ROOT / "docs/dispatch.md").read_text()


def written(default: object) -> str:
    match default:
        case ():
            return "none"
        case bool():
            return str(default).lower()
        case _:
            return "none" if default is None else str(default)


def test_every_setting_is_there_with_its_default() -> None:
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (\S+) \|", PAGE, re.MULTILINE))
    fields = {name.upper(): written(field.default) for name, field in DispatchSettings.model_fields.items()}
    assert rows == fields


def test_the_limit_of_dead_letters_is_the_one_that_is_kept_to() -> None:
    assert f"At {MOST_DEAD:,} dead letters" in PAGE


def test_the_receiver_on_the_page_takes_a_delivery_once_and_refuses_a_forged_one() -> None:
    [code] = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    secret, kept = new_secret(), dict[str, int]()
    names = {
        "last_of": lambda subject: kept.get(subject, 0),
        "keep": lambda event: kept.update({event["subject"]: int(event["sequence"])}),
    }
    exec(code.replace("whsec_...", secret), names)  # the page's own text
    receive = names["receive"]
    body = b'{"subject": "registry/model/m", "sequence": "0000000000000000003"}'
    good = dict(signed([secret], "e-1", now(), body))
    assert receive(good, body) == 204
    assert kept == {"registry/model/m": 3}
    assert receive(good, body.replace(b"3", b"4")) == 401
    assert receive(dict(signed([new_secret()], "e-1", now(), body)), body) == 401
    assert kept == {"registry/model/m": 3}


def now() -> int:

    return int(datetime.now(UTC).timestamp())
