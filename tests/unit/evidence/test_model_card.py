"""Does a card say what was known at its date, by which events, and no more?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from tenure_evidence.measures import Interval, Metric
from tenure_evidence.model_card import (
    Card,
    CardFacts,
    Claim,
    Section,
    Staleness,
    project,
    to_cyclonedx,
    to_html,
    to_hugging_face,
)
from tenure_evidence.model_card.claims import SECTIONS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
HOUR = timedelta(hours=1)

SLICE = Metric(name="accuracy", value=0.75, n=40)
ACCURACY = Metric(
    name="accuracy",
    value=0.9,
    n=500,
    interval=Interval(low=0.87, high=0.93, confidence=0.95),
    slices={"carrier=AA": SLICE, "carrier=ZZ": Metric(name="accuracy", value=None, n=0)},
)


def claim(section: Section = "limitation", key: str = "weather", text: str = "Not for storms.", at: int = 0) -> Claim:
    """Made `at` hours after noon, by the event `e<at>`."""
    return Claim(
        section=section,
        key=key,
        text=text,
        event_ids=(f"e{at}",),
        claimed_at=NOON + at * HOUR,
        about_digest=DIGEST,
        metric=ACCURACY if section == "performance" else None,
    )


EVERY_SECTION = tuple(claim(section, f"about {section}", f"Says {section}.") for section in SECTIONS)


def facts(*claims: Claim) -> CardFacts:
    return CardFacts(model="delay-predictor", model_version="2", artifact_digest=DIGEST, claims=claims)


def card(*claims: Claim, at: int = 10) -> Card:
    return project(facts(*claims), NOON + at * HOUR)


def texts(card: Card) -> list[str]:
    return [shown.claim.text for shown in card.claims]


def stale(*reasons: tuple[str, int]) -> Claim:
    return replace(
        claim("performance", "holdout"),
        staleness=tuple(Staleness(since=NOON + at * HOUR, reason=reason, event_id=f"s{at}") for reason, at in reasons),
    )


def test_a_card_says_what_had_been_said_by_its_date() -> None:
    said = [claim(text="one", at=1), claim(key="wind", text="two", at=2), claim(key="ice", text="three", at=3)]
    assert texts(card(*said, at=2)) == ["one", "two"]


def test_a_later_claim_of_the_same_thing_takes_its_place() -> None:
    said = [claim(text="new", at=2), claim(text="old", at=1)]
    assert [texts(card(*said, at=at)) for at in (0, 1, 2)] == [[], ["old"], ["new"]]


def test_a_withdrawn_claim_is_gone_and_brings_none_before_it_back() -> None:
    said = [claim(text="old", at=1), replace(claim(text="new", at=2), withdrawn_at=NOON + 3 * HOUR)]
    assert [texts(card(*said, at=at)) for at in (1, 2, 3)] == [["old"], ["new"], []]


def test_a_claim_is_stale_from_the_instant_that_an_event_says_so() -> None:
    said = stale(("the context's schema changed", 2), ("the evidence expired", 4))
    assert [card(said, at=at).claims[0].stale for at in (1, 2, 4)] == [
        (),
        ("the context's schema changed (event s2)",),
        ("the context's schema changed (event s2)", "the evidence expired (event s4)"),
    ]


def test_a_claim_about_other_bytes_is_stale() -> None:
    (shown,) = card(replace(claim(), about_digest=OTHER)).claims
    assert shown.stale == (f"said of another artifact, {OTHER}",)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(-5, 5)), unique=True), st.integers(-5, 5))
def test_what_is_said_later_never_changes_a_card(said: list[tuple[str, int]], at: int) -> None:
    claims = [claim(key=key, text=f"{key}{hour}", at=hour) for key, hour in said]
    known = [made for made in claims if made.claimed_at <= NOON + at * HOUR]
    assert card(*claims, at=at) == card(*known, at=at)


@pytest.mark.parametrize("at", [1, 5])
def test_every_card_is_a_valid_cyclonedx_1_7_document(at: int) -> None:
    said = (*EVERY_SECTION, stale(("the evidence expired", 4)))
    document = json.dumps(to_cyclonedx(card(*said, at=at)))
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(document) is None


def test_a_card_without_claims_is_valid_too() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(to_cyclonedx(card()))) is None


def test_every_claim_is_in_the_cyclonedx_document_with_its_event() -> None:
    document = json.dumps(to_cyclonedx(card(*EVERY_SECTION)))
    for section in set(SECTIONS) - {"performance"}:
        assert f"Says {section}." in document
    for section in SECTIONS:
        assert f'{{"name": "tenure:claim:{section}:about {section}:event", "value": "e0"}}' in document


def test_metrics_keep_their_slices_and_intervals_and_leave_out_what_is_undefined() -> None:
    document = json.dumps(to_cyclonedx(card(claim("performance"))))
    assert json.loads(document)["metadata"]["component"]["modelCard"]["quantitativeAnalysis"] == {
        "performanceMetrics": [
            {"type": "accuracy", "value": "0.9", "confidenceInterval": {"lowerBound": "0.87", "upperBound": "0.93"}},
            {"type": "accuracy", "value": "0.75", "slice": "carrier=AA"},
        ]
    }


def test_a_stale_metric_does_not_go_by_the_name_of_a_current_one() -> None:
    document = json.dumps(to_cyclonedx(card(stale(("the evidence expired", 4)))))
    assert '"type": "accuracy (stale: the evidence expired (event s4))"' in document
    assert '"type": "accuracy"' not in document


def test_the_same_card_gives_the_same_document_and_another_date_another_serial_number() -> None:
    once, again, later = (to_cyclonedx(card(*EVERY_SECTION, at=at)) for at in (1, 1, 2))
    assert once == again
    assert once["serialNumber"] != later["serialNumber"]


def test_a_hugging_face_card_has_current_measurements_in_its_front_matter_only() -> None:
    said = [
        claim("task", "task", "tabular-classification"),
        claim("performance", "flights-2013"),
        stale(("expired", 4)),
    ]
    _, front, body = to_hugging_face(card(*said)).split("---\n", 2)
    (model,) = yaml.safe_load(front)["model-index"]
    assert model["results"] == [
        {
            "task": {"type": "tabular-classification"},
            "dataset": {"name": "flights-2013", "type": "flights-2013"},
            "metrics": [
                {"type": "accuracy", "value": 0.9, "name": "accuracy"},
                {"type": "accuracy", "value": 0.75, "name": "accuracy[carrier=AA]"},
            ],
        }
    ]
    assert "### holdout\n\n**Stale:** expired \\(event s4\\)" in body


HOSTILE = "<script>alert(1)</script> [x](javascript:1) | `a` \n# Approved by risk\n---"


def test_a_claim_cannot_put_markup_into_the_page() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)

    harmless, hostile = Tags(), Tags()
    harmless.feed(to_html(card(claim())))
    hostile.feed(to_html(card(claim(key=HOSTILE, text=HOSTILE))))
    assert hostile.seen == harmless.seen
    assert "script" not in hostile.seen


def test_a_claim_cannot_put_markup_into_the_readme() -> None:
    readme = to_hugging_face(card(claim(key=HOSTILE, text=HOSTILE)))
    assert "<script" not in readme
    assert "](" not in readme
    assert "\n# Approved" not in readme


def test_a_page_marks_what_is_stale_and_names_the_event_of_each_claim() -> None:
    page = to_html(card(stale(("expired", 4)), claim(at=1)))
    assert page.count('<article class="stale">') == 1
    assert "<strong>Stale:</strong> expired (event s4)" in page
    assert "<code>e0</code>" in page
    assert "<code>e1</code>" in page


def test_a_claim_without_an_event_is_refused() -> None:
    with pytest.raises(ValueError, match="names no event"):
        replace(claim(), event_ids=())


def test_instants_have_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(claim(), claimed_at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        project(facts(), datetime(2026, 1, 1))
