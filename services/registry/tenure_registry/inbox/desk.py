"""How is a webhook answered? With what became of it: who sent it can do nothing about a refusal, and must not retry."""

from collections.abc import Mapping
from datetime import UTC, datetime

from tenure_service import Problem, Runtime
from tenure_service.tokens import Principal

from tenure_registry.inbox import mlflow
from tenure_registry.inbox.clerk import Clerk, Request
from tenure_registry.inbox.cloudevent import Incoming
from tenure_registry.inbox.errors import KeysExposed, NotTaken
from tenure_registry.inbox.keys import InboxKey, InboxKeys
from tenure_registry.inbox.outcomes import Outcome, outcome_message

SOURCE = "mlflow"


class WebhookDesk:
    """Takes MLflow's webhooks, each once by the id of its delivery."""

    def __init__(self, runtime: Runtime, keys: InboxKeys, clerk: Clerk) -> None:
        self._runtime, self._keys, self._clerk = runtime, keys, clerk

    async def mlflow(self, key: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Durable on return, outcome included.

        Raises Problem 401 for what is not signed, 422 for what is not taken, 429; and what the log and the journal
        raise: MLflow then sends it again under the same id.
        """
        now = datetime.now(UTC)
        known, principal = self._find(key, now)
        delivery = mlflow.check(known.secret, headers, body, now)
        self._runtime.rates.demand(principal.id)
        try:
            outcome = await self._clerk.carry_out(_request(delivery, body, principal, self._runtime.clock.now()))
        except NotTaken as why:
            raise Problem(422, "webhook-not-taken", str(why)) from None
        await self._runtime.event_log.append([outcome_message(outcome)])
        return outcome

    def _find(self, key: str, now: datetime) -> tuple[InboxKey, Principal]:
        try:
            return self._keys.find(key, now)
        except NotTaken as why:
            raise Problem(401, "key-unknown", str(why)) from None
        except KeysExposed as why:
            raise Problem(503, "keys-exposed", str(why)) from None


def _request(delivery: str, body: bytes, principal: Principal, now: datetime) -> Request:
    """Raises NotTaken."""
    webhook = mlflow.read_webhook(body)
    event = Incoming(
        source=SOURCE,
        id=delivery[:200],
        type=f"org.mlflow.{webhook.entity}.{webhook.action}"[:200],
        subject="",
        time=now,
        data=body,
    )
    return Request(event=event, wanted=mlflow.wanted_of(webhook), principal=principal, arrived_at=now)
