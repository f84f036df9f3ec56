"""Every route, called by an anonymous client, a stranger, a user without it and its owner."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from local import template
from local.data_folder import REPOSITORY
from tests.billing.documents.issuing import ASHA, issue
from tests.billing.subscriptions.subscribing import create_checkout, save_billing_details
from tests.world import World

PUBLIC = {
    *("/health", "/health/ready", "/openapi.json", "/shared/{token}", "/shared/{token}/report", "/mail/unsubscribe"),
    *("/subscription/plans", "/subscription/plans/{id}", "/chat/models", "/keys/report"),
}
# The same for all who have no token: any cache may store it.
CACHEABLE = {"/openapi.json", "/subscription/plans", "/subscription/plans/{id}", "/chat/models"}
# Public by themselves, beside a route of the same path that is not.
SIGNING_IN = {
    ("GET", "/auth/callback"),
    ("POST", "/auth/callback"),
    ("POST", "/auth/session"),
    ("POST", "/auth/verify"),
}
# Those of OpenAI's clients, which one route leads to, have errors of their own: tests/openai_api.
ROUTES = [
    (route.method, route.path) for route in template.read(REPOSITORY / "template.yaml").routes if route.method != "ANY"
]
OF_SOMEBODY = [
    ("POST", "/chat/stream"),
    ("POST", "/chat/stop"),
    ("POST", "/quota/quote"),
    ("GET", "/chat/stream/{message_id}"),
    ("GET", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}"),
    ("DELETE", "/conversations/{id}"),
    ("PUT", "/conversations/{id}/title"),
    ("GET", "/conversations/{id}/messages"),
    ("PATCH", "/conversations/{id}/messages/{mid}"),
    ("GET", "/conversations/{id}/messages/{mid}/revisions"),
    ("GET", "/conversations/{id}/messages/{mid}/receipt"),
    ("POST", "/conversations/{id}/messages/{mid}/activation"),
    ("PUT", "/conversations/{id}/messages/{mid}/feedback"),
    ("POST", "/conversations/{id}/share"),
    ("GET", "/conversations/{id}/shares"),
    ("DELETE", "/shares/{id}"),
    ("GET", "/conversations/{id}/export"),
    ("GET", "/exports/{id}"),
    ("POST", "/import"),
    ("GET", "/import/{id}"),
    ("GET", "/subscription/invoice/{id}"),
    ("GET", "/subscription/invoice/{id}/pdf"),
    ("POST", "/subscription/verify"),
    ("PATCH", "/user/api-keys/{id}"),
    ("DELETE", "/user/api-keys/{id}"),
    ("POST", "/user/api-keys/{id}/rotate"),
    ("GET", "/user/api-keys/{id}/usage"),
    ("DELETE", "/auth/sessions/{id}"),
]
# What an API key with all scopes may do.
WITH_A_KEY = {
    ("GET", "/chat/history"),
    ("GET", "/search"),
    ("GET", "/conversations"),
    ("POST", "/conversations"),
    ("DELETE", "/conversations"),
    ("POST", "/conversations/bulk"),
    ("GET", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}"),
    ("DELETE", "/conversations/{id}"),
    ("PUT", "/conversations/{id}/title"),
    ("GET", "/conversations/{id}/messages"),
    ("PATCH", "/conversations/{id}/messages/{mid}"),
    ("GET", "/conversations/{id}/messages/{mid}/revisions"),
    ("GET", "/conversations/{id}/messages/{mid}/receipt"),
    ("POST", "/conversations/{id}/messages/{mid}/activation"),
    ("PUT", "/conversations/{id}/messages/{mid}/feedback"),
    ("GET", "/user/usage"),
    ("GET", "/user/usage/export"),
    ("GET", "/user/usage/forecast"),
}
SCOPES = ["chat", "models", "embeddings", "usage:read", "conversations:read", "conversations:write"]
# To everyone but admins they are not there.
ADMINS = {("POST", "/admin/users/{id}/suspend"), ("POST", "/admin/users/{id}/unsuspend")}
# The answers of public routes that do more than answer.
PUBLIC_STATUS = {("GET", "/auth/callback"): 302, ("POST", "/auth/callback"): 422, ("POST", "/auth/session"): 401}
# The error for a user who has nothing yet that it could be done to.
WITHOUT_A_SUBSCRIPTION = {
    ("POST", "/subscription/create"): (422, "billing_details_required"),
    **{
        (method, f"/subscription/{what}"): (409, "subscription_not_changeable")
        for method, what in [
            *[("POST", what) for what in ("cancel", "cancel/undo", "update", "pause", "resume")],
            ("GET", "portal"),
        ]
    },
}
# What has to be done first for there to be something to undo.
UNDONE = {
    ("POST", "/subscription/cancel/undo"): "/subscription/cancel",
    ("POST", "/subscription/resume"): "/subscription/pause",
}
# What a user may still do while their account is suspended, or is being deleted.
WHILE_SUSPENDED = {
    ("GET", "/subscription"),
    ("POST", "/subscription/cancel"),
    ("GET", "/subscription/invoice"),
    ("GET", "/subscription/invoice/{id}"),
    ("GET", "/subscription/invoice/{id}/pdf"),
    ("GET", "/exports/{id}"),
    ("POST", "/user/data-export"),
    ("DELETE", "/user"),
    ("POST", "/auth/sign-out"),
}
WHILE_DELETING = WHILE_SUSPENDED - {
    ("GET", "/subscription"),
    ("POST", "/subscription/cancel"),
    ("DELETE", "/user"),
} | {("POST", "/user/restore"), ("GET", "/me")}
# Not the owner's alone: any signed-in user who has the link.
WITH_THE_LINK = {"/shared/{token}/fork"}
PERSONAL = [route for route in ROUTES if route[1] not in PUBLIC and route not in SIGNING_IN]

type Call = Callable[..., Awaitable[httpx.Response]]


@dataclass
class Belongings:
    """What a user has: a conversation with an answer, a link to it, an export, an upload, its import, an invoice, an
    API key and its secret, another session, and what the checkout of a subscription handed over."""

    conversation: str
    answer: str
    share: str = field(default_factory=lambda: str(uuid4()))
    token: str = "never-given-out"
    export: str = field(default_factory=lambda: str(uuid4()))
    upload: str = field(default_factory=lambda: str(uuid4()))
    imported: str = field(default_factory=lambda: str(uuid4()))
    invoice: str = field(default_factory=lambda: str(uuid4()))
    api_key: str = field(default_factory=lambda: str(uuid4()))
    secret: str = "oneai_sk_never"
    session: str = field(default_factory=lambda: str(uuid4()))
    proof: dict[str, str] = field(
        default_factory=lambda: {
            "razorpay_payment_id": "pay_never",
            "razorpay_subscription_id": "sub_never",
            "razorpay_signature": "never",
        }
    )


async def possess(world: World, who: str) -> Belongings:
    """`who` has asked something and shared it."""
    start = (await world.ask("Hello", who)).start
    link = (await world.post(f"/conversations/{start['conversation_id']}/share", {"kind": "live"}, who)).json()
    export = (await world.post("/exports", None, who)).json()["export_id"]
    file = {"name": "conversations.json", "type": "application/json", "size": 1000}
    upload = (await world.post("/uploads", file, who)).json()["upload_id"]
    imported = (await world.post("/import", {"upload_id": upload}, who)).json()["import_id"]
    invoice = str(issue(world.database, world.people[who]))
    key = (await world.post("/user/api-keys", {"name": "All", "scopes": SCOPES}, who)).json()
    session = str(
        world.database.one(
            "insert into auth.sessions (id, user_id, created_at, updated_at) "
            "values (gen_random_uuid(), %s, now(), now()) returning id",
            world.people[who],
        )
    )
    return Belongings(
        *(start["conversation_id"], start["message_id"], link["id"], link["token"], export, upload, imported, invoice),
        *(key["id"], key["secret"], session),
    )


async def subscribe(world: World, who: str) -> dict[str, str]:
    """`who` has paid for a plan, and has the proof of it."""
    await save_billing_details(world, who)
    proof = await world.check_out((await create_checkout(world, who)).json()["short_url"])
    assert (await world.post("/subscription/verify", proof, who)).is_success
    return proof


@pytest_asyncio.fixture(scope="module")
async def belongings(shared: World) -> Belongings:
    """What asha has, and keeps: no caller in this module may change it."""
    has = await possess(shared, "asha")
    has.proof = await subscribe(shared, "asha")
    return has


def a_letter(world: World) -> str:
    """Mails a new user; the token in the mail."""
    token = uuid4().hex
    world.database.rows(
        "insert into oneai.outbox (user_id, kind, cause_key, data, state, unsubscribe_hash) "
        "values (%s, 'welcome', %s, '{}', 'sent', sha256(%s::bytea))",
        world.people[world.newcomer()],
        token,
        token,
    )
    return token


async def call(
    world: World, route: tuple[str, str], has: Belongings, headers: dict[str, str], **fields: Any
) -> httpx.Response:
    """Calls a route as its own client would, about what a user has."""
    method, path = route
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/chat/stream"): {"message": "Hello again", "conversation_id": has.conversation},
        ("POST", "/chat/stop"): {"message_id": has.answer},
        ("POST", "/quota/quote"): {"message": "Hello again", "conversation_id": has.conversation},
        ("POST", "/conversations"): {"title": "Plans"},
        ("POST", "/conversations/bulk"): {"ids": [has.conversation], "action": "archive"},
        ("PATCH", "/conversations/{id}"): {"pinned": True},
        ("PUT", "/conversations/{id}/title"): {"title": "Plans"},
        ("PATCH", "/conversations/{id}/messages/{mid}"): {"content": "Put right"},
        ("PUT", "/conversations/{id}/messages/{mid}/feedback"): {"rating": 1},
        ("POST", "/uploads"): {"name": "cat.png", "type": "image/png", "size": 1000},
        ("POST", "/import"): {"upload_id": has.upload},
        ("POST", "/conversations/{id}/share"): {"kind": "snapshot"},
        ("POST", "/shared/{token}/report"): {"reason": "It shows my address."},
        ("POST", "/quota/check"): {"quota_key": "small_messages"},
        ("POST", "/user/api-keys"): {"name": "Nightly report"},
        ("PATCH", "/user/api-keys/{id}"): {"name": "Hourly report"},
        ("POST", "/user/api-keys/{id}/rotate"): {"overlap_seconds": 60},
        ("POST", "/keys/report"): ["oneai_sk_never"],
        ("PATCH", "/user/preferences"): {"notifications": {"summary": False}},
        ("PATCH", "/user/profile"): {"name": "Asha Rao"},
        ("POST", "/auth/callback"): {"code": "none-such", "code_verifier": "v" * 43},
        ("POST", "/auth/session"): {"refresh_token": "none-such"},
        ("POST", "/auth/verify"): {"token": "none-such"},
        ("POST", "/admin/users/{id}/suspend"): {"reason": "Fraud"},
        ("POST", "/admin/users/{id}/unsuspend"): {"reason": "No fraud"},
        ("PUT", "/subscription/billing-details"): ASHA,
        ("POST", "/subscription/create"): {"plan_id": "pro", "period": "yearly"},
        ("POST", "/subscription/verify"): has.proof,
        ("POST", "/subscription/cancel"): {"at_period_end": True},
        ("POST", "/subscription/update"): {"plan_id": "pro", "period": "yearly", "when": "now"},
    }
    begins = {
        "shares": has.share,
        "exports": has.export,
        "import": has.imported,
        "subscription": has.invoice,
        "user": has.api_key,
        "auth": has.session,
        "admin": str(world.people["ravi"]),
    }
    of = "pro" if path == "/subscription/plans/{id}" else begins.get(path.split("/")[1], has.conversation)
    where = path.format(message_id=has.answer, mid=has.answer, id=of, token=has.token)
    # asha's question: no other user finds it.
    where += "?q=hello" if path == "/search" else ""
    where += "?preview=1" if route == ("DELETE", "/user") else ""
    if route == ("POST", "/mail/unsubscribe"):
        where += f"?token={a_letter(world)}"
    body = bodies.get(route)
    if isinstance(body, dict):
        body = {**body, **fields}
    answer = await world.http.request(method, where, json=body, headers=headers)
    if path not in CACHEABLE or not answer.is_success:
        stays_with_its_reader(answer)
    return answer


def stays_with_its_reader(answer: httpx.Response) -> None:
    """No cache on the way stores it, and no browser takes it for what it does not say it is."""
    assert answer.headers["cache-control"].split(", ")[0] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """The envelope, with the request id of the header."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()) == {"error", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    stays_with_its_reader(answer)


