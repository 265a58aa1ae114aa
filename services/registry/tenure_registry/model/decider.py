"""What may happen to a model's versions, and who may let it.

The rules stand where they are decided: `catalogue`, `evidence`, `approvals`, `requirements`, `stages`, `retirement`.
"""

from typing import assert_never

from tenure_decider import Decider

from tenure_registry.model.approvals import decide_approval
from tenure_registry.model.catalogue import decide_catalogue
from tenure_registry.model.commands import (
    ApprovalCommand,
    CatalogueCommand,
    EndingCommand,
    EnterStage,
    LookAtGate,
    ModelCommand,
    RecordEvidence,
    RefuseInboxCommand,
)
from tenure_registry.model.events import ModelEvent
from tenure_registry.model.evidence import record
from tenure_registry.model.evolve import evolve
from tenure_registry.model.refusal import refuse
from tenure_registry.model.retirement import decide_ending
from tenure_registry.model.stages import enter, look
from tenure_registry.model.state import Model


def decide(model: Model, command: ModelCommand) -> ModelEvent | None:
    if isinstance(command, CatalogueCommand):
        return decide_catalogue(model, command)
    if isinstance(command, RecordEvidence):
        return record(model, command)
    if isinstance(command, ApprovalCommand):
        return decide_approval(model, command)
    if isinstance(command, EnterStage):
        return enter(model, command)
    if isinstance(command, LookAtGate):
        return look(model, command)
    if isinstance(command, EndingCommand):
        return decide_ending(model, command)
    if isinstance(command, RefuseInboxCommand):
        return refuse(command)
    assert_never(command)


model_decider: Decider[Model, ModelCommand, ModelEvent] = Decider(Model(), decide, evolve)
