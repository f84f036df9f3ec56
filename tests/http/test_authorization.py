"""Every route, called by an anonymous client, a stranger, a user without it, its owner, an API key and an admin."""

import re
import time
from collections.abc import Callable
from typing import LiteralString
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests import effort
from tests.chatbots.made import public_id
from tests.chatbots.visitors import Website
from tests.http.ladder import Belongings, call, possess, refused, subscribe
from tests.http.rights import (
    ADMINS,
    BEGINS,
    BY_WORD,
    NOT_FOUND,
    OF_SOMEBODY,
    PERSONAL,
    PUBLIC,
    PUBLIC_STATUS,
    ROUTES,
    SCOPES,
    SILENT,
    SUPPORT,
    UNDONE,
    VISITORS,
    WITH_A_KEY,
    WITH_THE_LINK,
    WITHOUT_A_PICTURE,
    WITHOUT_A_ROOT,
    WITHOUT_A_SUBSCRIPTION,
    WITHOUT_AN_INVITATION,
)
from tests.world import World


async def test_every_route_is_covered_by_these_tests() -> None:
    assert set(OF_SOMEBODY) <= set(ROUTES)
    known = {path for _, path in {*OF_SOMEBODY, *ADMINS, *VISITORS}} | PUBLIC | WITH_THE_LINK | SILENT | BY_WORD
    assert {path for _, path in ROUTES if "{" in path} <= known


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_request_without_a_token_gets_401(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    refused(await call(shared, route, belongings, {}), 401, "unauthenticated")


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route not in PERSONAL and route not in VISITORS], ids=" ".join
)
async def test_a_public_route_needs_no_token(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    answer = await call(shared, route, belongings, {})

    assert answer.is_success or answer.status_code == PUBLIC_STATUS[route]
    assert answer.headers["x-request-id"]


INVALID_TOKENS: dict[str, Callable[[World], str]] = {
    "garbage": lambda _: "Bearer garbage",
    "nothing": lambda _: "Bearer",
    "password": lambda _: "Basic YXNoYTphc2hhLXBhc3N3b3Jk",
    "forged": lambda world: world.headers()["authorization"][:-9] + "AAAAAAAAA",
    "expired": lambda world: f"Bearer {world.signer.token(world.people['asha'], None, exp=int(time.time()) - 60)}",
    "anon-key": lambda world: f"Bearer {world.signer.token(world.people['asha'], None, role='anon')}",
    "another-project": lambda world: (
        f"Bearer {world.signer.token(world.people['asha'], None, iss='https://elsewhere.example')}"
    ),
}


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize(("route", "token"), effort.pairs(PERSONAL, list(INVALID_TOKENS)), ids=str)
async def test_an_invalid_or_expired_token_gets_401(
    route: tuple[str, str], token: str, shared: World, belongings: Belongings
) -> None:
    headers = {"authorization": INVALID_TOKENS[token](shared)}

    refused(await call(shared, route, belongings, headers), 401, "unauthenticated")


async def test_a_visitors_token_opens_no_route_of_the_team(shared: World, belongings: Belongings) -> None:
    website = Website(shared, belongings.chatbot, public_id(shared.database, belongings.chatbot))
    visitor = await website.visitor()
    assert (await website.get(visitor, "conversations")).status_code == 200

    for route in (route for route in PERSONAL if route[1].startswith(("/chatbots", "/exports/chatbots"))):
        refused(await call(shared, route, belongings, visitor), 401, "unauthenticated")


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", OF_SOMEBODY, ids=" ".join)
async def test_another_user_gets_404(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    answer = await call(shared, route, belongings, shared.headers("ravi"))

    refused(answer, 404, NOT_FOUND.get(route, "not_found"))


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", [route for route in OF_SOMEBODY if route not in BEGINS], ids=" ".join)
async def test_an_unknown_id_looks_the_same_as_one_of_another_user(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    nowhere = Belongings(str(uuid4()), str(uuid4()))

    theirs = await call(shared, route, belongings, shared.headers("ravi"))
    never = await call(shared, route, nowhere, shared.headers("ravi"))

    assert theirs.json()["error"] == never.json()["error"]


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_new_user_gets_an_empty_result(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    answer = await call(shared, route, belongings, shared.headers(shared.newcomer()))

    if route in ADMINS:
        refused(answer, 404, "not_found")
    else:
        has_nothing(answer, route, belongings)


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", [route for route in PERSONAL if route not in ADMINS], ids=" ".join)
async def test_an_admin_has_no_more_access_than_others_on_user_routes(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    who = shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, 'admin')", shared.people[who])

    has_nothing(await call(shared, route, belongings, shared.headers(who)), route, belongings)


def has_nothing(answer: httpx.Response, route: tuple[str, str], of_another: Belongings) -> None:
    """The answer to a user who has nothing yet, and asks about what another has."""
    if route in OF_SOMEBODY:
        refused(answer, 404, NOT_FOUND.get(route, "not_found"))
    elif refusal := (WITHOUT_A_SUBSCRIPTION | WITHOUT_A_PICTURE | WITHOUT_A_ROOT | WITHOUT_AN_INVITATION).get(route):
        refused(answer, *refusal)
    else:
        assert answer.is_success
        # The response repeats the ids of the request.
        rest = answer.text
        for named in (of_another.conversation, of_another.document):
            rest = rest.replace(f'{{"id":"{named}","status":"not_found"}}', "")
            assert named not in rest


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", [route for route in PERSONAL if route not in ADMINS], ids=" ".join)
async def test_the_owner_gets_200(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    who, has = "asha", belongings
    if route[0] != "GET":  # and may change what asha keeps
        who = shared.newcomer()
        has = await possess(shared, who)
        if route in WITHOUT_A_SUBSCRIPTION or route == ("POST", "/subscription/verify"):
            has.proof = await subscribe(shared, who)
    if (before := UNDONE.get(route)) is not None:
        assert (await shared.post(before, None, who)).is_success

    fields = {}
    if route[1].endswith("/move"):  # from the personal workspace to the chatbot's team, or back
        team = shared.database.one("select workspace_id from oneai.chatbots where id = %s", has.chatbot)
        fields["workspace_id"] = str(shared.people[who] if route[1].startswith("/chatbots") else team)
    answer = await call(shared, route, has, shared.headers(who), **fields)
    if refusal := WITHOUT_A_ROOT.get(route):
        refused(answer, *refusal)
        return

    assert answer.is_success
    assert answer.headers["x-request-id"]


@pytest_asyncio.fixture(scope="module")
async def with_key(shared: World) -> Belongings:
    """The belongings of a user with an API key with all scopes."""
    return await possess(shared, shared.newcomer())


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_an_api_key_opens_the_routes_of_its_scopes_alone(
    route: tuple[str, str], shared: World, with_key: Belongings
) -> None:
    # A document that another route has had read again is not ready.
    changed = route[0] == "DELETE" or route == ("POST", "/documents/{id}/summary")
    has = await possess(shared, shared.newcomer()) if changed else with_key

    answer = await call(shared, route, has, {"authorization": f"Bearer {has.secret}"})

    if route in WITH_A_KEY:
        assert answer.is_success
    else:
        refused(answer, 403, "insufficient_scope")


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", sorted(WITH_A_KEY), ids=" ".join)
async def test_an_api_key_without_the_scope_learns_which_one_it_lacks(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    key = (await shared.post("/user/api-keys", {"name": "Chat"})).json()

    answer = await call(shared, route, belongings, {"authorization": f"Bearer {key['secret']}"})

    refused(answer, 403, "insufficient_scope")
    assert answer.json()["error"]["scope"] in SCOPES[3:]


UNDONE_BY_ADMINS: tuple[LiteralString, ...] = (
    "update oneai.users set suspended_at = null, deletes_at = null where id = %s",
    "update oneai.suspensions set ended_at = oneai.now() where user_id = %s and ended_at is null",
    "delete from oneai.ended_sessions where user_id = %s",
)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", sorted(ADMINS), ids=" ".join)
@pytest.mark.parametrize("role", ["admin", "support"])
async def test_admins_act_and_support_reads(
    role: str, route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    who = shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, %s)", shared.people[who], role)

    answer = await call(shared, route, belongings, shared.headers(who))
    if answer.is_success:
        for undone in UNDONE_BY_ADMINS:
            shared.database.rows(undone, shared.people["ravi"])
        shared.database.rows("delete from oneai.maintenance_mode")

    if role == "support" and route not in SUPPORT:
        refused(answer, 404, "not_found")
        assert answer.json()["error"]["message"].startswith("Support has read access")
    elif route[1].startswith(("/admin/users", "/admin/model-sections")) or "{" not in route[1]:
        assert answer.is_success, answer.text
    else:  # there is no such payment, event, share …
        refused(answer, 404, "not_found")
        assert "Support" not in answer.json()["error"]["message"]


async def test_another_user_cannot_stop_an_answer(shared: World) -> None:
    async with shared.asking("Go on", "asha", model="local/slow") as stream:
        event = await stream.next()
        assert event is not None
        answer = event[1]["message_id"]
        refused(await shared.post("/chat/stop", {"message_id": answer}, "ravi"), 404, "not_found")
        assert await stream.next() is not None
        assert shared.database.one("select state from oneai.chat_messages where id = %s", answer) == "streaming"
        assert (await shared.post("/chat/stop", {"message_id": answer})).status_code == 202


async def test_a_question_can_be_neither_stopped_nor_resumed(shared: World) -> None:
    question = (await shared.ask("Hello")).start["user_message_id"]

    refused(await shared.post("/chat/stop", {"message_id": question}), 404, "not_found")
    refused(await shared.get(f"/chat/stream/{question}"), 404, "not_found")


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("path", ["/nowhere", "/chat", "/chat/stream/a/b", "/conversations/", "/quota", "/Health"])
async def test_an_unknown_path_gets_404(path: str, shared: World) -> None:
    refused(await shared.get(path), 404, "not_found")
    refused(await shared.get(path, None), 404, "not_found")


@pytest.mark.sampled(0.2)
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
async def test_an_unknown_method_gets_405(method: str, path: str, shared: World) -> None:
    there = {other for other, where in ROUTES if where == path}
    where = re.sub(r"\{[^}]*\}", lambda _: str(uuid4()), path)
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - there:
        refused(await shared.http.request(other, where, headers=shared.headers()), 405, "method_not_allowed")


async def test_request_ids_are_unique(shared: World) -> None:
    answers = [await shared.get("/health", None) for _ in range(5)]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 5
