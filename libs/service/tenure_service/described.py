"""What does the OpenAPI document say of every operation alike: its headers, and how it says no?"""

from typing import Any

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457; `type` is stable, and members beside these are the rule's facts",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:tenure:problem:"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
REFUSALS = {
    400: "The request can't be read",
    401: "No valid token",
    403: "The token does not give that right",
    404: "There is no such thing",
    422: "A field is wrong, and which",
    429: "Too many requests of this principal",
    431: "The headers are too large",
    503: "Not now: ask again, a command under the same key",
}
OF_COMMANDS = {
    409: "A rule says no, or others won the race",
    412: "The stream is not at the sequence that If-Match names; `winner` is where it is",
    413: "The body is too large",
}
HEADERS_OF_COMMANDS = (
    ("Idempotency-Key", True, "names the command: asked again with the same key it is done once", r"^[!-~]{1,200}$"),
    (
        "If-Match",
        False,
        "the sequence that the stream must be at",
        r'^("[0-9]{1,18}"|[0-9]{1,18})$',
    ),
    ("Tenure-Correlation-Id", False, "one id for all that belongs together", r"^[!-~]{1,200}$"),
)


def describe_alike(document: dict[str, Any]) -> None:
    """Adds them to each operation; again is as once."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which nothing here answers with
        schemas.pop(name, None)
    for path in document["paths"].values():
        for method, operation in path.items():
            if operation.get("security") != [] or method != "get":  # what everyone may read refuses nobody
                _describe(method, operation)


def _describe(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    refusals = dict(REFUSALS)
    if method == "get":
        responses["304"] = {"description": "The caller has it already, as If-None-Match says"}
    else:
        refusals |= OF_COMMANDS
    if "201" in responses:
        responses["200"] = {**responses["201"], "description": "It was so already"}
        known = {parameter["name"] for parameter in operation.setdefault("parameters", [])}
        operation["parameters"] += [one for one in map(_header, HEADERS_OF_COMMANDS) if one["name"] not in known]
    for status, description in refusals.items():
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(status)] = {"description": description, "content": content}


def _header(header: tuple[str, bool, str, str]) -> dict[str, Any]:
    name, required, description, pattern = header
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}
