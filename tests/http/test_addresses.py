"""Functions refuse what is not below their prefixes, and log the route of what they answer."""

import json
from collections import Counter
from typing import Any

import pytest

from local import route_table, template
from local.answers import refusal_body
from local.data_folder import REPOSITORY
from oneai.errors import MethodNotAllowed, NotFound
from tests.canaries import CANARY
from tests.world import World

TALK = "00000000-0000-4000-8000-000000000000"
PROMISED = (REPOSITORY / "tests/http/promised_routes.txt").read_text().splitlines()


def test_the_routes_are_the_published_ones() -> None:
    found = route_table.read(template.read(REPOSITORY / "template.yaml"))

    routes = sorted(f"{route.method} {route.path}" for route in found)

    assert routes == sorted(PROMISED), "a new route is a new line of tests/http/promised_routes.txt; none is taken away"
    assert max(Counter(routes).values()) == 1


@pytest.mark.parametrize("who", [None, "asha"])
@pytest.mark.parametrize(
    "path",
    [
        *("/conversations/x/y/z", "/conversations/", "/documents/x/y", "/exports/x/y", "/import/x/y", "/uploads/x/y"),
        *("/shared/x/y/z", "/docs/x", "/quota/x", "/mail/x", "/user/x", "/user/usage/x", "/user/quota/x", "/auth/x"),
        *("/keys/x", "/admin/x", "/admin/users/x/y/z", "/subscription/x", "/subscription/plans/x/y", "/health/x"),
        *("/shares/x/y", "/collections/x/y", "/search/x", "/me/x", "/chat/models/x", "/unknown"),
    ],
)
async def test_an_unknown_path_is_refused_alike_below_and_beside_a_prefix(
    path: str, who: str | None, shared: World
) -> None:
    for method in ("GET", "POST", "DELETE"):
        # Neither a parameter nor a body, of any size, is looked at.
        where = f"{path}?bogus=1"
        answer = await shared.http.request(method, where, headers=shared.headers(who), content=b"x" * 1_100_000)

        assert answer.status_code == 404, (method, answer.text)
        assert answer.json() == refusal_body(NotFound(), answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/conversations", "DELETE, GET, OPTIONS, POST"),
        ("HEAD", "/conversations", "DELETE, GET, OPTIONS, POST"),
        ("POST", f"/conversations/{TALK}", "DELETE, GET, OPTIONS, PATCH"),
        ("GET", "/conversations/bulk", "OPTIONS, POST"),
        ("GET", "/documents/bulk", "OPTIONS, POST"),
        ("DELETE", "/documents/search", "GET, OPTIONS"),
        ("POST", "/shared/x", "GET, OPTIONS"),
        ("PUT", "/shared/x", "GET, OPTIONS"),
        ("GET", "/shared/x/report", "OPTIONS, POST"),
        ("HEAD", "/chat/models", "GET, OPTIONS"),
        ("PUT", "/docs/search", "GET, OPTIONS"),
        ("GET", "/chat/stream", "OPTIONS, POST"),
        ("POST", "/subscription/plans", "GET, OPTIONS"),
    ],
)
async def test_another_method_is_refused_with_the_allowed_ones(
    method: str, path: str, allowed: str, shared: World
) -> None:
    answer = await shared.http.request(method, path, headers=shared.headers())

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert answer.json() == refusal_body(MethodNotAllowed(), answer.headers["x-request-id"])


async def test_a_preflight_is_answered_at_every_path(shared: World) -> None:
    for path in ("/conversations", f"/conversations/{TALK}/messages", "/shared/x", "/admin/users", "/health"):
        answer = await shared.http.options(path, headers={"origin": "https://app.example.com"})

        assert (answer.status_code, answer.content) == (200, b"")
        assert "PATCH" in answer.headers["access-control-allow-methods"]


async def test_the_log_has_the_route_of_a_request_without_its_values(
    shared: World, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = [
        (f"/conversations/{TALK}/messages?limit=7", "GET /conversations/{id}/messages", 404),
        (f"/shared/{CANARY}", "GET /shared/{token}", 404),
        (f"/conversations/{TALK}/share", None, 405),
        (f"/conversations/x/{CANARY}", None, 404),
        ("/health", "GET /health", 200),
        ("/quota/status?limit=1", "GET /quota/status", 422),
    ]
    capfd.readouterr()

    answers = [await shared.http.get(path, headers=shared.headers()) for path, _, _ in asked]

    printed = capfd.readouterr().out
    logged = {line["request_id"]: line for line in lines(printed)}
    for (_, route, status), answer in zip(asked, answers, strict=True):
        line = logged[answer.headers["x-request-id"]]
        assert (line["route"], line["status"]) == (route, status)
    assert CANARY not in printed


def lines(printed: str) -> list[dict[str, Any]]:
    """The lines of requests."""
    found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [line for line in found if line.get("message") == "request"]
