"""Do the pages of `docs` name only what is there, and every word that an event's name is made of?"""

import re
from configparser import ConfigParser

import pytest
from tenure_codec.catalogue import published

from tests.contract.deploy.linting import ROOT

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PATHS = sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+)`", ARCHITECTURE)))
# A file and, in brackets or in the table's next cell, names that it defines.
NAMED = [
    (path, name)
    for path, names in re.findall(r"`([\w.-]+/[\w./-]+\.py)`\s*(?:\(|\|\s*)((?:`\w+`(?:,\s)?)+)", ARCHITECTURE)
    for name in re.findall(r"\w+", names)
]
HOUSE_WORDS = (
    "stream", "sequence", "offset", "head", "topic", "service", "orphan", "receipt", "model version", "schema version",
    "context revision", "policy revision", "event", "command", "rejection", "champion", "challenger", "canary",
    "shadow", "baseline", "watermark", "model card", "lineage",
)  # fmt: skip
TERMS = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)[1:]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_on_the_page_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_name_on_the_page_is_defined_in_the_file_beside_it(path: str, name: str) -> None:
    defined = rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b.*="
    assert re.search(defined, (ROOT / path).read_text(), re.MULTILINE)


def test_the_page_names_enough_for_that_to_mean_something() -> None:
    assert len(PATHS) >= 30
    assert len(NAMED) >= 30


def test_the_import_contracts_on_the_page_are_those_that_are_checked() -> None:
    fences = ConfigParser()
    fences.read(ROOT / ".importlinter")
    checked = [fences[section]["name"] for section in fences.sections() if ":contract:" in section]
    assert (
        re.findall(r"^\| (.+?) \|", ARCHITECTURE.partition("| contract |")[2], re.MULTILINE)[: len(checked)] == checked
    )


def test_a_part_on_the_page_is_a_layer_and_in_its_order() -> None:
    """The arrows of the first picture, from the top to the bottom, are `layers` of the contract."""
    fences = ConfigParser()
    fences.read(ROOT / ".importlinter")
    layers = fences["importlinter:contract:libraries-are-layered"]["layers"].split("\n")
    [arrows] = re.findall(r"^  cli --> (.+)$", ARCHITECTURE, re.MULTILINE)
    drawn = [" | ".join(f"tenure_{part}" for part in step.split(" & ")) for step in arrows.split(" --> ")[1:]]
    assert drawn == [layer for layer in layers if layer][2:]


def test_the_glossary_is_in_order_and_has_each_term_once() -> None:
    assert [term.casefold() for term in TERMS] == sorted({term.casefold() for term in TERMS})


@pytest.mark.parametrize("event", sorted({schema.event for schema in published()}))
def test_the_glossary_has_the_words_that_an_events_name_is_made_of(event: str) -> None:
    """All but the participle at its end, which says what happened: `ContextBound` is about a context."""
    about = re.match(r"((?:[A-Z][a-z]+)+?)[A-Z][a-z]+(?:Back)?$", event)
    assert about, event
    known = {word for term in TERMS for word in re.findall(r"\w+", term.casefold())}
    assert [word for word in re.findall("[A-Z][a-z]+", about[1]) if word.casefold() not in known] == []


@pytest.mark.parametrize("word", HOUSE_WORDS)
def test_the_glossary_has_the_words_of_the_house_style(word: str) -> None:
    assert word in {part.strip().casefold() for term in TERMS for part in term.split(",")}
