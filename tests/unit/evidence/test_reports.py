"""Does a report digest alike wherever it is read, and can it claim more than it shows?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_evidence.errors import ReportRefused
from tenure_evidence.measures import Interval, Metric
from tenure_evidence.reports import MAX_REPORT_BYTES, Report, read_report
from tenure_evidence.verdicts import Finding

SLICE = Metric(name="accuracy", value=None, n=0)
ACCURACY = Metric(
    name="accuracy", value=0.9, n=500, interval=Interval(low=0.85, high=0.93, confidence=0.95), slices={"köln": SLICE}
)
REPORT = Report(
    kind="evaluation",
    tool="scikit-learn",
    tool_release="1.9.1",
    subject_digest="sha256:" + "a" * 64,
    metrics=(ACCURACY,),
    parts=(Finding(name="accuracy >= 0.8", verdict="passed"),),
    settings={"suite": "gates", "seed": 0},
)


def test_a_report_is_read_back_as_it_was_written() -> None:
    assert read_report(REPORT.to_bytes()) == REPORT


@given(st.permutations(["c", "a", "b"]))
def test_the_order_of_keys_does_not_change_the_digest(keys: list[str]) -> None:
    assert (
        replace(REPORT, settings=dict.fromkeys(keys, 1)).digest
        == replace(REPORT, settings={"a": 1, "b": 1, "c": 1}).digest
    )


def test_a_digest_never_changes_under_a_new_release() -> None:
    assert REPORT.digest == "sha256:8f200fddf3cff79f6223666ffccbbbf1895a1f1d3ea25faf88c70c53191c22de"


@pytest.mark.parametrize(
    "change",
    [{"subject_digest": "sha256:bb"}, {"tool_release": "1.9.2"}, {"metrics": ()}, {"parts": ()}, {"settings": {}}],
)
def test_every_fact_is_under_the_digest(change: dict[str, object]) -> None:
    assert replace(REPORT, **change).digest != REPORT.digest  # type: ignore[arg-type]  # one field at a time


def test_a_report_without_parts_is_inconclusive() -> None:
    report = replace(REPORT, parts=())
    assert (report.verdict, report.reasons) == ("inconclusive", ("no threshold was declared",))


def test_a_report_is_as_good_as_its_worst_part_and_says_why() -> None:
    report = replace(REPORT, parts=(*REPORT.parts, Finding(name="recall >= 0.5", verdict="failed", reason="is 0.2")))
    assert (report.verdict, report.reasons) == ("failed", ("recall >= 0.5: is 0.2",))


def test_a_report_that_states_a_better_verdict_than_its_parts_is_refused() -> None:
    failed = replace(REPORT, parts=(Finding(name="accuracy", verdict="failed", reason="is low"),)).to_bytes()
    with pytest.raises(ReportRefused, match="verdict that its parts do not give"):
        read_report(
            failed.replace(b'"tool_release":"1.9.1","verdict":"failed"', b'"tool_release":"1.9.1","verdict":"passed"')
        )


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"kind":"horoscope"}', b"\xff"])
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(ReportRefused):
        read_report(content)


def test_a_report_has_a_largest_size() -> None:
    with pytest.raises(ReportRefused, match="limit"):
        _ = replace(REPORT, settings={"note": "x" * MAX_REPORT_BYTES}).digest
    with pytest.raises(ReportRefused, match="limit"):
        read_report(b" " * (MAX_REPORT_BYTES + 1))


@pytest.mark.parametrize("ends", [(2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_an_interval_has_two_ordered_finite_ends(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="is not an interval"):
        Interval(low=ends[0], high=ends[1], confidence=0.95)


def test_a_metric_is_a_finite_number_or_undefined() -> None:
    with pytest.raises(ValueError, match="accuracy"):
        Metric(name="accuracy", value=float("nan"), n=1)
