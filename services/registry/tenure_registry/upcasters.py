"""How do events of older schemas read as the newest?"""

from typing import Any

from tenure_codec.binding import Upcaster


def model_created_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """The owner was who created it; there were no variants, policies, tiers or contexts."""
    new: dict[str, Any] = {"variant": None, "policy": None, "risk_tier": None, "contexts": []}
    return old | new | {"created_by": old["owner"]}


def version_registered_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """All versions were artifacts."""
    new: dict[str, Any] = {
        "kind": "artifact",
        "locators": [],
        "hosted": None,
        "inputs": [],
        "outputs": [],
        "prompts": [],
    }
    return old | new | {"run": None, "code": None}


def evidence_recorded_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Reports were kept elsewhere, and the contexts were not written down."""
    return old | {"report": None, "contexts": []}


def approval_granted_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """An approval bound the artifact alone."""
    return old | {"on_behalf_of": None, "evidence_digest": None, "policy": None, "expires_at": None}


def stage_entered_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """There were no policies."""
    return old | {"policy": None, "based_on": []}


def consumer_withdrawn_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Whoever did it said nothing."""
    return old | {"reason": ""}


def retirement_acknowledged_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Likewise."""
    return old | {"reason": ""}


def version_retired_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Telemetry was not looked at."""
    return old | {"callers": []}


UPCASTERS: dict[str, Upcaster] = {
    "ModelCreated.v1": model_created_v1_to_v2,
    "VersionRegistered.v1": version_registered_v1_to_v2,
    "EvidenceRecorded.v1": evidence_recorded_v1_to_v2,
    "ApprovalGranted.v1": approval_granted_v1_to_v2,
    "StageEntered.v1": stage_entered_v1_to_v2,
    "ConsumerWithdrawn.v1": consumer_withdrawn_v1_to_v2,
    "RetirementAcknowledged.v1": retirement_acknowledged_v1_to_v2,
    "VersionRetired.v1": version_retired_v1_to_v2,
}
