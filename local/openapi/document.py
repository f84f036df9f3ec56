"""Puts the document together and writes it the same way every time."""

import json
from typing import Any

from fastapi import FastAPI

from local import template
from local.data_folder import REPOSITORY
from local.functions import load
from local.openapi import refusals, streaming
from oneai import __version__

COPIES = (REPOSITORY / "docs" / "openapi.json", REPOSITORY / "functions" / "health" / "openapi.json")

_DESCRIPTION = """\
Ask any model, watch the answer stream, and see what it took.

Every refusal is `{{"error": {{"code", "message", …}}, "request_id"}}`. The codes are this closed list:

{table}

`internal_error` is 502 where the function itself died. After `start` a stream's failure comes in an `error` event. A
path that is not here is 404 `not_found`, a method that is not here 405 `method_not_allowed`. What belongs to somebody
else is 404.
"""


def document() -> dict[str, Any]:
    """The document as a dictionary."""
    found = template.read(REPOSITORY / "template.yaml")
    paths = streaming.paths()
    schemas = {**refusals.SCHEMAS, **streaming.schemas()}
    for app in (getattr(load(function), "app", None) for function in found.functions):
        if isinstance(app, FastAPI):
            described = app.openapi()
            _name_operations(app, described)
            paths |= described["paths"]
            _merge(schemas, described["components"]["schemas"])
    for path, operations in paths.items():
        for method, operation in operations.items():
            _complete(operation, (method, path))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OneAI",
            "version": __version__,
            "description": _DESCRIPTION.format(table=refusals.table()),
        },
        "servers": [{"url": "/"}],
        "paths": {f"/{found.stage}{path}": paths[path] for path in sorted(paths)},
        "components": {
            "schemas": {name: schemas[name] for name in sorted(schemas)},
            "responses": refusals.all_responses(),
            "headers": refusals.HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of Supabase Auth.",
                }
            },
        },
    }


def written() -> str:
    """The document as the files have it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _name_operations(app: FastAPI, described: dict[str, Any]) -> None:
    """Operations are called as their functions are: FastAPI's own names repeat the path."""
    for route in app.routes:
        name = getattr(route, "name", "")
        for method, operation in described["paths"].get(getattr(route, "path", ""), {}).items():
            if method.upper() in getattr(route, "methods", ()):
                operation |= {"operationId": name, "summary": name.replace("_", " ").capitalize()}


def _merge(schemas: dict[str, Any], more: dict[str, Any]) -> None:
    for name, schema in more.items():
        if name in ("HTTPValidationError", "ValidationError"):
            continue  # FastAPI's own envelope, which ours replaces
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two functions mean different things by {name}")


def _complete(operation: dict[str, Any], route: tuple[str, str]) -> None:
    answers = {status: answer for status, answer in operation["responses"].items() if status != "422"}
    for answer in answers.values():
        answer["headers"] = {**answer.get("headers", {}), "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    operation["responses"] = answers | refusals.responses(route)
    if "unauthenticated" in refusals.BY_ROUTE[route]:
        operation["security"] = [{"bearer": []}]
