"""What do a request's headers say?"""

from collections.abc import Mapping

from starlette.requests import HTTPConnection

KEPT = "tenure.headers"


def headers_of(request: HTTPConnection) -> Mapping[str, str]:
    """By lower-case name; of repeated ones the first. Kept with the request: Starlette goes through all for each."""
    found: Mapping[str, str] | None = request.scope.get(KEPT)
    if found is None:
        sent = reversed(request.scope["headers"])
        found = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
        request.scope[KEPT] = found
    return found
