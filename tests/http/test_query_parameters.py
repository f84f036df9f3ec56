"""Every route refuses query parameters that it does not know, but for those that others call with their own."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from oneai import settings
from oneai.chatbots import visitor
from oneai.errors import InvalidRequest
from oneai.http.unknown_parameters import refuse_unknown
from openapi import FILE
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

PATHS: dict[str, Any] = json.loads(FILE.read_text())["paths"]
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = sorted((method, path) for path, of in PATHS.items() for method in METHODS if method in of)
OPEN = re.compile(r"/v1/|/health|/mail/unsubscribe$|/mail/confirm$|/webhooks/")


def is_open(method: str, path: str) -> bool:
    """Whether others call it with parameters of their own."""
    return bool(OPEN.search(path)) or (method, path.removeprefix("/api")) == ("get", "/auth/callback")


def is_closed(method: str, path: str) -> bool:
    """Whether a request needs a token or a key of a user. A visitor's is read after the parameters."""
    security: list[dict[str, Any]] = PATHS[path][method].get("security", [])
    return {"bearer": []} in security and {} not in security


def parameters(method: str, path: str) -> set[str]:
    """The query parameters that the document has of an operation."""
    return {each["name"] for each in PATHS[path][method].get("parameters", []) if each["in"] == "query"}


async def send(world: World, method: str, path: str, query: str) -> Any:
    """A request to an operation with this query."""
    name = str(uuid4())
    address = re.sub(r"{\w+}", name, path).removeprefix("/api")
    body: dict[str, str] | None = None if method == "get" else {}
    headers = world.headers("asha")
    if "/widget/" in path:
        token, _ = visitor.token(visitor.by_handle(name, visitor.new_handle()))
        headers = {"authorization": f"Bearer {token}"}
    return await world.http.request(method, f"{address}?{query}", json=body, headers=headers)


async def test_every_route_names_an_unknown_parameter(shared: World) -> None:
    strict = [each for each in OPERATIONS if not is_open(*each)]
    assert len(strict) > 150
    for method, path in strict:
        answer = await send(shared, method, path, "botId=1")
        assert answer.status_code == 422, (method, path, answer.status_code, answer.text[:200])
        error = answer.json()["error"]
        assert [(each["field"], each["code"]) for each in error["details"]] == [("botId", "unknown_parameter")]
        known = parameters(method, path)
        wanted = f"Known parameters: {', '.join(sorted(known))}." if known else "This address has no parameters."
        assert error["details"][0]["message"] == f"There is no such parameter. {wanted}", (method, path)


async def test_no_parameter_with_a_nul_breaks_a_route(shared: World) -> None:
    """Postgres cannot store U+0000. Each text of a query alone, and each path with it in place of its parameters."""

    async def sent(method: str, path: str, query: str = "") -> None:
        address = re.sub(r"{\w+}", "%00", path).removeprefix("/api")
        body: dict[str, str] | None = None if method == "get" else {"confirm": "\0"}
        answer = await shared.http.request(method, f"{address}?{query}", json=body, headers=shared.headers("asha"))
        assert answer.status_code < 500, (method, path, query, answer.text[:200])

    for method, path in OPERATIONS:
        texts = {
            each["name"]
            for each in PATHS[path][method].get("parameters", [])
            if each["in"] == "query" and "string" in json.dumps(each["schema"]) and "format" not in json.dumps(each)
        }
        if "{" in path or "delete" in method:
            await sent(method, path)
        for name in texts if method == "get" else ():
            await sent(method, path, f"{name}=%00")
    for path in ("", "/audit", "/transfer"):
        answer = await shared.get(f"/workspaces/%00{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "workspace_not_found"), path


async def test_routes_called_by_others_accept_any_parameter(shared: World) -> None:
    for method, path in (each for each in OPERATIONS if is_open(*each)):
        answer = await send(shared, method, path, "utm_source=mail")
        assert "unknown_parameter" not in answer.text, (method, path)


async def test_a_known_parameter_is_accepted(shared: World) -> None:
    for method, path in OPERATIONS:
        for name in parameters(method, path):
            answer = await send(shared, method, path, f"{name}=1")
            assert "unknown_parameter" not in answer.text, (method, path, name)


async def test_filters_by_chatbot_and_use_case_have_names_in_camel_case_too(shared: World) -> None:
    refused = [await shared.get("/chatbots", useCase="1"), await shared.get("/documents", chatbotId="1")]
    fields = [(answer.status_code, answer.json()["error"]["details"][0]["field"]) for answer in refused]
    assert fields == [(422, "use_case"), (422, "chatbot_id")]
    assert (await shared.get("/chatbots", useCase="faq", search="é &", status="draft")).status_code == 200
    elsewhere = await shared.get("/conversations", useCase="faq")
    assert elsewhere.json()["error"]["details"][0]["code"] == "unknown_parameter"


@pytest.mark.parametrize(
    "query", ["Limit=1", "limit%20=1", "limit[]=1", "LIMIT=1", "limitt=1&limit=1", "=1", "%EF%BB%BFlimit=1"]
)
async def test_a_misspelled_parameter_is_refused(shared: World, query: str) -> None:
    answer = await shared.http.get(f"/conversations?{query}", headers=shared.headers("asha"))
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["code"] == "unknown_parameter"


async def test_the_stream_names_an_unknown_parameter_too(shared: World) -> None:
    answer = await shared.http.post("/chat/stream?model=x", json={"message": "hi"}, headers=shared.headers("asha"))
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "model: There is no such parameter. This address has no parameters."


@pytest.mark.parametrize(
    ("method", "path", "rate"),
    [
        ("GET", "/conversations", "other"),
        ("GET", "/documents", "other"),
        ("GET", "/search", "search"),
        ("POST", "/chat/stream", "asking"),
    ],
)
async def test_an_unknown_parameter_consumes_the_rate_of_the_user(
    own_world: World, monkeypatch: pytest.MonkeyPatch, method: str, path: str, rate: str
) -> None:
    monkeypatch.setenv("RATE_LIMITS", f"{rate}=1/3,public=1/1")
    settings.reset_cache()
    headers = own_world.headers("asha")
    statuses = [
        (await own_world.http.request(method, f"{path}?bogus=1", headers=headers)).status_code for _ in range(5)
    ]

    assert statuses == [422, 422, 422, 429, 429]


async def test_an_unknown_parameter_of_a_public_route_consumes_the_address_rate(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMITS", "public=1/3")
    settings.reset_cache()
    statuses = [(await own_world.http.get("/status?bogus=1")).status_code for _ in range(5)]

    assert statuses == [422, 422, 422, 429, 429]


async def test_a_request_without_a_token_is_refused_before_its_parameters(shared: World) -> None:
    closed = [(method, path) for method, path in OPERATIONS if not is_open(method, path) and is_closed(method, path)]
    assert len(closed) > 130
    for method, path in closed:
        address = re.sub(r"{\w+}", lambda _: str(uuid4()), path).removeprefix("/api")
        answer = await shared.http.request(method, f"{address}?bogus=1")
        assert answer.status_code == 401, (method, path, answer.text[:200])


def test_a_refusal_is_short_and_never_repeats_a_value() -> None:
    with pytest.raises(InvalidRequest) as refused:
        refuse_unknown([f"{'x' * 500}{number}" for number in range(500)], {"limit"})
    details = refused.value.extra["details"]
    assert len(details) == 20
    assert max(len(each["field"]) for each in details) == 100
