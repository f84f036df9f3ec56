"""A saved instrument is its holder's: who pays for a team when owners come and go, and one trial for each person."""

from typing import LiteralString

import pytest

from oneai import settings
from oneai.billing import processing, reconcile_subscriptions
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.without_webhooks import DAY


@pytest.mark.parametrize("event", ["leaves", "is demoted"])
async def test_nothing_more_is_debited_from_an_owner_who_is_gone(buyers: Buyers, event: str) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    portals = [await buyers.send("GET", "/subscription/portal", who=who) for who in ("asha", "ravi")]
    assert [each.status_code for each in portals] == [200, 409]
    pending = (await buyers.change(seats=8)).json()
    await buyers.authorize(pending)

    if event == "leaves":
        world.database.rows(
            "delete from oneai.workspace_members where user_id = %s and workspace_id = %s",
            world.people["asha"],
            buyers.team,
        )
    else:
        world.database.rows(
            "update oneai.workspace_members set role = 'member' where user_id = %s and workspace_id = %s",
            world.people["asha"],
            buyers.team,
        )
    await reconcile_subscriptions()

    undone = await buyers.send("POST", "/subscription/cancel/undo", {}, "ravi")
    assert (undone.status_code, undone.json()["error"]["code"]) == (409, "cancellation_final")
    found = (await buyers.send("GET", "/subscription", who="ravi")).json()
    assert (found["tier"], found["renewal_seats"], found["cancel_requested_at"] is not None) == ("team", None, True)
    world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    await world.razorpay.catch_up()
    assert world.database.one("select subscription_tier from oneai.workspaces where id = %s", buyers.team) == "none"


async def test_another_owner_keeps_the_plan_with_a_card_of_their_own(buyers: Buyers) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    world.database.rows(
        "delete from oneai.workspace_members where user_id = %s and workspace_id = %s",
        world.people["asha"],
        buyers.team,
    )
    await processing.reproject(buyers.team)

    created = await buyers.create("ravi", seats=5)

    assert created.status_code == 201, created.text
    assert created.json()["start_at"] is not None
    await buyers.authorize(created.json(), "ravi")
    found = (await buyers.send("GET", "/subscription", who="ravi")).json()
    assert (found["seats"], found["renewal_seats"]) == (5, 5)


async def test_a_person_has_one_trial_over_all_their_workspaces(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "team=7,pro=7")
    settings.reset_cache()
    world = buyers.world
    await world.http.put("/subscription/billing-details", json=ASHA, headers=world.headers())
    await buyers.send("PUT", "/subscription/billing-details", ASHA)
    own = await world.post("/subscription/create", {"plan_id": "pro", "period": "monthly", "currency": "INR"})
    teams = await buyers.create()
    assert (own.json()["start_at"], teams.json()["start_at"]) != (None, None)

    world.database.advance(1)
    for created, headers, instrument in (
        (own, world.headers(), "4111"),
        (teams, world.headers(**{"oneai-workspace": str(buyers.team)}), "5222"),
    ):
        proof = await world.check_out(created.json()["short_url"], instrument=instrument)
        verified = await world.http.post("/subscription/verify", json=proof, headers=headers)
        assert verified.is_success, verified.text
    await processing.reproject(buyers.team)

    tiers: LiteralString = "select subscription_tier from oneai.workspaces where id = %s"
    assert world.database.one(tiers, world.people["asha"]) == "pro"
    assert world.database.one(tiers, buyers.team) == "none"
    assert world.database.rows("select user_id, workspace_id from oneai.trials") == [(world.people["asha"],) * 2]


async def test_only_the_holder_undoes_a_cancellation(buyers: Buyers) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    await buyers.send("POST", "/subscription/cancel", {"at_period_end": True}, "ravi")

    refused = await buyers.send("POST", "/subscription/cancel/undo", {}, "ravi")
    undone = await buyers.send("POST", "/subscription/cancel/undo", {})

    assert (refused.status_code, undone.status_code) == (409, 200)
