"""Does the page of questions name all that a search may ask about?"""

import re
from pathlib import Path

from tenure_registry.search import FIELDS

PAGE = Path(__file__).parents[3] / "docs" / "questions.md"


def test_the_page_names_every_field_and_no_other() -> None:
    table = PAGE.read_text().partition("| about |")[2].partition("\n\n")[0]
    words = re.findall(r"`([a-z_]+)(?:\.[A-Z]+)?`", table)
    assert sorted(word for word in words if word not in ("reopened", "satisfied")) == sorted(FIELDS)
