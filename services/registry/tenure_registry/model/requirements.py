"""Does a version meet what its policy asks for? One answer for each requirement, with what it rests on.

- The newest result of a kind counts; one that did not pass after one that did contradicts it.
- A figure is on the right side only with its whole interval; too few cases are inconclusive, never a pass.
- Evidence gets too old, and outdated by a newer context revision or by what a vendor serves now.
- An approval counts for the artifact, the evidence and the rules that were looked at.
- Who decides in somebody's place is no second voice beside them.
- A refusal that stands is a veto, whatever else is met and whether or not the policy asks for that kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from tenure_registry.model.commands import Rules
from tenure_registry.model.state import Approval, Evidence, Refusal, Version
from tenure_registry.names import Stage
from tenure_registry.parts import Metric, PolicyRef
from tenure_registry.policy.document import ApprovalRequirement, EvidenceRequirement, Transition
from tenure_registry.policy.inheritance import Requirement, asked_for

Status = Literal[
    "met",
    "missing",
    "failed",
    "inconclusive",
    "contradicted",
    "expired",
    "outdated",
    "refused",
    "waived",
    "not_yet_in_force",
]
SATISFIED: tuple[Status, ...] = ("met", "waived", "not_yet_in_force")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """How one requirement stands. `by` names evidence or approvers, `sequences` their events; met `until` then."""

    requirement: str
    about: Literal["evidence", "approval"]
    status: Status
    wanted: str
    detail: str = ""
    by: tuple[str, ...] = ()
    sequences: tuple[int, ...] = ()
    until: datetime | None = None


def findings(version: Version, stage: Stage, rules: Rules, now: datetime) -> tuple[Finding, ...]:
    """In the order of the policy, then refusals. Empty where the policy has no way into the stage."""
    transition = rules.policy.transitions.get(stage)
    if transition is None:
        return ()
    policy = rules.policy.ref(stage)
    kinds = {one.kind for one in transition.evidence}
    looked_at = [one.sequence for one in version.evidence.values() if one.said.kind in kinds]
    newest = max(*looked_at, version.refingerprinted, 0)
    return (
        *(_evidence(version, one, rules, now) for one in transition.evidence if _concerns(one, rules)),
        *(_approval(version, stage, one, policy, newest, now) for one in transition.approvals if _concerns(one, rules)),
        *_vetoes(version.standing_refusals(stage, now)),
    )


def unmet(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.status not in SATISFIED]


def _concerns(requirement: Requirement, rules: Rules) -> bool:
    return not requirement.tiers or rules.risk_tier in requirement.tiers


def _off(requirement: Requirement, now: datetime) -> tuple[Status, str] | None:
    if requirement.waived is not None:
        return "waived", requirement.waived
    if requirement.applies_from is not None and now < requirement.applies_from:
        return "not_yet_in_force", f"from {requirement.applies_from.date().isoformat()} on"
    return None


def _evidence(version: Version, asked: EvidenceRequirement, rules: Rules, now: datetime) -> Finding:
    status, detail, by = _weigh(version, asked, rules, now)
    until = _too_old_at(by[-1].said.recorded_at, asked.max_age_days) if by and status == "met" else None
    return Finding(
        requirement=asked.name,
        about="evidence",
        status=status,
        wanted=wanted_evidence(asked),
        detail=detail,
        by=tuple(one.said.evidence for one in by),
        sequences=tuple(one.sequence for one in by),
        until=until,
    )


def _weigh(
    version: Version, asked: EvidenceRequirement, rules: Rules, now: datetime
) -> tuple[Status, str, list[Evidence]]:
    if off := _off(asked, now):
        return *off, []
    found = [one for one in version.of_kind(asked.kind) if asked.tool in (None, one.said.tool)]
    if not found:
        return "missing", "", []
    newest = found[-1]
    if reason := _outdated(version, newest, rules):
        return "outdated", reason, [newest]
    if (old := _too_old_at(newest.said.recorded_at, asked.max_age_days)) and old <= now:
        return "expired", f"since {old.isoformat()}", [newest]
    if newest.said.verdict == "failed" and (passed := [one for one in found if one.said.verdict == "passed"]):
        return "contradicted", f"{newest.said.evidence} failed after {passed[-1].said.evidence}", [passed[-1], newest]
    if newest.said.verdict != "passed":
        return newest.said.verdict, "", [newest]
    status, detail = _figures(asked, newest.said.metrics)
    return status, detail, [newest]


def _outdated(version: Version, evidence: Evidence, rules: Rules) -> str:
    if evidence.sequence < version.refingerprinted:
        return f"the vendor serves {version.fingerprint} now"
    for made_with in evidence.said.contexts:
        newest = rules.revision_read(version.registered.model_version, made_with.context)
        if newest is not None and newest > made_with.revision:
            return f"made with {made_with.context}@{made_with.revision}, bound is @{newest}"
    return ""


def _too_old_at(recorded_at: datetime, max_age_days: int | None) -> datetime | None:
    return None if max_age_days is None else recorded_at + timedelta(days=max_age_days)


def _figures(asked: EvidenceRequirement, metrics: Sequence[Metric]) -> tuple[Status, str]:
    """The worst of the figures that are asked for; where a number of cases is asked for alone, of all figures."""
    if asked.metric is None and not asked.min_n and asked.slices == "overall":
        return "met", ""
    overall = [one for one in metrics if asked.metric in (None, one.name) and one.slice is None]
    slices = [one for one in metrics if asked.metric in (None, one.name) and one.slice is not None]
    wanted = overall + (slices if asked.slices == "each" else [])
    if not overall or (asked.slices == "each" and not slices):
        figure = asked.metric or "figure"
        return "missing", f"no {figure} in it" if not overall else f"no slices of {figure} in it"
    found = [(side(one, asked), one) for one in wanted]
    for worst in ("failed", "inconclusive"):
        bad = [_shown(one) for status, one in found if status == worst]
        if bad:
            return worst, "; ".join(bad[:5])
    return "met", ""


def side(figure: Metric, asked: EvidenceRequirement) -> Literal["met", "failed", "inconclusive"]:
    """On which side of its limits a figure is; it has to be there with its whole interval."""
    span = [one for one in (figure.low, figure.value, figure.high) if one is not None]
    low, high = min(span), max(span)  # a bootstrap's interval may leave the figure itself out
    if (asked.at_most is not None and low > asked.at_most) or (asked.at_least is not None and high < asked.at_least):
        return "failed"
    if figure.n < asked.min_n:
        return "inconclusive"
    inside = (asked.at_most is None or high <= asked.at_most) and (asked.at_least is None or low >= asked.at_least)
    return "met" if inside else "inconclusive"


def _shown(figure: Metric) -> str:
    where = f" of {figure.slice}" if figure.slice is not None else ""
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:g} to {figure.high:g})"
    return f"{figure.name}{where} is {figure.value:g}{interval}, n {figure.n}"


def _approval(
    version: Version, stage: Stage, asked: ApprovalRequirement, policy: PolicyRef, newest: int, now: datetime
) -> Finding:
    of_kind = [
        one for (at, _), one in version.approvals.items() if at == stage and one.said.approver_kind in asked.kinds
    ]
    of_kind.sort(key=lambda one: one.sequence)
    stands = [one for one in of_kind if not _fallen(one, asked, policy, newest, now)]
    voices = {one.said.on_behalf_of or one.said.approver for one in stands}
    status, detail = _counted(asked, of_kind, len(voices), policy, newest, now)
    until = [at for one in stands if (at := _ends_at(one, asked))]
    return Finding(
        requirement=asked.name,
        about="approval",
        status=status,
        wanted=wanted_approval(asked),
        detail=detail,
        by=tuple(one.said.approver for one in stands),
        sequences=tuple(one.sequence for one in stands),
        until=min(until, default=None) if status == "met" else None,
    )


def _counted(
    asked: ApprovalRequirement,
    of_kind: Sequence[Approval],
    voices: int,
    policy: PolicyRef,
    newest: int,
    now: datetime,
) -> tuple[Status, str]:
    if off := _off(asked, now):
        return off
    if voices >= asked.count:
        return "met", ""
    fallen = [(one, why) for one in of_kind if (why := _fallen(one, asked, policy, newest, now))]
    if not fallen:
        return "missing", f"{voices} of {asked.count}"
    one, (status, reason) = fallen[-1]
    return status, f"{voices} of {asked.count}; that of {one.said.approver} {reason}"


def _fallen(
    one: Approval, asked: ApprovalRequirement, policy: PolicyRef, newest: int, now: datetime
) -> tuple[Status, str] | None:
    """Why an approval no longer counts."""
    if (ends := _ends_at(one, asked)) and ends <= now:
        return "expired", f"ended {ends.isoformat()}"
    if one.said.policy is not None and one.said.policy.digest != policy.digest:
        return "outdated", f"was given under {one.said.policy.policy}@{one.said.policy.revision}"
    if one.sequence < newest:
        return "outdated", "was given before newer evidence or another fingerprint"
    return None


def _ends_at(one: Approval, asked: ApprovalRequirement) -> datetime | None:
    ends = [at for at in (one.said.expires_at, _too_old_at(one.said.granted_at, asked.max_age_days)) if at]
    return min(ends, default=None)


def _vetoes(refusals: Sequence[Refusal]) -> Iterator[Finding]:
    """One finding for each kind that refuses; a policy can't name a requirement so."""
    for kind, same in groupby(refusals, key=lambda one: one.said.approver_kind):
        standing = list(same)
        yield Finding(
            requirement=f"no refusal by {kind}",
            about="approval",
            status="refused",
            wanted=f"no standing refusal by {kind}",
            detail=f"by {', '.join(f'{one.said.approver} (#{one.sequence})' for one in standing)}",
            by=tuple(one.said.approver for one in standing),
            sequences=tuple(one.sequence for one in standing),
        )


