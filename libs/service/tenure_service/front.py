"""Which service is a request for? The prefix of its path says it."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Front:
    """What Starlette's `Mount`s do, without a regular expression, a copy of the parameters and two layers for each."""

    def __init__(self, services: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        """`services` by prefix; each finds its prefix in `root_path`."""
        self._services = [(f"{prefix}/", prefix, app) for prefix, app in services.items()]
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for begins, prefix, app in self._services:
                if scope["path"].startswith(begins):
                    await app({**scope, "root_path": prefix}, receive, send)
                    return
        await self._otherwise(scope, receive, send)
