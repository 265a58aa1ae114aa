"""What stays of a command that came without the API and was refused?"""

from tenure_registry.model.commands import RefuseInboxCommand
from tenure_registry.model.events import InboxCommandRefused


def refuse(command: RefuseInboxCommand) -> InboxCommandRefused:
    """Under the refused command's own id: it is either accepted or refused, once, whoever tries."""
    return InboxCommandRefused(
        source=command.source,
        id=command.id,
        type=command.type,
        rule=command.rule,
        detail=command.detail,
        asked_by=command.principal,
        refused_at=command.now,
    )
