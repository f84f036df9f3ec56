"""Subscribing requires details first, keeps one subscription open in any case, and verifies the payment."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from oneai import settings
from oneai.billing.providers import razorpay as provider
from oneai.clients.razorpay import ProviderError
from tests.billing.subscriptions.subscribing import (
    create_checkout,
    current_subscription,
    invalid_fields,
    pay,
    provider_subscriptions,
    save_billing_details,
    set_fault,
    status_and_code,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.45)


async def test_a_user_who_never_subscribed_is_active_on_free(world: World) -> None:
    assert await current_subscription(world) == {
        "tier": "free",
        "status": "active",
        "plan_id": None,
        "period": None,
        "charged_amount": None,
        "currency": None,
        "current_period_start": None,
        "current_period_end": None,
        "cancel_requested_at": None,
        "grace_ends_at": None,
        "cancelled_at_provider": False,
        "replacement": None,
        "seats": None,
        "renewal_seats": None,
        "prepaid": False,
        "paid_until": None,
        "ends_soon": False,
        "pay_url": None,
        "can_pause": False,
    }


async def test_billing_details_are_required_first(world: World) -> None:
    assert status_and_code(await create_checkout(world)) == (422, "billing_details_required")

    await save_billing_details(world)
    assert (await create_checkout(world)).status_code == 201


async def test_dollars_are_for_users_outside_india(world: World) -> None:
    await save_billing_details(world)
    assert invalid_fields(await create_checkout(world, currency="USD")) == ["currency"]

    world.database.rows("update oneai.billing_details set country = 'US', state = 'NY'")
    assert (await create_checkout(world, currency="USD")).status_code == 201


async def test_an_unreadable_answer_of_the_provider_means_unavailable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save_billing_details(world)
    proof = await world.check_out((await create_checkout(world)).json()["short_url"])
    ref = proof["razorpay_subscription_id"]
    odd: list[tuple[Exception, str]] = [(ProviderError(401), "razorpay"), (ProviderError(400), ref)]
    for error, subject in (*odd, (ValueError("no subscription"), ref), (TypeError("a list in place of a word"), ref)):

        async def refuses(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as refusing:
            refusing.setattr(provider, "fetch_subscription", refuses)
            answer = await world.post("/subscription/verify", proof)
        assert status_and_code(answer) == (503, "payment_provider_unavailable")
        query = "select subject from oneai.operator_alerts where kind = 'provider_refused'"
        assert subject in world.database.rows(query)

    assert (await world.post("/subscription/verify", proof)).json()["tier"] == "pro"


async def test_a_new_subscription_has_a_payment_page_and_the_checkout_fields(world: World) -> None:
    await save_billing_details(world)

    checkout = (await create_checkout(world)).json()

    (there,) = await provider_subscriptions(world)
    assert checkout["razorpay"] == {
        "key_id": "rzp_test_localLOCAL0001",
        "subscription_id": there["id"],
        "plan_id": there["plan_id"],
    }
    assert checkout["short_url"] == there["short_url"]
    assert checkout["subscription_id"] != there["id"]
    assert (checkout["charged_amount"], checkout["payment_needed"], checkout["start_at"]) == (79900, True, None)
    assert (await current_subscription(world))["tier"] == "free"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"plan_id": "gold"}, "plan_id"),
        ({"plan_id": "free"}, "plan_id"),
        ({"plan_id": ""}, "plan_id"),
        ({"plan_id": 5}, "plan_id"),
        ({"plan_id": "pro\0"}, "plan_id"),
        ({"period": "weekly"}, "period"),
        ({"currency": "EUR"}, "currency"),
        ({"offer_id": "offer_of_somebody"}, "offer_id"),
        ({"price": 1}, "price"),
    ],
    ids=str,
)
async def test_a_plan_that_is_not_sold_is_refused_by_name(terms: dict[str, Any], field: str, world: World) -> None:
    await save_billing_details(world)

    assert invalid_fields(await create_checkout(world, **terms)) == [field]
    assert await provider_subscriptions(world) == []


async def test_a_plan_without_a_price_is_sold_by_contact(world: World) -> None:
    assert status_and_code(await create_checkout(world, plan_id="enterprise")) == (422, "contact_sales")


async def test_a_suspended_or_unconfirmed_user_cannot_subscribe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await save_billing_details(world)
    world.database.rows("update oneai.users set suspended_at = now() where id = %s", world.people["asha"])
    assert status_and_code(await create_checkout(world)) == (403, "account_suspended")

    monkeypatch.setenv("REQUIRE_CONFIRMED_EMAIL", "true")
    settings.reset_cache()
    await save_billing_details(world, "ravi")
    world.database.rows("update auth.users set email_confirmed_at = null where id = %s", world.people["ravi"])
    assert status_and_code(await create_checkout(world, "ravi")) == (403, "email_not_confirmed")


async def test_a_repeated_request_returns_the_open_checkout(world: World) -> None:
    await save_billing_details(world)
    first, again = await create_checkout(world), await create_checkout(world)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(await provider_subscriptions(world)) == 1


async def test_concurrent_requests_create_one_checkout(world: World) -> None:
    await save_billing_details(world)

    answers = await asyncio.gather(*(create_checkout(world) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["subscription_id"] for answer in answers}) == 1
    assert len(await provider_subscriptions(world)) == 1


async def test_other_terms_cancel_the_open_checkout(world: World) -> None:
    await save_billing_details(world)
    first = (await create_checkout(world)).json()

    second = await create_checkout(world, period="yearly")

    assert second.status_code == 201
    assert world.database.rows(
        "select s.period, s.status, c.kind, c.state from oneai.subscriptions as s "
        "left join oneai.provider_operations as c on c.subscription_id = s.id order by s.created_at"
    ) == [("monthly", "cancelled", "cancel", "succeeded"), ("yearly", "none", None, None)]
    assert second.json()["subscription_id"] != first["subscription_id"]
    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled", "created"]


async def test_an_expired_checkout_is_not_returned_again(world: World) -> None:
    await save_billing_details(world)
    first = (await create_checkout(world)).json()
    world.database.advance(24 * 3600)

    second = await create_checkout(world)

    assert second.status_code == 201
    assert second.json()["subscription_id"] != first["subscription_id"]


async def test_a_lost_answer_leaves_one_subscription(world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, "lost")
    assert status_and_code(await create_checkout(world)) == (503, "payment_provider_unavailable")
    await set_fault(world, None)

    again = await create_checkout(world)

    (there,) = await provider_subscriptions(world)
    assert again.status_code == 200
    assert again.json()["short_url"] == there["short_url"]
    assert again.json()["subscription_id"] == there["notes"]["oneai_subscription"]


@pytest.mark.parametrize("kind", ["away", "throttled"])
async def test_a_checkout_during_an_outage_succeeds_on_a_later_try(kind: str, world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, kind)
    refused = await create_checkout(world)
    await set_fault(world, None)

    assert status_and_code(refused) == (503, "payment_provider_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert (await create_checkout(world)).status_code == 200
    assert len(await provider_subscriptions(world)) == 1


async def test_a_verified_payment_activates_the_plan_before_any_webhook(world: World) -> None:
    await subscribe(world)

    now = await current_subscription(world)
    assert (now["tier"], now["status"], now["plan_id"], now["period"]) == ("pro", "active", "pro", "monthly")
    assert now["current_period_start"] < now["current_period_end"]
    assert now["cancel_requested_at"] is None
    history = (await world.get("/subscription/history")).json()
    assert [(each["old_tier"], each["new_tier"], each["change_reason"]) for each in history["items"]] == [
        ("free", "pro", "new_subscription")
    ]
    assert history["next_cursor"] is None


async def test_verifying_again_changes_nothing(world: World) -> None:
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    proof = await world.check_out(checkout["short_url"])

    answers = await asyncio.gather(*(world.post("/subscription/verify", proof) for _ in range(3)))

    assert {answer.json()["tier"] for answer in answers} == {"pro"}
    assert len((await world.get("/subscription/history")).json()["items"]) == 1


@pytest.mark.parametrize("wrong", ["forged", "swapped", "of another", "empty"])
async def test_an_invalid_signature_verifies_nothing(wrong: str, world: World) -> None:
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    proof = await world.check_out(checkout["short_url"])
    payment, ref = proof["razorpay_payment_id"], proof["razorpay_subscription_id"]
    signature = {
        "forged": "0" * 64,
        "swapped": world.razorpay.keys.checkout_signature(ref, payment),
        "of another": world.razorpay.keys.checkout_signature("pay_OfAnotherOne00", ref),
        "empty": " ",
    }[wrong]

    refused = await world.post("/subscription/verify", {**proof, "razorpay_signature": signature})

    assert status_and_code(refused) == (400, "invalid_signature")
    assert (await current_subscription(world))["tier"] == "free"


async def test_a_payment_of_another_user_is_not_found(world: World) -> None:
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    proof = await world.check_out(checkout["short_url"])

    assert status_and_code(await world.post("/subscription/verify", proof, "ravi")) == (404, "not_found")
    assert (await current_subscription(world, "ravi"))["tier"] == "free"
    assert invalid_fields(await world.post("/subscription/verify", {"razorpay_payment_id": "pay_x"})) == [
        "razorpay_signature"
    ]
    nothing_named = {"razorpay_payment_id": "pay_x", "razorpay_signature": "x"}
    assert invalid_fields(await world.post("/subscription/verify", nothing_named)) == ["razorpay_subscription_id"]


async def test_a_user_with_a_plan_cannot_buy_it_twice(world: World) -> None:
    await subscribe(world)

    assert status_and_code(await create_checkout(world)) == (409, "already_subscribed")
    assert len(await provider_subscriptions(world)) == 1


async def test_another_period_replaces_the_subscription_once_paid(world: World) -> None:
    await subscribe(world)

    checkout = await create_checkout(world, period="yearly")
    assert checkout.status_code == 201
    assert (await current_subscription(world))["period"] == "monthly"
    await pay(world, checkout.json())

    now = await current_subscription(world)
    assert (now["tier"], now["period"], now["status"]) == ("pro", "yearly", "active")


async def test_an_operators_offer_is_passed_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAZORPAY_OFFERS", "offer_ofDiwali00001")
    settings.reset_cache()
    await save_billing_details(world)

    checkout = await create_checkout(world, offer_id="offer_ofDiwali00001")

    assert checkout.status_code == 201
    (there,) = await provider_subscriptions(world)
    assert there["offer_id"] == "offer_ofDiwali00001"


async def test_a_user_has_one_trial(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.reset_cache()
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    assert checkout["start_at"] is not None
    await pay(world, checkout)
    now = await current_subscription(world)
    assert (now["tier"], now["status"]) == ("pro", "trial")

    assert (await world.post("/subscription/cancel", {"at_period_end": False})).is_success
    assert (await current_subscription(world))["tier"] == "free"
    assert (await create_checkout(world)).json()["start_at"] is None


async def test_the_number_of_open_subscriptions_per_user_is_limited(world: World) -> None:
    await save_billing_details(world)
    for at in range(20):
        world.database.rows(
            "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, cancelled_at, metadata) "
            "values (%s, 'pro', 'cancelled', 'razorpay', oneai.now(), jsonb_build_object('n', %s::int))",
            world.people["asha"],
            at,
        )

    refused = await create_checkout(world)

    assert status_and_code(refused) == (429, "rate_limited")
    assert uuid4().hex not in refused.text
