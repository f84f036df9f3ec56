"""A subscription at Stripe over real HTTP: from its checkout to its end, with webhooks in every order."""

from uuid import uuid4

import pytest

from oneai.billing.providers import stripe as provider
from oneai.billing.providers.face import Cancel, RefundPayment
from tests.billing.stripe.buyers import AMOUNT, DECLINED, LATER, OK, Buyer

pytestmark = pytest.mark.sampled(0.4)


async def test_a_checkout_is_paid_renewed_and_cancelled_at_the_end_of_its_period(buyer: Buyer) -> None:
    ours, page = await buyer.open()
    assert buyer.ref(ours).startswith("cs_")
    await buyer.http.post(page, data={"card": DECLINED})
    assert buyer.tier_and_status == ("free", "active")

    await buyer.http.post(page, data={"card": OK})
    await buyer.simulator.catch_up()
    assert buyer.ref(ours).startswith("sub_")
    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)])
    await buyer.after(days=32)
    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)] * 2)

    await provider.send(Cancel(buyer.ref(ours), at_period_end=True))
    await buyer.after(days=32)
    assert (buyer.tier_and_status, len(buyer.payments)) == (("free", "cancelled"), 2)


@pytest.mark.parametrize("mode", ["reorder", "duplicate", "rolled", "previous_secret"])
async def test_webhooks_in_any_order_lead_to_the_same_state(buyer: Buyer, mode: str) -> None:
    buyer.simulator.deliveries.switch(mode)

    await buyer.subscribe()

    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)])
    assert buyer.events.get("pending") is None


@pytest.mark.parametrize("mode", ["unsigned", "late", "drop"])
async def test_what_webhooks_missed_is_found_by_the_job(buyer: Buyer, mode: str) -> None:
    buyer.simulator.deliveries.switch(mode)
    await buyer.subscribe()
    assert (buyer.tier_and_status, buyer.events) == (("free", "active"), {})

    await buyer.reconcile()

    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)])


async def test_a_failed_renewal_keeps_its_grace_and_recovers_on_its_invoice(buyer: Buyer) -> None:
    ours = await buyer.subscribe(LATER)
    await buyer.after(days=32)
    assert buyer.tier_and_status == ("pro", "past_due")

    subscription = buyer.simulator.engine.account.get("subscription", buyer.ref(ours))
    invoice = buyer.simulator.engine.account.get("invoice", subscription["latest_invoice"])
    await buyer.http.post(invoice["hosted_invoice_url"], data={"number": "4111111111111111"})
    await buyer.simulator.catch_up()

    assert buyer.tier_and_status == ("pro", "active")
    assert sorted(buyer.payments) == [("captured", AMOUNT), ("captured", AMOUNT), ("failed", AMOUNT)]


async def test_a_subscription_that_is_never_paid_again_ends(buyer: Buyer) -> None:
    await buyer.subscribe(LATER)

    for _ in range(5):
        await buyer.after(days=12)

    assert buyer.tier_and_status[0] == "free"


async def test_a_cancelled_checkout_closes_its_page(buyer: Buyer) -> None:
    ours, page = await buyer.open()

    observation = await provider.send(Cancel(buyer.ref(ours), at_period_end=False))

    assert [each.ended for each in observation.snapshots] == [True]
    assert "expired" in (await buyer.http.get(page)).text


async def test_a_checkout_that_was_paid_while_it_was_closed_is_cancelled(buyer: Buyer) -> None:
    ours, page = await buyer.open()
    session = buyer.ref(ours)
    await buyer.http.post(page, data={"card": OK})

    observation = await provider.send(Cancel(session, at_period_end=False))

    (snapshot,) = observation.snapshots
    assert (snapshot.ref[:4], snapshot.status, snapshot.ended) == ("sub_", "cancelled", True)


async def test_a_checkout_whose_answer_was_lost_is_found(buyer: Buyer) -> None:
    ours, _ = await buyer.open()
    (since,) = buyer.database.rows("select created_at from oneai.subscriptions where id = %s", ours)

    found = await provider.find_checkout(ours, "", since)

    assert found is not None
    assert found.ref == buyer.ref(ours)
    assert await provider.find_checkout(uuid4(), "", since) is None


async def test_refunds_of_the_dashboard_and_of_ours_are_counted_once(buyer: Buyer) -> None:
    await buyer.subscribe()
    await buyer.act(f"/payments/{buyer.payment}", {"refund": 100})
    operation = uuid4()

    first = await provider.send(RefundPayment(buyer.payment, 200, "USD", operation))
    buyer.database.advance(2 * 86_400)  # Stripe has forgotten the key
    again = await provider.send(RefundPayment(buyer.payment, 200, "USD", operation))
    await buyer.simulator.catch_up()

    assert first.refunds[0].ref == again.refunds[0].ref
    assert sorted(buyer.database.rows("select amount from oneai.refunds where status = 'processed'")) == [100, 200]


async def test_a_refund_that_is_sent_back_counts_as_failed(buyer: Buyer) -> None:
    await buyer.subscribe()
    await buyer.act(f"/payments/{buyer.payment}", {"refund": 100})
    (refund,) = buyer.simulator.engine.account.all("refund")

    await buyer.act(f"/refunds/{refund}", {"returned": True})

    assert buyer.database.rows("select status, returned from oneai.refunds") == [("failed", True)]
    assert buyer.payments == [("captured", AMOUNT)]


async def test_a_lost_dispute_ends_what_it_paid_for(buyer: Buyer) -> None:
    await buyer.subscribe()

    await buyer.act(f"/payments/{buyer.payment}", {"dispute": "needs_response"})
    assert buyer.tier_and_status[0] == "pro"
    await buyer.act(f"/payments/{buyer.payment}", {"dispute": "lost"})

    assert buyer.tier_and_status[0] == "free"


async def test_an_endpoint_of_an_older_version_still_pays(buyer: Buyer) -> None:
    await buyer.act("/account", {"api_version": "2024-11-20.acacia"})

    await buyer.subscribe()
    await buyer.after(days=32)

    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)] * 2)


async def test_events_of_the_other_mode_change_nothing(buyer: Buyer) -> None:
    await buyer.act("/account", {"livemode": True})

    await buyer.subscribe()

    assert (buyer.tier_and_status, buyer.payments) == (("free", "active"), [])
    kinds = set(buyer.database.rows("select kind from oneai.provider_events"))
    assert "customer.subscription.created (a live event, and our key is for tests)" in kinds


async def test_the_portal_is_that_of_the_customer(buyer: Buyer) -> None:
    ours = await buyer.subscribe()

    url = await provider.portal_url(buyer.ref(ours), None)

    assert url is not None
    assert "$9.00" in (await buyer.http.get(url)).text


async def test_a_workspace_has_one_customer(buyer: Buyer) -> None:
    await buyer.open()
    await buyer.order()

    assert len(buyer.simulator.engine.account.all("customer")) == 1
    assert len(buyer.database.rows("select ref from oneai.provider_customers")) == 1
