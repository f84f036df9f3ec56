"""Events to try functions with: those of `events/`, and one of every route, at either address of the API."""

import json
from functools import cache
from typing import Any

from local import route_table, template
from local.path_patterns import Routes
from local.route_table import ServedRoute
from local.sample_event import ACCESS_TOKEN, event_of
from tests.deploy.artefacts import folder
from tests.deploy.transformed import REPOSITORY, routes

type Event = dict[str, Any]


def committed(name: str) -> dict[str, Event]:
    """A function's events in `events/`, by folder and file."""
    files = sorted((REPOSITORY / "events" / folder(name)).glob("*.json"))
    return {f"{folder(name)}/{file.stem}": json.loads(file.read_text()) for file in files}


def of_routes(name: str) -> list[Event]:
    """An event of each of a function's routes, as at the API's own address."""
    return [event_of(*callable_route(method, path)) for method, path, owner in routes() if owner == name]


def callable_route(method: str, path: str) -> tuple[str, str]:
    """A route as it may be called; the one that takes every method and path stands for OpenAI's endpoints."""
    return ("POST", "/v1/chat/completions") if method == "ANY" else (method, path)


def route(event: Event) -> str:
    """The route of an event: `POST /chat/stream`."""
    methods, _ = _patterns().find(event["path"].removeprefix("/api")) or ({}, {})
    return f"{event['httpMethod']} {next(iter(methods.values())).path}"


@cache
def _patterns() -> Routes[ServedRoute]:
    return Routes(route_table.read(template.read(REPOSITORY / "template.yaml")))


def signed_in(event: Event, token: str) -> Event:
    """The event as a user with this token sends it."""
    filled: Event = json.loads(json.dumps(event).replace(ACCESS_TOKEN, token))
    return filled


def on_own_domain(event: Event) -> Event:
    """The same request by way of a custom domain, whose mapping `api` stays in the path."""
    host = "app.example.com"
    name = next(name for name in event["headers"] if name.lower() == "host")
    return event | {
        "path": f"/api{event['path']}",
        "headers": event["headers"] | {name: host},
        "multiValueHeaders": event["multiValueHeaders"] | {name: [host]},
        "requestContext": event["requestContext"] | {"domainName": host, "domainPrefix": "app"},
    }
