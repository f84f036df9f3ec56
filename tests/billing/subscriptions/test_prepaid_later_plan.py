"""Another plan after a prepaid one is paid before it starts: it is shown, sold once, and no mail reminds of the end."""

from datetime import datetime

import pytest

from oneai.billing import reconcile_subscriptions
from tests.billing.subscriptions.paying_ahead import move_to_bandung, open_page, pay
from tests.billing.subscriptions.subscribing import advance_days, create_checkout, current_subscription, status_and_code
from tests.world import World

pytestmark = pytest.mark.sampled(0.3)

LATER = {"plan_id": "enterprise", "when": "period_end"}


@pytest.fixture
async def budi(world: World) -> World:
    """Asha lives in Bandung, and Pro and Enterprise have prices in rupiah."""
    await move_to_bandung(world)
    return world


@pytest.fixture
async def scheduled(budi: World) -> World:
    """Budi has paid for thirty days of Pro, and by bank transfer for Enterprise after them."""
    await pay(budi, await open_page(budi))
    advance_days(budi, 3)
    changed = await budi.post("/subscription/update", LATER)
    assert changed.is_success, changed.text
    await pay(budi, changed.json(), "bca_va")
    return budi


async def test_a_later_plan_that_is_paid_ahead_is_shown_and_follows(scheduled: World) -> None:
    found = await current_subscription(scheduled)
    assert (found["tier"], found["charged_amount"], found["currency"]) == ("pro", 99_000, "IDR")
    assert (found["replacement"]["plan_id"], found["replacement"]["period"]) == ("enterprise", "monthly")
    assert found["cancel_requested_at"] is not None
    assert found["paid_until"] == found["current_period_end"]

    advance_days(scheduled, 28)
    await reconcile_subscriptions()

    after = await current_subscription(scheduled)
    assert (after["tier"], after["charged_amount"], after["replacement"]) == ("enterprise", 396_000, None)
    assert after["current_period_start"] == found["current_period_end"]
    assert after["cancel_requested_at"] is None


async def test_a_time_that_is_paid_for_is_not_sold_again(scheduled: World) -> None:
    assert status_and_code(await scheduled.post("/subscription/update", LATER)) == (409, "already_subscribed")
    assert status_and_code(await create_checkout(scheduled, currency="IDR")) == (409, "already_subscribed")


async def test_a_later_plan_that_is_paid_ahead_cannot_be_undone(scheduled: World) -> None:
    undone = await scheduled.post("/subscription/cancel/undo", {})
    assert status_and_code(undone) == (409, "cancellation_final")
    assert (await current_subscription(scheduled))["replacement"]["plan_id"] == "enterprise"


async def test_no_reminder_comes_before_a_plan_that_follows(scheduled: World) -> None:
    advance_days(scheduled, 24)
    await reconcile_subscriptions()

    assert not (await current_subscription(scheduled))["ends_soon"]
    assert reminders(scheduled) == 0


async def test_a_plan_that_ends_soon_says_so_until_its_next_period_is_paid(budi: World) -> None:
    await pay(budi, await open_page(budi))
    assert not (await current_subscription(budi))["ends_soon"]
    advance_days(budi, 26)
    await reconcile_subscriptions()
    assert (await current_subscription(budi))["ends_soon"]
    assert reminders(budi) == 1

    await pay(budi, await open_page(budi))

    assert not (await current_subscription(budi))["ends_soon"]


async def test_a_later_plan_starts_after_all_that_is_paid(budi: World) -> None:
    await pay(budi, await open_page(budi))
    advance_days(budi, 1)
    await pay(budi, await open_page(budi))
    until = (await current_subscription(budi))["paid_until"]
    cancelling = (await budi.post("/subscription/cancel?preview=1", {})).json()
    preview = (await budi.post("/subscription/update?preview=1", LATER)).json()
    assert (cancelling["ends_at"], preview["starts_at"]) == (until, until)

    await pay(budi, (await budi.post("/subscription/update", LATER)).json(), "bca_va")

    assert (await current_subscription(budi))["paid_until"] == until
    starts = budi.database.one("select max(period_start) from oneai.payments")
    assert starts == datetime.fromisoformat(until)
    assert budi.database.rows("select kind from oneai.provider_operations where kind = 'refund'") == []


def reminders(world: World) -> int:
    """How many mails remind of the end of a plan."""
    return int(world.database.one("select count(*) from oneai.outbox where kind = 'period_ending'"))