async def test_every_route_stands_on_the_ladder() -> None:
    assert set(OF_SOMEBODY) <= set(ROUTES)
    known = {path for _, path in {*OF_SOMEBODY, *ADMINS}} | PUBLIC | WITH_THE_LINK
    assert {path for _, path in ROUTES if "{" in path} <= known


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_nobody_is_asked_to_sign_in(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    refused(await call(shared, route, belongings, {}), 401, "unauthenticated")


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in PERSONAL], ids=" ".join)
async def test_what_is_public_needs_nobody(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    answer = await call(shared, route, belongings, {})

    assert answer.is_success or answer.status_code == PUBLIC_STATUS[route]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
@pytest.mark.parametrize(
    "token",
    [
        lambda _: "Bearer garbage",
        lambda _: "Bearer",
        lambda _: "Basic YXNoYTphc2hhLXBhc3N3b3Jk",
        lambda world: world.headers()["authorization"][:-9] + "AAAAAAAAA",
        lambda world: f"Bearer {world.signer.token(world.people['asha'], None, exp=int(time.time()) - 60)}",
        lambda world: f"Bearer {world.signer.token(world.people['asha'], None, role='anon')}",
        lambda world: f"Bearer {world.signer.token(world.people['asha'], None, iss='https://elsewhere.example')}",
    ],
    ids=["garbage", "nothing", "password", "forged", "expired", "anon-key", "another-project"],
)
async def test_a_token_that_is_none_or_no_longer_opens_nothing(
    route: tuple[str, str], token: Callable[[World], str], shared: World, belongings: Belongings
) -> None:
    refused(await call(shared, route, belongings, {"authorization": token(shared)}), 401, "unauthenticated")


@pytest.mark.parametrize("route", OF_SOMEBODY, ids=" ".join)
async def test_a_stranger_finds_nothing(route: tuple[str, str], shared: World, belongings: Belongings) -> None:
    refused(await call(shared, route, belongings, shared.headers("ravi")), 404, "not_found")


@pytest.mark.parametrize("route", OF_SOMEBODY, ids=" ".join)
async def test_what_was_never_there_looks_the_same_as_what_is_somebody_elses(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    nowhere = Belongings(str(uuid4()), str(uuid4()))

    theirs = await call(shared, route, belongings, shared.headers("ravi"))
    never = await call(shared, route, nowhere, shared.headers("ravi"))

    assert theirs.json()["error"] == never.json()["error"]


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_somebody_who_has_nothing_yet_gets_their_own_nothing(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    headers = shared.headers(shared.newcomer())

    answer = await call(shared, route, belongings, headers)

    if route in OF_SOMEBODY or route in ADMINS:
        refused(answer, 404, "not_found")
    elif route in WITHOUT_A_SUBSCRIPTION:
        refused(answer, *WITHOUT_A_SUBSCRIPTION[route])
    else:
        assert answer.is_success
        # What it was asked about, it says again.
        found = answer.text.replace(f'{{"id":"{belongings.conversation}","status":"not_found"}}', "")
        assert belongings.conversation not in found


@pytest.mark.parametrize("route", [route for route in PERSONAL if route not in ADMINS], ids=" ".join)
async def test_somebody_who_has_it_gets_it(route: tuple[str, str], shared: World) -> None:
    who = shared.newcomer()
    has = await possess(shared, who)
    if route in WITHOUT_A_SUBSCRIPTION or route == ("POST", "/subscription/verify"):
        has.proof = await subscribe(shared, who)
    if (before := UNDONE.get(route)) is not None:
        assert (await shared.post(before, None, who)).is_success

    answer = await call(shared, route, has, shared.headers(who))

    assert answer.is_success
    assert answer.headers["x-request-id"]


@pytest_asyncio.fixture(scope="module")
async def with_key(shared: World) -> Belongings:
    """What a user has whose API key has all scopes."""
    return await possess(shared, shared.newcomer())


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_an_api_key_opens_what_it_has_a_scope_for_and_nothing_else(
    route: tuple[str, str], shared: World, with_key: Belongings
) -> None:
    has = await possess(shared, shared.newcomer()) if route[0] == "DELETE" else with_key

    answer = await call(shared, route, has, {"authorization": f"Bearer {has.secret}"})

    if route in WITH_A_KEY:
        assert answer.is_success
    else:
        refused(answer, 403, "insufficient_scope")


@pytest.mark.parametrize("route", sorted(WITH_A_KEY), ids=" ".join)
async def test_an_api_key_without_the_scope_is_told_which_it_lacks(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    key = (await shared.post("/user/api-keys", {"name": "Chat"})).json()

    answer = await call(shared, route, belongings, {"authorization": f"Bearer {key['secret']}"})

    refused(answer, 403, "insufficient_scope")
    assert answer.json()["error"]["scope"] in ("usage:read", "conversations:read", "conversations:write")


@pytest.mark.parametrize("route", sorted(ADMINS), ids=" ".join)
@pytest.mark.parametrize("role", ["admin", "support"])
async def test_admins_alone_may_do_what_admins_do(
    role: str, route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    who = shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, %s)", shared.people[who], role)

    try:
        answer = await call(shared, route, belongings, shared.headers(who))
    finally:
        shared.database.rows("update oneai.users set suspended_at = null where id = %s", shared.people["ravi"])

    if role == "admin":
        assert answer.status_code == 204
    else:
        refused(answer, 404, "not_found")


async def subscriber(world: World, column: str) -> tuple[str, Belongings]:
    """A user who has everything, in the state of this column."""
    who = world.newcomer()
    has = await possess(world, who)
    has.proof = await subscribe(world, who)
    set_column(world, who, column)
    return who, has


def set_column(world: World, who: str, column: str) -> None:
    """Suspends `who`, or requests the deletion of their account."""
    query = {
        "suspended_at": "update oneai.users set suspended_at = oneai.now() where id = %s",
        "deletes_at": "update oneai.users set deletes_at = oneai.now() + interval '14 days' where id = %s",
    }[column]
    world.database.rows(query, world.people[who])


@pytest_asyncio.fixture(scope="module")
async def suspended(shared: World) -> tuple[str, Belongings]:
    """A suspended user with a valid token."""
    return await subscriber(shared, "suspended_at")


@pytest_asyncio.fixture(scope="module")
async def deleting(shared: World) -> tuple[str, Belongings]:
    """A user whose account is being deleted, with a valid token."""
    return await subscriber(shared, "deletes_at")


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_suspended_users_key_is_refused_everywhere(
    route: tuple[str, str], shared: World, suspended: tuple[str, Belongings]
) -> None:
    _, has = suspended

    answer = await call(shared, route, has, {"authorization": f"Bearer {has.secret}"})

    refused(answer, 403, "account_suspended" if route in WITH_A_KEY else "insufficient_scope")


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_suspended_user_is_refused_everywhere_but_where_money_and_their_data_are_at_stake(
    route: tuple[str, str], shared: World, suspended: tuple[str, Belongings]
) -> None:
    who, has = suspended

    answer = await call(shared, route, has, shared.headers(who))

    if route in WHILE_SUSPENDED:
        assert answer.is_success
    else:
        refused(answer, 403, "account_suspended")


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_an_account_that_is_being_deleted_is_refused_with_the_time_of_its_deletion(
    route: tuple[str, str], shared: World, deleting: tuple[str, Belongings]
) -> None:
    who, has = deleting
    set_column(shared, who, "deletes_at")  # again, where it was restored

    answer = await call(shared, route, has, shared.headers(who))

    if route in WHILE_DELETING:
        assert answer.is_success
    else:
        refused(answer, 403, "account_deleting")
        assert answer.json()["error"]["deletes_at"].endswith("Z")


@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_session_that_was_ended_is_refused_although_its_token_has_not_expired(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    session = str(uuid4())
    shared.database.rows(
        "insert into oneai.ended_sessions (session_id, user_id) values (%s, %s)", session, shared.people["asha"]
    )
    token = shared.signer.token(shared.people["asha"], None, session_id=session)

    answer = await call(shared, route, belongings, {"authorization": f"Bearer {token}"})

    refused(answer, 401, "unauthenticated")
    assert answer.json()["error"]["reason"] == "session_ended"


async def test_a_stranger_cannot_stop_an_answer(shared: World) -> None:
    async with shared.asking("Go on", "asha", model="local/slow") as stream:
        event = await stream.next()
        assert event is not None
        answer = event[1]["message_id"]
        refused(await shared.post("/chat/stop", {"message_id": answer}, "ravi"), 404, "not_found")
        assert await stream.next() is not None
        assert shared.database.one("select state from oneai.chat_messages where id = %s", answer) == "streaming"
        assert (await shared.post("/chat/stop", {"message_id": answer})).status_code == 202


async def test_a_question_of_ones_own_is_no_answer_to_stop_or_to_resume(shared: World) -> None:
    question = (await shared.ask("Hello")).start["user_message_id"]

    refused(await shared.post("/chat/stop", {"message_id": question}), 404, "not_found")
    refused(await shared.get(f"/chat/stream/{question}"), 404, "not_found")


@pytest.mark.parametrize("path", ["/nowhere", "/chat", "/chat/stream/a/b", "/conversations/", "/quota", "/Health"])
async def test_a_path_that_is_not_there_is_said_to_be_not_there(path: str, shared: World) -> None:
    refused(await shared.get(path), 404, "not_found")
    refused(await shared.get(path, None), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
async def test_a_method_that_is_not_there_is_refused(method: str, path: str, shared: World) -> None:
    there = {other for other, where in ROUTES if where == path}
    where = re.sub(r"\{[^}]*\}", lambda _: str(uuid4()), path)
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - there:
        refused(await shared.http.request(other, where, headers=shared.headers()), 405, "method_not_allowed")


async def test_a_request_id_is_never_given_twice(shared: World) -> None:
    answers = [await shared.get("/health", None) for _ in range(5)]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 5
