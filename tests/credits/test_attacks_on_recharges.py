"""What must not make an automatic recharge debit: others' mandates, unpaid ones, two at once, many within a day."""

import asyncio
from uuid import UUID, uuid4

import pytest

from oneai.billing import credit_debits, credit_packages, due_recharges, reconcile_subscriptions
from oneai.billing.projection.policy import RECHARGES_OF_A_DAY
from oneai.billing.providers.face import Debit, Mandate
from oneai.billing.providers.stripe import debit, fetch_mandate
from oneai.clients import stripe
from tests.billing.stripe.users import sold_at_stripe
from tests.credits.buying import DOLLAR
from tests.credits.stripe_recharges import WANTED, Recharge
from tests.world import World

pytestmark = pytest.mark.sampled(0.2)


@pytest.fixture
def recharge(world: World, monkeypatch: pytest.MonkeyPatch) -> Recharge:
    """Asha's, where Stripe takes payments."""
    monkeypatch.setattr(stripe, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()
    sold_at_stripe(world, monkeypatch)
    return Recharge(world)


async def test_ten_recharges_are_debited_within_a_day(recharge: Recharge) -> None:
    recharge.world.database.rows(
        "insert into oneai.credit_buying_limits (workspace_id, max_micro_usd) values (%s, 1000000000)",
        recharge.buyer.account,
    )
    await recharge.authorize(below_micro_usd=1_000 * DOLLAR, per_month=100_000)
    for _ in range(RECHARGES_OF_A_DAY + 2):
        await recharge.after(0.1)
    found = await recharge.shown()
    assert (found["state"], found["problem"]) == ("paused", "day_spent")
    assert await recharge.attempts() == RECHARGES_OF_A_DAY
    await recharge.after(24)
    assert await recharge.attempts() > RECHARGES_OF_A_DAY


async def test_the_payment_of_another_workspace_is_no_mandate(recharge: Recharge) -> None:
    other = Recharge(recharge.world, "ravi")
    await other.authorize()
    await recharge.buyer.live_at("9 Main St", country="US", state="TX")
    await recharge.put()
    database, account = recharge.world.database, recharge.buyer.account
    order = other.stored("mandate_order_id")
    before = recharge.stored("mandate_order_id")

    database.rows("select oneai.save_mandate_order(%s, %s, %s, 'cus_other')", *(account, account, UUID(order)))
    assert recharge.stored("mandate_order_id") == before

    # Even if the order's customer were another one, its token is not taken.
    database.rows(
        "select oneai.save_mandate(%s, %s, %s, %s)",
        *(account, UUID(before), other.stored("customer_ref") + "x", other.stored("token_ref")),
    )
    assert (recharge.stored("token_ref"), recharge.stored("is_on")) == (None, False)
    assert recharge.stored("problem") == "not_authorized"


async def test_a_page_that_is_not_paid_authorizes_nothing(recharge: Recharge) -> None:
    await recharge.buyer.live_at(country="US", state="TX")
    found = await recharge.put()
    await recharge.paid(found["pending"], "4000000000009995")
    await recharge.after(0.1)
    found = await recharge.shown()
    assert (found["state"], recharge.stored("token_ref")) == ("authorization_required", None)
    await recharge.after(30)
    assert (recharge.grants, await recharge.debits()) == (0, [])


async def test_an_own_purchase_authorizes_no_debits(recharge: Recharge) -> None:
    await recharge.buyer.live_at(country="US", state="TX")
    bought = await recharge.buyer.ordered(currency="USD")
    await recharge.paid(bought)
    await recharge.put()
    paid = recharge.world.database.one("select provider_payment_id from oneai.payments where status = 'captured'")
    assert (await fetch_mandate(paid)).token_ref is None
    recharge.spend(9 * DOLLAR)
    await recharge.after(1)
    assert recharge.grants == 1


async def test_two_requests_and_two_jobs_debit_once(recharge: Recharge) -> None:
    await recharge.authorize()
    answers = await asyncio.gather(
        *(recharge.buyer.send("PUT", "/credits/auto-recharge", WANTED) for _ in range(3)),
        *(recharge.buyer.send("GET", "/credits/auto-recharge") for _ in range(3)),
    )
    assert [each.status_code for each in answers] == [200] * 6
    recharge.spend(6 * DOLLAR)
    await asyncio.gather(*(reconcile_subscriptions() for _ in range(3)))
    await asyncio.gather(*(reconcile_subscriptions() for _ in range(3)))
    await recharge.after(0.1)
    assert (recharge.grants, await recharge.attempts(), len(await recharge.debits())) == (2, 1, 1)


async def test_requests_at_once_open_one_page_that_authorizes(recharge: Recharge) -> None:
    await recharge.buyer.live_at(country="US", state="TX")
    await asyncio.gather(*(recharge.buyer.send("PUT", "/credits/auto-recharge", WANTED) for _ in range(3)))
    open_orders = "select count(*) from oneai.credit_orders where expires_at > oneai.now() and paid_at is null"
    assert recharge.world.database.one(open_orders) <= 1
    found = await recharge.put()
    await recharge.paid(found["pending"])
    assert ((await recharge.shown())["state"], recharge.grants) == ("active", 1)


async def test_a_paid_mandate_is_not_asked_for_again(recharge: Recharge) -> None:
    await recharge.buyer.live_at(country="US", state="TX")
    found = await recharge.put()
    await recharge.paid(found["pending"])
    found = await recharge.put(per_month=6_000)
    assert (found["state"], found["pending"], recharge.grants) == ("active", None, 1)


async def test_two_workers_of_one_debit_charge_once(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    database = recharge.world.database
    await reconcile_subscriptions()
    operation = database.one("select id from oneai.provider_operations where kind = 'charge'")
    await asyncio.gather(*(credit_debits.charge(operation, "reconciliation") for _ in range(3)))
    await recharge.after(0.1)
    assert (recharge.grants, await recharge.attempts()) == (2, 1)


async def test_an_order_that_two_operations_debit_at_once_is_charged_once(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    left = iter([1.0, 0.0, 0.0])
    assert await due_recharges.open_due(lambda: next(left)) == 1
    (intent,) = await recharge.debits()
    mandate = Mandate(recharge.stored("customer_ref"), recharge.stored("token_ref"))
    account = recharge.buyer.account
    twice = [Debit(intent["id"], mandate, 1_000, "USD", "10 dollars of credits", account, uuid4()) for _ in range(2)]

    # Each reads that nothing was tried; Stripe refuses the second one, which is no refusal of the payer.
    await asyncio.gather(*(debit(each) for each in twice))

    assert await recharge.attempts() == 1
