"""Assembles the document, deterministically."""

import json
from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from local import template
from local.data_folder import REPOSITORY
from local.functions import load
from oneai import __version__
from openapi import (
    error_schemas,
    examples,
    openai_api,
    previews,
    refusal_responses,
    refusals,
    schemas,
    streaming,
    ui_stream,
    widget,
    workspaces,
)

FILE = REPOSITORY / "docs" / "openapi.json"

_DESCRIPTION = """\
Ask any model, stream the answer, and see its usage.

Times are ISO-8601 in UTC. Costs are whole micro-dollars (millionths of a US dollar); prices and payments are whole
paise or cents. Lists come in pages of `items` with a `next_cursor`.

Every refusal is `{{"error": {{"code", "message", …}}, "request_id"}}`. The codes are this closed list:

{table}

`internal_error` is 502 if the function itself died. After `start`, a failure of a stream is an `error` event. An
unknown path is 404 `not_found`, an unknown method 405 `method_not_allowed`. Objects of other users are 404.
"""

TAGS = {
    "Chat": "Ask a question, stream the answer, resume it, stop it.",
    "Models": "The available models. Public.",
    openai_api.TAG: openai_api.ABOUT,
    "Conversations": "Conversations as a whole.",
    "Messages": "Messages, their versions, and searching them.",
    "Sharing": "Links that show a conversation to anyone who has them.",
    "Prompts": "Texts that users save to ask again.",
    "Documents": "Files that users store to ask about, and their collections.",
    "Files": "Files that are attached to a question or imported.",
    "Export and import": "Conversations as files.",
    "Quota": "The rest of the plan's quotas, and quotes of questions.",
    "Usage": "Usage and cost.",
    "Plans": "Plans and prices. Public.",
    "Subscription": "Subscribing, changing and cancelling.",
    "Invoices": "Billing details, invoices and credit notes.",
    "Credits": "Money paid ahead, and the ledger of its movements.",
    "Sign-in": "Signing in through the API, and sessions.",
    "Account": "The user's profile and preferences, and the export and deletion of all data.",
    "Workspaces": "Teams: what they are called, who works in them, and invitations.",
    "Chatbots": "A model and a team's documents, for visitors of its websites: drafts and what is published.",
    widget.TAG: widget.ABOUT,
    "Inbox": "Visitors' conversations with all chatbots of a workspace, as its team reads and answers them.",
    "API keys": "Credentials of programs, with scopes, budgets and limits.",
    "Provider keys": "Keys of a workspace for model providers, with limits.",
    "Mail": "Unsubscribing from emails with the link in them.",
    "Admin": "Data for admins and support, and actions of admins. For everyone else these routes do not exist.",
    "Documentation": "Searching the guide and this reference. Public.",
    "Service": "For monitors and developers. Public.",
}


def document() -> dict[str, Any]:
    """The document as a dictionary."""
    found = template.read(REPOSITORY / "template.yaml")
    paths = streaming.paths() | previews.paths() | ui_stream.paths() | widget.paths()
    parts = {**error_schemas.SCHEMAS, **streaming.schemas()}
    _merge(parts, previews.schemas())
    _merge(parts, ui_stream.schemas())
    _merge(parts, widget.schemas())
    loaded = [getattr(load(function), "app", None) for function in found.functions]
    apps = [app for app in loaded if isinstance(app, FastAPI)]
    for app in apps:
        # FastAPI keeps the dictionary that it returns, and what follows changes it.
        described = deepcopy(app.openapi())
        _name_operations(app, described)
        paths |= described["paths"]
        _merge(parts, described["components"]["schemas"])
    rights = workspaces.rights(apps)
    for path, operations in paths.items():
        for method, operation in operations.items():
            _complete(operation, (method, path))
            if (method, path) in rights:
                workspaces.add(operation, rights[method, path])
    answers = refusal_responses.all_responses()
    operations = [operation for methods in paths.values() for operation in methods.values()]
    paths |= openai_api.paths()
    parts = openai_api.SCHEMAS | schemas.finished(
        parts,
        bodies=schemas.named([operation.get("requestBody") for operation in operations]),
        responses=schemas.named([answers, *(operation["responses"] for operation in operations)]),
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OneAI",
            "version": __version__,
            "description": _DESCRIPTION.format(table=refusal_responses.table()),
        },
        "servers": [{"url": "/", "description": "The host that served this document."}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": {f"/{found.stage}{path}": paths[path] for path in sorted(paths)},
        "components": {
            "schemas": {name: parts[name] for name in sorted(parts)},
            "responses": answers,
            "headers": refusal_responses.HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of Supabase Auth, or an API key where its scope is accepted.",
                },
                "visitor": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a visitor's session with one chatbot.",
                },
            },
        },
    }


def written() -> str:
    """The document as text, as in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _name_operations(app: FastAPI, described: dict[str, Any]) -> None:
    """Names operations after their functions: FastAPI's own names repeat the path."""
    for route in app.routes:
        for method, operation in described["paths"].get(getattr(route, "path", ""), {}).items():
            if method.upper() in getattr(route, "methods", ()):
                operation["operationId"] = getattr(route, "operation_id", None) or getattr(route, "name", "")


def _merge(parts: dict[str, Any], more: dict[str, Any]) -> None:
    for name, schema in more.items():
        if name in ("HTTPValidationError", "ValidationError"):
            continue  # FastAPI's own error schema, which ours replaces
        if parts.setdefault(name, schema) != schema:
            raise ValueError(f"two functions define {name} differently")


def _complete(operation: dict[str, Any], route: tuple[str, str]) -> None:
    answers = {status: answer for status, answer in operation["responses"].items() if status != "422"}
    for answer in answers.values():
        answer["headers"] = {**answer.get("headers", {}), "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
        if answer["description"] == "Successful Response":
            answer["description"] = "The result." if answer.get("content") else "Success, without a body."
    for parameter in operation.get("parameters", []):
        schemas.parameter(parameter)
    examples.add(operation.get("requestBody", {}), *answers.values())
    operation["responses"] = answers | refusal_responses.responses(route)
    signed_in: list[dict[str, list[str]]] = [{"bearer": []}] if "account_deleting" in refusals.BY_ROUTE[route] else []
    if route in refusals.OF_VISITORS:
        signed_in = [{"visitor": []}]
    operation["security"] = [{}, *signed_in] if route in refusals.SIGN_IN_OPTIONAL else signed_in
