"""How does what goes wrong look to a caller?"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tenure_service import Problem

from tenure_dispatch.subscription.secrets import SealUnavailable
from tenure_dispatch.subscription.store import CommandReused, RevisionMismatch

AWAY = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)


@contextmanager
def told() -> Iterator[None]:
    """What store and database say, as a problem."""
    try:
        yield
    except AWAY as away:
        raise Problem(503, "database-away", f"the database can't be reached: {away}") from away
    except SealUnavailable as sealed:
        raise Problem(503, "master-key-missing", f"no secret can be sealed or opened: {sealed}") from sealed
    except CommandReused as reused:
        raise Problem(422, "command-id-reused", "this idempotency key was used for another command") from reused
    except RevisionMismatch as moved:
        detail = f"{moved}; read it again, and decide anew"
        raise Problem(412, "sequence-mismatch", detail, revision=moved.revision) from moved
