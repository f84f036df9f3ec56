"""Events of Stripe that misled other integrations lead to the right state here."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oneai.billing.facts import Observation
from oneai.billing.providers import stripe as provider
from oneai.billing.providers.stripe import entities
from tests.billing.stripe.buyers import AMOUNT, BANK, OK, Buyer, buying
from tests.world import Database


@pytest.fixture
async def buyer(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Buyer]:
    """A buyer of their own."""
    async with buying(database, tmp_path, monkeypatch) as buyer:
        yield buyer


@pytest.mark.parametrize("version", ["2024-11-20.acacia", "2026-10-28.endive"])
async def test_a_renewal_moves_the_period_on_in_both_versions(buyer: Buyer, version: str) -> None:
    await buyer.act("/account", {"api_version": version})
    ours = await buyer.subscribe()
    period = "select current_period_start, current_period_end from oneai.subscriptions where id = %s"
    (before,) = buyer.database.rows(period, ours)

    await buyer.after(days=32)

    (after,) = buyer.database.rows(period, ours)
    assert before[1] == after[0]
    assert len(buyer.payments) == 2


async def test_created_after_updated_leaves_a_paid_subscription_active(buyer: Buyer) -> None:
    buyer.simulator.deliveries.switch("drop")
    await buyer.subscribe()
    buyer.simulator.deliveries.switch("normal")
    events = {each.name: each for each in buyer.simulator.deliveries.all}

    for name in ("customer.subscription.updated", "customer.subscription.created"):
        body = events[name].body.encode()
        at = int(buyer.database.one("select extract(epoch from oneai.now())::bigint"))
        headers = buyer.simulator.rules.headers(events[name], body, at)
        await buyer.http.post(buyer.simulator.webhook, content=body, headers=dict(headers))

    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)])


async def test_a_completed_checkout_grants_only_when_its_debit_is_paid(buyer: Buyer) -> None:
    _, page = await buyer.open()
    await buyer.http.post(page, data={"card": BANK})
    await buyer.simulator.catch_up()
    assert (buyer.tier_and_status[0], buyer.payments) == ("free", [])

    await buyer.after(days=3, minutes=1)

    assert (buyer.tier_and_status[0], buyer.payments) == ("pro", [("captured", AMOUNT)])


async def test_a_refund_that_fails_later_is_no_money_that_went_back(buyer: Buyer) -> None:
    await buyer.subscribe("4000000000005126")
    await buyer.act(f"/payments/{buyer.payment}", {"refund": None})
    refunded = "select status from oneai.payments"
    assert buyer.database.rows(refunded) == ["refunded"]

    await buyer.after(days=9)

    assert buyer.database.rows(refunded) == ["captured"]


async def test_a_plan_that_the_portal_cancels_by_a_time_runs_to_its_end(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    subscription = buyer.simulator.engine.account.get("subscription", buyer.ref(ours))
    end = subscription["items"]["data"][0]["current_period_end"]
    subscription.update(cancel_at=end, cancel_at_period_end=False)

    await buyer.after(days=20)
    assert buyer.tier_and_status[0] == "pro"
    await buyer.after(days=13)

    assert (buyer.tier_and_status[0], len(buyer.payments)) == ("free", 1)


async def test_the_period_of_a_payment_is_its_lines_and_not_its_invoices(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    await buyer.after(days=32)
    subscription = buyer.simulator.engine.account.get("subscription", buyer.ref(ours))
    invoice = buyer.simulator.engine.account.get("invoice", subscription["latest_invoice"])

    period = entities.service_period(invoice)

    item = subscription["items"]["data"][0]
    assert period is not None
    assert (int(period[0].timestamp()), int(period[1].timestamp())) == (
        item["current_period_start"],
        item["current_period_end"],
    )
    assert (invoice["period_start"], invoice["period_end"]) == (item["current_period_start"],) * 2


async def test_an_invoice_names_its_subscription_in_its_parent(buyer: Buyer) -> None:
    await buyer.subscribe(OK)
    (paid,) = (each for each in buyer.simulator.deliveries.all if each.name == "invoice.paid")
    invoice = json.loads(paid.body)["data"]["object"]

    assert "subscription" not in invoice
    event = provider.observe("evt_1", paid.body.encode())
    assert event.subscription_ref == invoice["parent"]["subscription_details"]["subscription"]
    assert event.observation != Observation()
