"""The job looks through Stripe's lists: no payment, refund or dispute is lost with its events."""

import pytest

from oneai.billing import reconcile
from oneai.billing.facts import Observation
from oneai.billing.providers import stripe as provider
from oneai.billing.providers.face import Fetch
from oneai.billing.providers.stripe import entities
from stand_ins.stripe import payments
from tests.billing.stripe.buyers import AMOUNT, OK, Buyer

pytestmark = pytest.mark.sampled(0.3)

# After it, the job lists the time before.
HOURS = 6.2


async def job(buyer: Buyer) -> dict[str, int]:
    """A run that has nothing but the lists to find something in."""
    buyer.database.rows("update oneai.subscriptions set next_sync_at = null")
    return await reconcile.reconcile_subscriptions()


async def refund(buyer: Buyer, amount: int) -> None:
    """A refund in the dashboard whose events are lost."""
    payment = buyer.payment
    buyer.simulator.deliveries.switch("drop")
    await buyer.act(f"/payments/{payment}", {"refund": amount})


async def pay_for_nothing(buyer: Buyer) -> str:
    """A payment in our account for nothing of ours; its ref."""
    async with buyer.simulator.session() as engine:
        intent = payments.new_intent(engine.account, amount=4_200, currency="usd", customer=None)
        payments.confirm(engine.account, intent, payments.attach(engine.account, OK, None), present=True)
        return str(intent["id"])


async def test_a_renewal_without_any_event_is_found_by_its_charge(buyer: Buyer) -> None:
    await buyer.subscribe()
    buyer.simulator.deliveries.switch("drop")
    await buyer.after(days=32)

    assert (await job(buyer))["payments_recovered"] == 1

    assert buyer.payments == [("captured", AMOUNT)] * 2
    assert buyer.tier_and_status == ("pro", "active")


async def test_a_refund_without_any_event_is_found_once(buyer: Buyer) -> None:
    await buyer.subscribe()
    await refund(buyer, 300)
    await buyer.after(hours=HOURS)

    assert (await job(buyer))["refunds_recovered"] == 1

    assert buyer.database.rows("select total from oneai.invoices where kind = 'credit_note'") == [300]
    await buyer.after(days=1)
    assert (await job(buyer))["refunds_recovered"] == 0


async def test_the_late_result_of_a_refund_is_found_a_day_later(buyer: Buyer) -> None:
    await buyer.subscribe()
    buyer.simulator.engine.account.refund_delay = 20 * 3_600
    await refund(buyer, 300)
    await buyer.after(hours=HOURS)
    await job(buyer)
    assert buyer.database.rows("select status from oneai.refunds") == ["pending"]

    await buyer.after(hours=24 + HOURS)
    await job(buyer)

    assert buyer.database.rows("select status from oneai.refunds") == ["processed"]


async def test_a_dispute_without_any_event_is_found_and_its_loss_weeks_later(buyer: Buyer) -> None:
    await buyer.subscribe()
    payment = buyer.payment
    buyer.simulator.deliveries.switch("drop")
    await buyer.act(f"/payments/{payment}", {"dispute": "needs_response"})
    await buyer.after(hours=HOURS)

    assert (await job(buyer))["disputes_recovered"] == 1

    query = "select status from oneai.disputes"
    assert buyer.database.rows(query) == ["action_required"]
    assert buyer.tier_and_status == ("pro", "active")
    await buyer.after(days=20)
    assert (await job(buyer))["disputes_recovered"] == 0
    await buyer.act(f"/payments/{payment}", {"dispute": "lost"})
    await buyer.after(hours=HOURS)

    assert (await job(buyer))["disputes_recovered"] == 1

    assert buyer.database.rows(query) == ["lost"]
    assert buyer.tier_and_status[0] == "free"
    # A dispute that is won after it was lost restores nothing, so it is not found again.
    await buyer.act(f"/payments/{payment}", {"dispute": "won"})
    await buyer.after(hours=HOURS)
    assert (await job(buyer))["disputes_recovered"] == 0
    ref = buyer.database.one("select provider_dispute_id from oneai.disputes")
    known = [[ref], [payment], ["won"]]
    assert buyer.database.one("select oneai.disputes_not_known('stripe', %s, %s, %s)", *known) == []