def wanted_evidence(asked: EvidenceRequirement) -> str:
    """One line for people."""
    parts = [asked.kind.replace("_", " ") + (f" by {asked.tool}" if asked.tool else "")]
    if asked.metric is not None:
        limits = [
            f"{word} {limit:g}"
            for word, limit in (("at least", asked.at_least), ("at most", asked.at_most))
            if limit is not None
        ]
        parts.append(f"{asked.metric} {' and '.join(limits)}" + (" in each slice" if asked.slices == "each" else ""))
    if asked.min_n:
        parts.append(f"n at least {asked.min_n}")
    if asked.max_age_days is not None:
        parts.append(f"not older than {asked.max_age_days} days")
    return ", ".join(parts)


def wanted_approval(asked: ApprovalRequirement) -> str:
    """One line for people."""
    age = "" if asked.max_age_days is None else f", not older than {asked.max_age_days} days"
    return f"{asked.count} of {' or '.join(asked.kinds)}{age}"


def next_change(found: Sequence[Finding], transition: Transition | None, now: datetime) -> datetime | None:
    """The next instant at which time alone changes a finding."""
    asked = asked_for(transition) if transition else ()
    starts = [one.applies_from for one in asked if one.applies_from is not None and one.applies_from > now]
    return min([one.until for one in found if one.until is not None] + starts, default=None)
