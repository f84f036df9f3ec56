"""The errors of routes as responses that operations reference."""

from typing import Any

from oneai.errors import BY_CODE
from openapi.error_schemas import example
from openapi.refusals import BY_ROUTE

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The request's id in our logs; equal to the envelope's `request_id`.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which a retry may succeed.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Limit": {"description": "Units of the quota's window.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "Units that remain in the window.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the next window.", "schema": {"type": "integer"}},
}


def responses(route: tuple[str, str]) -> dict[str, Any]:
    """The errors of a route by status, as references to `all_responses`."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(codes)}"}
        for status, codes in sorted(_by_status(BY_ROUTE[route]).items())
    }


def all_responses() -> dict[str, Any]:
    """The responses that these references name."""
    every = [each for route in BY_ROUTE for each in _by_status(BY_ROUTE[route]).items()]
    return {_name(codes): _response(status, codes) for status, codes in sorted(every)}


def table() -> str:
    """The closed list as a table for the document's description."""
    lines = [f"| `{kind.code}` | {kind.status} | {kind.sentence} |" for _, kind in sorted(BY_CODE.items())]
    return "\n".join(["| code | status | meaning |", "|---|---|---|", *lines])


def _by_status(codes: tuple[str, ...]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in sorted(codes):
        found.setdefault(BY_CODE[code].status, []).append(code)
    # API Gateway's answer if a function died or returned an invalid response.
    return found | {502: ["internal_error"]}


def _name(codes: list[str]) -> str:
    return "-or-".join(codes)


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if status in (409, 429, 503):
        names.append("Retry-After")
    if "quota_exceeded" in codes:
        names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    return {
        "description": " ".join(f"`{code}`: {BY_CODE[code].sentence}" for code in codes),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            "application/json": {
                # One schema for all, because narrowed ones make generators write a model for every status of every
                # route.
                "schema": {"$ref": "#/components/schemas/Refusal"},
                "examples": {code: {"value": example(code)} for code in codes},
            }
        },
        "x-codes": codes,
    }
