"""What goes wrong at Stripe: disputes, acts in the dashboard, other currencies, outages, and refunds that come back."""

from typing import Any
from uuid import UUID

import pytest

from oneai.billing import processing, provider_operations
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import stripe as client
from stand_ins.stripe import catalogue, routes
from stand_ins.stripe.form import parse
from tests.billing.stripe.buyers import AMOUNT, OK, PRICE, Buyer

pytestmark = pytest.mark.sampled(0.25)

DOCUMENTS = "select kind, total, withdrawn_at is not null from oneai.invoices order by number, kind"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gives up soon."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.001)


async def end_at_once(buyer: Buyer, ours: UUID) -> None:
    """The user ends it now; what follows is sent to Stripe."""
    await processing.record_wish(buyer.workspace, "select oneai.end_subscription(%s, %s)", [buyer.workspace, None])
    await provider_operations.run_pending(buyer.workspace)


def status_there(buyer: Buyer, ours: UUID) -> str:
    """A subscription's status at Stripe."""
    return str(buyer.simulator.engine.account.get("subscription", buyer.ref(ours))["status"])


async def change_there(buyer: Buyer, ours: UUID, **item: Any) -> None:
    """An operator edits the subscription's item in the dashboard, without proration."""
    async with buyer.simulator.session() as engine:
        there = engine.account.get("subscription", buyer.ref(ours))
        form = {"items": [{"id": there["items"]["data"][0]["id"], **item}], "proration_behavior": "none"}
        routes.write(engine, "POST", ["subscriptions", there["id"]], parse(client.encode(form)))
    await buyer.simulator.catch_up()


