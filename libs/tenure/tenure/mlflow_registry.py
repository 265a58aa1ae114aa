"""What does an MLflow tracking server have in its registry? Read over its REST API, page by page.

Source: mlflow 3.17.2, REST API 2.0.
"""

from collections.abc import AsyncIterator, Generator, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

API = "/api/2.0/mlflow"
PAGE = 100
MOST_PAGES = 10_000
IS_PROMPT = "mlflow.prompt.is_prompt"

Shape = TypeVar("Shape")


class MlflowUnreadable(Exception):
    """The MLflow server did not answer as one of 3.x does; the message has the address and what it said."""


class Tag(msgspec.Struct, frozen=True):
    key: str
    value: str = ""


class Alias(msgspec.Struct, frozen=True):
    alias: str
    version: str


class RegisteredModel(msgspec.Struct, frozen=True):
    name: str
    description: str = ""
    tags: tuple[Tag, ...] = ()
    aliases: tuple[Alias, ...] = ()

    @property
    def is_prompt(self) -> bool:
        """MLflow keeps prompts among the models."""
        return any(tag.key == IS_PROMPT and tag.value.lower() == "true" for tag in self.tags)


class ModelVersion(msgspec.Struct, frozen=True):
    name: str
    version: str
    source: str = ""
    run_id: str = ""
    description: str = ""
    tags: tuple[Tag, ...] = ()


class Metric(msgspec.Struct, frozen=True):
    """MLflow writes NaN and infinities as strings."""

    key: str
    value: float | str
    step: int = 0


class _Models(msgspec.Struct, frozen=True):
    registered_models: tuple[RegisteredModel, ...] = ()
    next_page_token: str = ""


class _Versions(msgspec.Struct, frozen=True):
    model_versions: tuple[ModelVersion, ...] = ()
    next_page_token: str = ""


class _Data(msgspec.Struct, frozen=True):
    metrics: tuple[Metric, ...] = ()


class _Run(msgspec.Struct, frozen=True):
    data: _Data = _Data()


class _RunAnswer(msgspec.Struct, frozen=True):
    run: _Run


class Bearer(httpx.Auth):
    """A token in the Authorization header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def tags_of(tags: tuple[Tag, ...]) -> dict[str, str]:
    return {tag.key: tag.value for tag in tags}


class MlflowRegistry:
    """Reads only. `http` has the server's address and whatever authorises its requests."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def models(self) -> AsyncIterator[RegisteredModel]:
        """By name, without prompts. Raises MlflowUnreadable."""
        token = ""
        for _ in range(MOST_PAGES):
            page = await self._get("registered-models/search", _Models, {"page_token": token})
            for model in page.registered_models:
                if not model.is_prompt:
                    yield model
            if not (token := page.next_page_token):
                return
        raise MlflowUnreadable(f"over {MOST_PAGES} pages of models")

    async def versions(self, model: str) -> AsyncIterator[ModelVersion]:
        """Oldest first. Raises MlflowUnreadable."""
        quote, token = '"' if "'" in model else "'", ""
        asked = {"filter": f"name={quote}{model}{quote}", "order_by": "version_number ASC"}
        for _ in range(MOST_PAGES):
            page = await self._get("model-versions/search", _Versions, {**asked, "page_token": token})
            for version in page.model_versions:
                yield version
            if not (token := page.next_page_token):
                return
        raise MlflowUnreadable(f"over {MOST_PAGES} pages of versions of {model}")

    async def metrics(self, run: str) -> tuple[Metric, ...]:
        """The last value of each, by name. Raises MlflowUnreadable."""
        answer = await self._get("runs/get", _RunAnswer, {"run_id": run})
        return tuple(sorted(answer.run.data.metrics, key=lambda metric: metric.key))

    async def _get(self, what: str, shape: type[Shape], query: Mapping[str, Any]) -> Shape:
        asked = {name: value for name, value in query.items() if value}
        if what.endswith("search"):
            asked["max_results"] = PAGE
        try:
            answer = await self._http.get(f"{API}/{what}", params=asked)
        except httpx.HTTPError as away:
            raise MlflowUnreadable(f"{self._http.base_url} {type(away).__name__}: {away}") from None
        if not answer.is_success:
            raise MlflowUnreadable(f"{what} answered {answer.status_code}: {answer.text[:200]}")
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError) as odd:
            raise MlflowUnreadable(f"{what} answered something else than MLflow does: {odd}") from None
