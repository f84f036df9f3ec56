"""A trial needs a card that is known, by the checkout or by what the provider lists; until then the plan stays free."""

from typing import Any

import pytest

from oneai import settings
from oneai.billing import reconcile_subscriptions
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    current_subscription,
    operations,
    pay,
    plan_history,
    provider_subscriptions,
    refunds,
    save_billing_details,
    set_fault,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

CARD = "4111 1111 1111 1111"
HOUR = 3600
PRICE = 79_900


@pytest.fixture(autouse=True)
def _trials_of_a_week(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each user's first pro."""
    assert world
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.reset_cache()


async def signed_up(world: World, who: str, *, method: str = "card", instrument: str = CARD) -> dict[str, Any]:
    """Pays on the page and keeps the proof to themselves; what `create_checkout` answered, and the `proof`."""
    await save_billing_details(world, who)
    opened: dict[str, Any] = (await create_checkout(world, who)).json()
    world.database.advance(1)
    proof = await world.check_out(opened["short_url"], method=method, instrument=instrument)
    return {**opened, "proof": proof}


async def tiers(world: World, *people: str) -> list[str]:
    """The tier of each of them."""
    return [(await current_subscription(world, who))["tier"] for who in people]


def mails(world: World) -> list[tuple[str, str | None]]:
    """Why there was no trial, and when the first charge is."""
    return world.database.rows(
        "select data ->> 'reason', data ->> 'first_charge_at' from oneai.outbox where kind = 'trial_refused' "
        "order by created_at"
    )


async def heard(world: World, how: str) -> None:
    """The provider's events arrive, or none does and the job comes by."""
    if how == "webhook":
        await world.razorpay.catch_up()
    else:
        await reconcile_subscriptions()


@pytest.mark.parametrize("how", ["webhook", "job"])
async def test_three_sign_ups_with_one_card_and_immediate_cancellations_have_one_trial(how: str, world: World) -> None:
    people = ("asha", "ravi", world.newcomer())
    for who in people:
        await signed_up(world, who)
        await heard(world, how)
        assert (await world.post("/subscription/cancel", {}, who)).status_code == 200

    assert await tiers(world, *people) == ["pro", "free", "free"]
    for _ in range(2):
        advance_days(world, 4)
        await reconcile_subscriptions()
        await world.razorpay.catch_up()
    assert await tiers(world, *people) == ["free"] * 3
    assert {each["status"] for each in await provider_subscriptions(world)} == {"cancelled"}
    assert world.database.rows("select id from oneai.payments where amount = %s", PRICE) == []
    assert ([reason for reason, _ in mails(world)], await plan_history(world, "ravi")) == (["used", "used"], [])


@pytest.mark.parametrize("how", ["webhook", "job"])
@pytest.mark.parametrize("method", ["card", "upi", "emandate"])
async def test_an_instrument_listed_by_the_provider_begins_the_trial_for_any_method(
    how: str, method: str, world: World
) -> None:
    instrument = {"card": CARD, "upi": "one@upi", "emandate": "an account"}[method]
    for who in ("asha", "ravi"):
        await signed_up(world, who, method=method, instrument=instrument)
        await heard(world, how)

    assert await tiers(world, "asha", "ravi") == ["pro", "free"]
    now = await current_subscription(world)
    assert (now["status"], now["current_period_start"] is not None) == ("trial", True)


@pytest.mark.parametrize("first", ["webhook", "checkout"])
async def test_one_card_has_one_trial_and_the_second_user_is_charged_on_the_mailed_day(
    first: str, world: World
) -> None:
    for who in ("asha", "ravi"):
        page = await signed_up(world, who)
        if first == "webhook":
            await world.razorpay.catch_up()
        assert (await world.post("/subscription/verify", page["proof"], who)).is_success
        await world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert await tiers(world, "asha", "ravi") == ["pro", "free"]
    assert (await current_subscription(world, "ravi"))["status"] == "trial"
    ((reason, due),) = mails(world)
    assert (reason, due) == (
        "used",
        (await current_subscription(world, "ravi"))["current_period_end"].replace("Z", "+00:00"),
    )
    assert [each["status"] for each in await provider_subscriptions(world)] == ["authenticated", "authenticated"]
    assert world.database.one("select count(*) from oneai.operator_alerts") == 0
    advance_days(world, 7.1)
    await reconcile_subscriptions()
    assert await tiers(world, "asha", "ravi") == ["pro", "pro"]
    assert [change[2] for change in await plan_history(world, "ravi")] == ["new_subscription"]


async def test_a_late_verification_begins_the_trial_without_moving_its_end(world: World) -> None:
    await set_fault(world, "unlisted")
    page = await signed_up(world, "asha", method="upi", instrument="asha@upi")
    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    before = await current_subscription(world)
    assert (before["tier"], before["status"], before["current_period_start"]) == ("free", "trial", None)
    advance_days(world, 3)
    await reconcile_subscriptions()
    assert await tiers(world, "asha") == ["free"]

    now = (await world.post("/subscription/verify", page["proof"])).json()

    assert (now["tier"], now["status"], now["current_period_end"]) == ("pro", "trial", page["start_at"])
    assert before["current_period_end"] == page["start_at"]
    began = world.database.one("select oneai.now() - trial_start < interval '1 minute' from oneai.subscriptions")
    assert began, "not when it was authorized, for until now the plan was free"
    advance_days(world, 4.2)
    await world.razorpay.catch_up()
    assert [change[2] for change in await plan_history(world)] == ["new_subscription", "renewal"]


async def test_a_trial_unconfirmed_after_an_hour_is_dropped_and_mailed_once(
    world: World,
) -> None:
    await set_fault(world, "unlisted")
    page = await signed_up(world, "asha")
    for _ in range(14):
        await reconcile_subscriptions()
        world.database.advance(300)
    await reconcile_subscriptions()
    await set_fault(world, None)
    await reconcile_subscriptions()

    assert await tiers(world, "asha") == ["free"]
    assert mails(world) == [("unknown", page["start_at"].replace("Z", "+00:00"))]
    advance_days(world, 7.1)
    await reconcile_subscriptions()
    assert await tiers(world, "asha") == ["pro"]
    assert [change[2] for change in await plan_history(world)] == ["new_subscription"]


async def test_an_instrument_listed_within_the_hour_begins_the_trial_after_failed_queries(world: World) -> None:
    await signed_up(world, "asha")
    await set_fault(world, "away")
    await world.razorpay.catch_up()
    assert await tiers(world, "asha") == ["free"]
    await reconcile_subscriptions()

    await set_fault(world, None)
    world.database.advance(HOUR / 2)
    await reconcile_subscriptions()

    assert (await tiers(world, "asha"), mails(world)) == (["pro"], [])


async def test_a_user_without_a_trial_cancels_before_the_first_charge_and_pays_nothing(world: World) -> None:
    for who in ("asha", "ravi"):
        await signed_up(world, who)
        await world.razorpay.catch_up()
    advance_days(world, 2)

    now = (await world.post("/subscription/cancel", {}, "ravi")).json()
    assert (now["tier"], now["status"], now["cancel_requested_at"] is not None) == ("free", "trial", True)
    undone = await world.post("/subscription/cancel/undo", None, "ravi")
    assert undone.json()["cancel_requested_at"] is None
    await world.post("/subscription/cancel", {}, "ravi")
    advance_days(world, 3)
    await reconcile_subscriptions()
    advance_days(world, 3)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert (
        (await current_subscription(world, "ravi"))["tier"],
        (await current_subscription(world, "ravi"))["status"],
    ) == ("free", "cancelled")
    assert [each["status"] for each in await provider_subscriptions(world)] == ["active", "cancelled"]
    assert ("cancel_at_period_end", "requested", "succeeded") in operations(world)


async def test_a_user_who_cancels_instead_of_waiting_is_charged_nothing(world: World) -> None:
    for who in ("asha", "ravi"):
        await signed_up(world, who)
        await world.razorpay.catch_up()

    ended = await world.post("/subscription/cancel", {"at_period_end": False}, "ravi")

    assert (ended.json()["tier"], ended.json()["status"]) == ("free", "cancelled")
    assert [each["status"] for each in await provider_subscriptions(world)] == ["authenticated", "cancelled"]


async def test_a_user_without_a_trial_may_pay_now_and_is_not_charged_again_that_day(world: World) -> None:
    for who in ("asha", "ravi"):
        await signed_up(world, who)
        await world.razorpay.catch_up()
    now = await create_checkout(world, "ravi")
    assert (now.status_code, now.json()["start_at"]) == (201, None)

    await pay(world, now.json(), "ravi")
    await reconcile_subscriptions()
    advance_days(world, 8)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert await tiers(world, "ravi") == ["pro"]
    assert [each["status"] for each in await provider_subscriptions(world)] == ["active", "cancelled", "active"]
    paid = "select count(*) from oneai.payments where workspace_id = %s and amount = %s"
    assert world.database.one(paid, world.people["ravi"], PRICE) == 1
    assert await refunds(world) == [500, 500]


async def test_a_user_awaiting_the_trial_decision_cannot_subscribe_again(world: World) -> None:
    await set_fault(world, "unlisted")
    await signed_up(world, "asha")
    await world.razorpay.catch_up()

    again = await create_checkout(world)

    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_subscribed")