async def test_a_dispute_that_is_lost_and_then_won_restores_nothing(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    for status in ("needs_response", "under_review", "lost"):
        await buyer.act(f"/payments/{buyer.payment}", {"dispute": status})
    await provider_operations.run_pending(buyer.workspace)
    assert (buyer.tier_and_status[0], status_there(buyer, ours)) == ("free", "canceled")

    await buyer.act(f"/payments/{buyer.payment}", {"dispute": "won"})

    assert buyer.tier_and_status[0] == "free"
    assert buyer.database.rows("select status from oneai.disputes") == ["lost"]
    await buyer.after(days=40)
    assert buyer.payments == [("disputed", AMOUNT)]


async def test_refunds_in_parts_in_the_dashboard_end_the_plan_when_they_add_up(buyer: Buyer) -> None:
    ours = await buyer.subscribe()

    await buyer.act(f"/payments/{buyer.payment}", {"refund": 300})
    assert buyer.tier_and_status == ("pro", "active")
    await buyer.act(f"/payments/{buyer.payment}", {"refund": None})
    await provider_operations.run_pending(buyer.workspace)

    assert (buyer.tier_and_status[0], status_there(buyer, ours)) == ("free", "canceled")
    assert buyer.payments == [("refunded", AMOUNT)]
    assert sorted(buyer.database.rows("select total from oneai.invoices where kind = 'credit_note'")) == [300, 600]


async def test_a_payment_in_a_currency_that_is_not_ours_is_quarantined(buyer: Buyer) -> None:
    async with buyer.simulator.session() as engine:
        engine.account.get("price", PRICE)["currency"] = "eur"

    await buyer.subscribe()

    assert buyer.tier_and_status == ("free", "active")
    found = buyer.database.rows("select currency, amount, quarantined_at is not null from oneai.payments")
    assert found == [("EUR", AMOUNT, True)]
    assert "payment_quarantined" in buyer.database.rows("select kind from oneai.operator_alerts")
    assert buyer.database.rows(DOCUMENTS) == []


async def test_a_subscription_deleted_in_the_dashboard_lasts_to_the_end_of_its_period(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    await buyer.after(days=3)

    await buyer.act(f"/subscriptions/{buyer.ref(ours)}", {"cancel": "now"})

    assert buyer.tier_and_status == ("pro", "cancelled")
    await buyer.after(days=30)
    await buyer.reconcile()
    assert (buyer.tier_and_status[0], buyer.payments) == ("free", [("captured", AMOUNT)])


async def test_a_price_that_is_edited_in_the_dashboard_buys_nothing(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    async with buyer.simulator.session() as engine:
        form = {
            "currency": "usd",
            "unit_amount": 50,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Pro"},
        }
        catalogue.price(engine.account, parse(client.encode(form)), "price_1Edited")
    await change_there(buyer, ours, price="price_1Edited")
    await buyer.after(days=32)
    await buyer.after(days=8)
    await buyer.reconcile()

    assert buyer.tier_and_status[0] == "free"
    quarantined = buyer.database.rows("select amount from oneai.payments where quarantined_at is not null")
    assert quarantined == [50]


async def test_a_quantity_that_is_edited_in_the_dashboard_brings_no_second_plan(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    query = "select seats from oneai.workspaces where id = %s"
    seats = buyer.database.one(query, buyer.workspace)
    await change_there(buyer, ours, quantity=2)
    await buyer.after(days=32)

    assert buyer.tier_and_status == ("pro", "active")
    assert buyer.payments == [("captured", AMOUNT), ("captured", 2 * AMOUNT)]
    assert buyer.database.one(query, buyer.workspace) == seats


async def test_the_events_of_another_account_change_nothing(buyer: Buyer) -> None:
    ours, _ = await buyer.open()
    async with buyer.simulator.session() as engine:
        engine.pay(buyer.ref(ours), OK)
    for delivery in buyer.simulator.deliveries.all:
        delivery.body = delivery.body.replace('"object":"event"', '"object":"event","account":"acct_other"', 1)
    await buyer.simulator.catch_up()

    assert (buyer.tier_and_status, buyer.payments) == (("free", "active"), [])
    kinds = buyer.database.rows("select kind from oneai.provider_events")
    assert kinds
    assert all(each.endswith("(of another account)") for each in kinds), kinds


@pytest.mark.usefixtures("impatient")
async def test_stripe_away_for_an_hour_during_a_checkout_leaves_nothing_to_pay(buyer: Buyer) -> None:
    buyer.simulator.fault = "away"
    with pytest.raises(PaymentProviderUnavailable):
        await buyer.open()
    await buyer.after(minutes=30)
    await buyer.reconcile()
    assert buyer.database.rows("select status from oneai.subscriptions") == ["none"]

    buyer.simulator.fault = None
    await buyer.after(minutes=31)
    await buyer.reconcile()

    assert buyer.database.rows("select status from oneai.subscriptions") == ["cancelled"]
    await buyer.subscribe()
    assert buyer.tier_and_status == ("pro", "active")


@pytest.mark.usefixtures("impatient")
async def test_stripe_away_for_an_hour_during_a_cancellation_receives_it_later(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    buyer.simulator.fault = "away"
    await end_at_once(buyer, ours)
    assert (buyer.tier_and_status[0], status_there(buyer, ours)) == ("free", "active")

    await buyer.after(hours=1)
    buyer.simulator.fault = None
    await buyer.reconcile()
    await buyer.simulator.catch_up()

    assert status_there(buyer, ours) == "canceled"
    refunds = buyer.database.rows("select status, amount from oneai.refunds")
    assert refunds == [("processed", pytest.approx(AMOUNT, abs=2))]


async def test_the_credit_note_of_a_refund_that_came_back_is_withdrawn(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    await end_at_once(buyer, ours)
    await buyer.simulator.catch_up()
    (refund,) = buyer.simulator.engine.account.all("refund")
    query = "select total, withdrawn_at is not null from oneai.invoices where kind = 'credit_note'"
    ((credited, withdrawn),) = buyer.database.rows(query)
    assert not withdrawn

    await buyer.act(f"/refunds/{refund}", {"returned": True})
    await provider_operations.run_pending(buyer.workspace)
    await buyer.simulator.catch_up()

    assert sorted(buyer.database.rows(query)) == [(credited, False), (credited, True)]
    assert len(buyer.simulator.engine.account.all("refund")) == 2
