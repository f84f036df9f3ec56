"""Changing the plan of a subscription that the provider can change: to a higher one, at once, and with a payment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oneai.billing import reconcile_subscriptions
from oneai.billing.providers.razorpay.requests import proration
from tests.billing.subscriptions.subscribing import (
    at_provider,
    current_subscription,
    enterprise_for_sale,
    provider_subscriptions,
    set_fault,
    status_and_code,
    subscribe,
)
from tests.world import World

ENTERPRISE = {"plan_id": "enterprise", "when": "now"}


@pytest.fixture
async def first(world: World) -> dict[str, Any]:
    """Pro, paid with a card of another country, where enterprise is sold too."""
    enterprise_for_sale(world)
    return await subscribe(world, method="foreign_card")


async def test_an_upgrade_in_place_returns_the_new_tier(first: dict[str, Any], world: World) -> None:
    changed = (await world.post("/subscription/update", ENTERPRISE)).json()

    assert (changed["payment_needed"], changed["subscription_id"]) == (False, first["subscription_id"])
    assert changed["bank_confirmation"] is not None
    assert (await at_provider(world, first))["plan_id"] == changed["razorpay"]["plan_id"]
    assert len(await provider_subscriptions(world)) == 1
    assert (await current_subscription(world))["tier"] == "enterprise"


@pytest.mark.parametrize("kind", ["lost", "away"])
async def test_an_upgrade_with_a_lost_answer_is_found_by_the_job(
    kind: str, first: dict[str, Any], world: World
) -> None:
    await set_fault(world, kind)
    assert status_and_code(await world.post("/subscription/update", ENTERPRISE)) == (
        503,
        "payment_provider_unavailable",
    )
    await set_fault(world, None)

    await reconcile_subscriptions()

    assert (await current_subscription(world))["tier"] == ("enterprise" if kind == "lost" else "pro")
    assert len(await provider_subscriptions(world)) == 1


async def test_another_period_is_never_changed_in_place(first: dict[str, Any], world: World) -> None:
    changed = (await world.post("/subscription/update", {"plan_id": "pro", "period": "yearly", "when": "now"})).json()

    assert changed["payment_needed"]
    assert changed["subscription_id"] != first["subscription_id"]
    assert (await at_provider(world, first))["paid_count"] == 1


async def test_a_later_change_is_never_made_in_place(first: dict[str, Any], world: World) -> None:
    later = {**ENTERPRISE, "when": "period_end"}

    changed = (await world.post("/subscription/update", later)).json()

    assert (changed["payment_needed"], changed["start_at"]) == (
        True,
        (await current_subscription(world))["current_period_end"],
    )
    assert not (await at_provider(world, first))["has_scheduled_changes"]


async def test_a_suspended_user_changes_nothing_in_place(first: dict[str, Any], world: World) -> None:
    world.database.rows("update oneai.users set suspended_at = now() where id = %s", world.people["asha"])

    assert status_and_code(await world.post("/subscription/update", ENTERPRISE)) == (403, "account_suspended")

    async with world.razorpay.session() as engine:
        assert len(engine.account.payments) == 1
    assert (await at_provider(world, first))["plan_id"] == first["razorpay"]["plan_id"]


@pytest.mark.parametrize(("more", "charged"), [(101, 50), (100, 50), (99, 0), (-100, 0)])
def test_half_a_difference_is_charged_unless_it_is_below_the_minimum(more: int, charged: int) -> None:
    starts = datetime(2026, 3, 1, tzinfo=UTC)
    assert proration(more, starts, starts + timedelta(days=30), starts + timedelta(days=15)) == charged
