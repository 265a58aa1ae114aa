"""An obligation, as the tests of the registry begin with it."""

from datetime import timedelta

from tenure_registry.names import ModelVersion, PrincipalId
from tenure_registry.obligation.decider import DischargeObligation, OpenObligation
from tenure_registry.obligation.events import ObligationDischarged, ObligationOpened

from tests.unit.registry.story import DELAYS, NOON, V1

SUBJECT, COMPLIANCE, V9 = "s-5d2c", PrincipalId("p-compliance"), ModelVersion("9")
BECAUSE = "subject s-5d2c was erased, whose data these versions were trained on"
DUE = NOON + timedelta(days=30)

owe = OpenObligation(
    model=DELAYS, obligation=SUBJECT, because=BECAUSE, snapshots=("winter",), versions=(V1,), due_at=DUE, now=NOON
)
owed = ObligationOpened(
    model=DELAYS,
    obligation=SUBJECT,
    because=BECAUSE,
    snapshots=("winter",),
    versions=(V1,),
    due_at=DUE,
    opened_at=NOON,
)
retrain = DischargeObligation(
    obligation=SUBJECT,
    outcome="retrained",
    replacement=V9,
    note="",
    unretired=(V1,),
    clean=True,
    principal=COMPLIANCE,
    now=NOON,
)
retrained = ObligationDischarged(
    obligation=SUBJECT,
    outcome="retrained",
    replacement=V9,
    note="",
    discharged_by=COMPLIANCE,
    discharged_at=NOON,
)
