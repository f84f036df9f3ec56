"""Suspending a user, by an admin's request or an operator's command, and ending it; with a reason that is kept."""

from typing import Any

import httpx
import pytest

from tests.ops.operators import command
from tests.wire import Wire
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

KEPT = "select reason, suspended_by, end_reason, ended_by from oneai.suspensions where user_id = %s order by id"


def make_admin(world: World, role: str = "admin") -> str:
    """A new admin's name."""
    who = world.newcomer()
    world.database.rows("insert into oneai.admins (user_id, role) values (%s, %s)", world.people[who], role)
    return who


async def suspend(world: World, admin: str, who: str, body: Any, action: str = "suspend") -> httpx.Response:
    """`admin` suspends `who`, or ends it."""
    return await world.post(f"/admin/users/{world.people[who]}/{action}", body, admin)


async def test_a_suspended_user_is_refused_at_once_until_the_suspension_ends(shared: World) -> None:
    admin, who = make_admin(shared), shared.newcomer()

    assert (await suspend(shared, admin, who, {"reason": " Payment fraud "})).status_code == 204
    refused = await shared.get("/conversations", who)
    assert (await suspend(shared, admin, who, {"reason": "It was their card"}, "unsuspend")).status_code == 204

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_suspended")
    assert (await shared.get("/conversations", who)).status_code == 200
    by = shared.people[admin]
    assert shared.database.rows(KEPT, shared.people[who]) == [("Payment fraud", by, "It was their card", by)]


async def test_a_suspension_is_checked_in_the_routes_own_statement(own_world: World, wire: Wire) -> None:
    await own_world.get("/conversations", "ravi")  # opens the connection
    own_world.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", own_world.people["asha"])
    wire.trips.clear()

    answer = await own_world.get("/conversations")

    assert answer.json()["error"]["code"] == "account_suspended"
    messages = [trip for trip in wire.trips if "oneai." in trip and "oneai.record_refusal(" not in trip]
    assert [("oneai.check_account(" in each, "oneai.conversations" in each) for each in messages] == [(True, True)]


async def test_a_second_suspension_keeps_the_first_reason_and_changes_nothing(shared: World) -> None:
    admin, who = make_admin(shared), shared.newcomer()
    await suspend(shared, admin, who, {"reason": "First"})
    since = shared.database.one("select suspended_at from oneai.users where id = %s", shared.people[who])

    assert (await suspend(shared, admin, who, {"reason": "Second"})).status_code == 204

    assert shared.database.one("select suspended_at from oneai.users where id = %s", shared.people[who]) == since
    assert [row[0] for row in shared.database.rows(KEPT, shared.people[who])] == ["First"]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": None}, {"reason": "x" * 1001}, None])
@pytest.mark.parametrize("action", ["suspend", "unsuspend"])
async def test_a_suspension_without_a_reason_is_refused(action: str, body: Any, shared: World) -> None:
    admin, who = make_admin(shared), shared.newcomer()

    answer = await suspend(shared, admin, who, body, action)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) in [(422, "reason"), (422, "body")]
    assert shared.database.rows(KEPT, shared.people[who]) == []


@pytest.mark.parametrize("body", [{"reason": "Because"}, {}])
async def test_users_other_than_admins_get_404(body: Any, shared: World) -> None:
    who = shared.newcomer()

    caller = shared.newcomer()
    answer = await suspend(shared, caller, who, body)
    nowhere = await shared.post("/admin/nowhere", body, caller)
    support = await suspend(shared, make_admin(shared, "support"), who, body)

    missing = nowhere.json()["error"]
    assert (answer.status_code, answer.json()["error"]) == (404, {name: missing[name] for name in ("code", "message")})
    assert (support.status_code, support.json()["error"]["code"]) == (404, "not_found")
    assert support.json()["error"]["message"].startswith("Support has read access")
    assert shared.database.rows(KEPT, shared.people[who]) == []


async def test_an_admin_cannot_suspend_themselves_or_an_unknown_user(shared: World) -> None:
    admin = make_admin(shared)

    themselves = await suspend(shared, admin, admin, {"reason": "A slip"})
    missing = await shared.post("/admin/users/00000000-0000-4000-8000-000000000000/suspend", {"reason": "Who?"}, admin)

    assert (themselves.status_code, missing.status_code) == (422, 404)
    assert (await shared.get("/conversations", admin)).status_code == 200


async def test_the_command_says_that_charges_continue_and_how_they_end(database: Database) -> None:
    user = database.user("asha@example.com")
    database.rows(
        "insert into oneai.subscriptions (workspace_id, plan_id, period, currency, amount, status, "
        "provider_subscription_id, provider_plan_id, payment_provider) "
        "values (%s, 'pro', 'monthly', 'INR', 79900, 'active', 'sub_asha', 'plan_1', 'razorpay')",
        user,
    )

    result = await command("suspend", "--id=asha@example.com", "--reason=Fraud", database=database)

    assert result.returncode == 0, result.stderr
    assert "asha@example.com is suspended." in result.stdout
    assert "sub_asha goes on being charged. To end it, cancel it in Razorpay's dashboard" in result.stdout
    assert database.one("select suspended_at is not null from oneai.users where id = %s", user) is True
    assert database.one("select status from oneai.subscriptions where workspace_id = %s", user) == "active"

    result = await command("suspend", "--end", "--id=asha@example.com", "--reason=A mistake", database=database)

    assert (result.returncode, result.stdout) == (0, "asha@example.com is served again.\n")
    assert database.rows(KEPT, user) == [("Fraud", None, "A mistake", None)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--id=asha@example.com", "--reason= "], "REASON says why"),
        (["--id=no@example.com", "--reason=x"], "No workspaces"),
    ],
)
async def test_the_command_requires_a_user_and_a_reason(arguments: list[str], says: str, database: Database) -> None:
    user = database.user("asha@example.com")

    result = await command("suspend", *arguments, database=database)

    assert result.returncode == 1
    assert says in result.stderr
    assert database.one("select suspended_at from oneai.users where id = %s", user) is None