async def test_the_event_of_a_dispute_that_was_found_first_says_when_it_was_lost(buyer: Buyer) -> None:
    await buyer.subscribe()
    payment = buyer.payment
    buyer.simulator.deliveries.switch("drop")
    await buyer.act(f"/payments/{payment}", {"dispute": "lost"})
    lost_at = buyer.database.one("select date_trunc('second', oneai.now())")
    await buyer.after(hours=HOURS)
    await job(buyer)
    assert buyer.database.one("select at > %s + interval '6 hours' from oneai.disputes", lost_at)

    for each in buyer.simulator.deliveries.all:
        each.state, each.mode = "waiting", "normal"
    await buyer.simulator.catch_up()

    assert buyer.database.one("select at - %s between '0' and interval '2 seconds' from oneai.disputes", lost_at)


async def test_a_payment_at_stripe_for_nothing_of_ours_is_an_alert_after_a_day(buyer: Buyer) -> None:
    await buyer.subscribe()
    payment = await pay_for_nothing(buyer)
    await buyer.after(hours=HOURS)
    assert (await job(buyer))["payments_unexplained"] == 0

    await buyer.after(days=1)

    assert (await job(buyer))["payments_unexplained"] == 1
    query = "select subject from oneai.operator_alerts where kind = 'credits_unexplained'"
    assert buyer.database.rows(query) == [payment]
    assert buyer.payments == [("captured", AMOUNT)]


async def test_what_a_payment_pays_is_its_subscription_its_order_or_nothing(buyer: Buyer) -> None:
    ours = await buyer.subscribe()
    subscription = await provider.fetch(Fetch(buyer.payment, "payment"))
    ref, page = await buyer.order()
    await buyer.http.post(page, data={"card": OK})
    async with buyer.simulator.session() as engine:
        intent = engine.session(ref)["payment_intent"]
    order = await provider.fetch(Fetch(intent, "payment"))

    assert ([each.ref for each in subscription.snapshots], len(subscription.payments)) == ([buyer.ref(ours)], 1)
    assert ([each.ref for each in order.orders], [each.ref for each in order.payments]) == ([ref], [intent])
    assert await provider.fetch(Fetch(await pay_for_nothing(buyer), "payment")) == Observation()
    assert await provider.fetch(Fetch("ch_1WithoutIntent", "payment")) == Observation()


async def test_what_stripe_kept_of_a_payment_is_known_after_the_list(buyer: Buyer) -> None:
    await buyer.subscribe()
    assert buyer.database.rows("select fee from oneai.payments") == [None]
    await buyer.after(hours=HOURS)
    await job(buyer)
    assert buyer.database.rows("select fee from oneai.payments") == [AMOUNT * 29 // 1_000 + 30]

    # An order's payment is fetched with its fee. A later list changes neither.
    buyer.database.rows("update oneai.payments set fee = 7")
    ref, page = await buyer.order()
    await buyer.http.post(page, data={"card": OK})
    (paid,) = (await provider.fetch(Fetch(ref, "order"))).payments
    assert paid.fee == paid.amount * 29 // 1_000 + 30
    await buyer.after(days=1)
    await job(buyer)
    assert buyer.database.rows("select fee from oneai.payments order by created_at")[0] == 7


def test_a_fee_in_another_currency_than_its_payment_is_unknown() -> None:
    kept = {"fee": 59, "currency": "usd"}
    assert entities.fee({"currency": "usd", "balance_transaction": kept}) == 59
    assert entities.fee({"currency": "idr", "balance_transaction": {"fee": 290_000, "currency": "idr"}}) == 2_900
    assert entities.fee({"currency": "inr", "balance_transaction": kept}) is None
    assert entities.fee({"currency": "usd", "balance_transaction": "txn_1"}) is None
