"""Actions of users, admins and operators on accounts and sessions are in the audit log."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.accounts.deleting import request_deletion
from tests.accounts.sign_in import bearer, sign_in, sign_up
from tests.admin.test_suspension import make_admin, suspend
from tests.api_keys.keys import create
from tests.ops.operators import command
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


def acts(world: World, user: UUID) -> list[Any]:
    """The records of a user, the oldest first: the kind of actor, the action, the reason."""
    query = "select actor_kind, action, reason from oneai.audit_log where user_id = %s order by id"
    return [row for row in world.database.rows(query, user) if row[1] != "session.create"]


async def test_suspending_a_user_is_recorded_with_the_reason(world: World) -> None:
    admin, who = make_admin(world), world.newcomer()

    for _ in range(2):
        await suspend(world, admin, who, {"reason": "Fraud"})
    await suspend(world, admin, who, {"reason": "A mistake"}, "unsuspend")

    assert acts(world, world.people[who]) == [
        ("admin", "account.suspend", "Fraud"),
        ("admin", "account.unsuspend", "A mistake"),
    ]
    by = world.database.rows("select distinct actor from oneai.audit_log where actor_kind = 'admin'")
    assert by == [str(world.people[admin])]


async def test_actions_of_users_and_admins_are_recorded_with_their_origin(own_world: World, wire: Wire) -> None:
    admin, who = make_admin(own_world), own_world.newcomer()
    answers = []

    for caller, method, path, body in (
        (admin, "POST", f"/admin/users/{own_world.people[who]}/suspend", {"reason": "Fraud"}),
        ("asha", "POST", "/user/api-keys", {"name": "Nightly report"}),
        ("asha", "POST", "/user/data-export", None),
        ("asha", "POST", "/auth/sign-out", {"scope": "all"}),
        ("asha", "DELETE", "/user", {"confirm": "asha@example.com"}),
    ):
        headers = {**own_world.headers(caller), "user-agent": f"Console/1.0 {path}"}
        answers.append(await own_world.http.request(method, path, json=body, headers=headers))
        assert answers[-1].is_success, answers[-1].text

    query = "select host(ip), user_agent, request_id from oneai.audit_log where request_id is not null order by id"
    assert own_world.database.rows(query) == [
        ("127.0.0.1", f"Console/1.0 {answer.request.url.path.removeprefix('/api')}", answer.headers["x-request-id"])
        for answer in answers
    ]
    created = [trip for trip in wire.trips if "oneai.create_api_key(" in trip]
    assert len(created) == 1
    assert "oneai.check_account(" in created[0]
    assert "oneai.request_origin" in created[0]


async def test_a_report_of_a_leaked_key_is_recorded_with_its_origin(world: World) -> None:
    key = await create(world)

    reported = await world.http.post("/keys/report", json=[key["secret"]], headers={"user-agent": "Scanner"})

    query = "select host(ip), user_agent, request_id from oneai.audit_log where action = 'api_key.report'"
    assert world.database.rows(query) == [("127.0.0.1", "Scanner", reported.headers["x-request-id"])]


@pytest.mark.parametrize(
    "agent",
    [b"", b"\xff\xfe", b"x" * 4000, b'{"ip": "}', b"Mozilla \xf0\x9f\x91\x8d"],
    ids=["empty", "no-text", "long", "json", "emoji"],
)
async def test_an_unusual_client_is_recorded_and_served_normally(agent: bytes, world: World) -> None:
    headers = [(b"authorization", world.headers()["authorization"].encode()), (b"user-agent", agent)]

    answer = await world.http.post("/user/api-keys", json={"name": "Nightly report"}, headers=headers)

    assert answer.status_code == 201
    length = world.database.one("select length(user_agent) from oneai.audit_log where request_id is not null")
    assert length is None if agent == b"" else 0 < length <= 500


async def test_requesting_and_undoing_an_account_deletion_are_recorded(world: World) -> None:
    await request_deletion(world)
    assert (await world.post("/user/restore", None)).is_success

    assert acts(world, world.people["asha"]) == [("user", "account.delete", None), ("user", "account.restore", None)]


async def test_an_export_is_recorded_once(world: World) -> None:
    for _ in range(2):
        assert (await world.post("/user/data-export", None)).status_code == 202

    assert acts(world, world.people["asha"]) == [("user", "data_export.create", None)]


async def test_ending_a_session_is_recorded(world: World) -> None:
    email = f"{uuid4()}@example.com"
    first, second = await sign_up(world, email), await sign_in(world, email)
    user = UUID(world.signer.claims(first["access_token"])["sub"])
    other = world.signer.claims(second["access_token"])["session_id"]

    for _ in range(2):
        await world.http.delete(f"/auth/sessions/{other}", headers=bearer(first))
    await world.http.post("/auth/sign-out", headers=bearer(first))

    assert acts(world, user) == [("user", "session.revoke", None), ("user", "session.revoke", None)]


async def test_an_operator_who_suspends_a_user_is_recorded_by_name(world: World) -> None:
    for _ in range(2):
        await command("suspend", "--id=asha@example.com", "--reason=Fraud", database=world.database, OPERATOR="meera")
    await command("suspend", "--end", "--id=asha@example.com", "--reason=Mistake", database=world.database)

    assert acts(world, world.people["asha"]) == [
        ("operator", "account.suspend", "Fraud"),
        ("operator", "account.unsuspend", "Mistake"),
    ]
    query = "select actor from oneai.audit_log where action = 'account.suspend'"
    assert world.database.one(query) == "meera"
