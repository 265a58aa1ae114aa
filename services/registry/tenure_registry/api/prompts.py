"""Prompts: revisions that never change."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import At, Body, Name, ReceiptBody, StreamRead, Text

from tenure_registry.api.common import Engineer, by, digest_of
from tenure_registry.names import PromptName
from tenure_registry.prompt.decider import PublishPrompt
from tenure_registry.prompt.events import PromptPublished
from tenure_registry.streams import prompt_stream

router = APIRouter()
MAX_PROMPT = 200_000


class NewPrompt(Body):
    prompt: Name
    text: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)]
    variables: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    description: Text = ""


@router.post("/prompts", status_code=201, response_model=ReceiptBody)
async def publish_prompt(body: NewPrompt, mutation: Engineer) -> Response:
    """The next revision; the same text again is the same revision."""
    command = PublishPrompt(
        prompt=PromptName(body.prompt),
        text=body.text,
        digest=digest_of(body.text.encode()),
        variables=body.variables,
        description=body.description,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, prompt_stream(body.prompt))


def newest(at: At) -> PromptPublished | None:
    found: PromptPublished | None = at.state.newest
    return found


def one_revision(at: At) -> PromptPublished | None:
    number = at.params["revision"]
    return at.state.revisions.get(int(number)) if number.isascii() and number.isdigit() else None


READS = (
    StreamRead(
        path="/prompts/{prompt}",
        stream=lambda params: prompt_stream(params["prompt"]),
        view=newest,
        answers=PromptPublished,
        summary="A prompt's newest revision",
    ),
    StreamRead(
        path="/prompts/{prompt}/revisions/{revision}",
        stream=lambda params: prompt_stream(params["prompt"]),
        view=one_revision,
        answers=PromptPublished,
        summary="One revision of a prompt",
    ),
)
