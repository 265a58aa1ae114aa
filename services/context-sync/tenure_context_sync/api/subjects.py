"""What can be asked of the people whose data is here?"""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_service import At, Body, Mutation, Problem, ReceiptBody, StreamRead, mutates

from tenure_context_sync.api.common import listing
from tenure_context_sync.erasure.decider import RequestErasure
from tenure_context_sync.erasure.eraser import NO_RING, Eraser
from tenure_context_sync.erasure.personal import SUBJECT
from tenure_context_sync.names import PrincipalId, SubjectId

router = APIRouter()
Requester = Annotated[Mutation, Depends(mutates("approver", "admin"))]
Subject = Annotated[str, InPath(pattern=SUBJECT.pattern)]


class ErasureBody(Body):
    reason: Annotated[str, Limit(min_length=1, max_length=1_000)]


@router.post("/subjects/{subject}/erasure", status_code=201, response_model=ReceiptBody)
async def request_erasure(subject: Subject, body: ErasureBody, mutation: Requester) -> Response:
    """Has all that is sealed of a subject erased, for good; done within seconds, and its own page says when."""
    who = mutation.principal
    if "admin" not in who.roles and who.kind != "compliance":
        raise Problem(403, "approver-kind-missing", "an erasure is asked for by an admin, or an approver of compliance")
    if mutation.runtime.part(Eraser).ring is None:
        raise Problem(503, "keyring-missing", NO_RING)
    command = RequestErasure(
        subject=SubjectId(subject), reason=body.reason, principal=PrincipalId(who.id), now=mutation.now
    )
    return await mutation.execute(command, f"context/subject/{subject}")


router.get("/subjects", name="list_subjects")(listing("context/subject"))


def erasure(at: At) -> object:
    return at.state._asdict()


READS = (
    StreamRead(
        path="/subjects/{subject}/erasure",
        stream=lambda params: f"context/subject/{params['subject']}",
        view=erasure,
        answers=dict[str, object],
        summary="One subject's erasure: who asked for it, and what was found",
    ),
)
