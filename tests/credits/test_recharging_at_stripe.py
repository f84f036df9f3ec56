"""Credits are bought automatically at Stripe: a mandate by its page, and debits without the payer."""

import pytest

from oneai.billing import credit_packages, due_recharges, provider_operations, reconcile_subscriptions
from oneai.billing.providers import choice
from oneai.billing.providers.stripe import fetch_mandate
from oneai.clients import stripe
from oneai.postgres.cached_rows import CachedRows
from tests.billing.stripe.users import OK, pay, sold_at_stripe
from tests.billing.subscriptions.subscribing import create_checkout
from tests.credits.buying import DOLLAR, Buyer
from tests.credits.stripe_recharges import ASKS_ALWAYS, BANK, DECLINED_LATER, WANTED, Recharge
from tests.credits.test_ledger import problems
from tests.workspaces.teams import refusal
from tests.world import World

pytestmark = pytest.mark.sampled(0.2)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


@pytest.fixture
def recharge(world: World, monkeypatch: pytest.MonkeyPatch) -> Recharge:
    """Asha's, where Stripe takes payments."""
    sold_at_stripe(world, monkeypatch)
    return Recharge(world)


async def test_credits_that_are_low_are_bought_at_stripe_at_once(recharge: Recharge) -> None:
    found = await recharge.authorize()
    assert (found["payment_provider"], found["state"], found["notice_hours"]) == ("stripe", "active", 0)
    assert (found["pending"], found["confirmed_above"], recharge.grants) == (None, None, 1)
    await recharge.after(1)
    assert recharge.grants == 1

    recharge.spend(6 * DOLLAR)
    await recharge.after(0.1)

    assert (await recharge.buyer.available(), recharge.grants) == (14 * DOLLAR, 2)
    (debit,) = await recharge.debits()
    assert (debit["status"], debit["amount_received"], debit["currency"]) == ("succeeded", 1_000, "usd")
    assert (debit["payment_method"], debit["customer"]) == (
        recharge.stored("token_ref"),
        recharge.stored("customer_ref"),
    )
    found = await recharge.shown()
    assert (found["state"], found["pending"], found["spent_this_month"]) == ("active", None, 1_000)
    assert problems(recharge.world.database) == []
    await recharge.after(48)
    assert recharge.grants == 2


async def test_the_page_of_a_mandate_is_stripes(recharge: Recharge) -> None:
    await recharge.buyer.live_at(country="US", state="TX")
    found = await recharge.put()
    order = found["pending"]
    assert (order["kind"], order["payment_provider"], order["amount"]) == ("mandate", "stripe", 1_000)
    checkout = order["checkout"]
    assert (checkout["key_id"], checkout["order_id"], checkout["customer_id"], checkout["recurring"]) == (
        *(None, None, None),
        False,
    )
    assert checkout["short_url"].startswith(f"{recharge.world.address}/stripe/c/pay/")
    await recharge.paid(order)
    assert (await recharge.buyer.outcome(order)) == ("paid", None)


async def test_a_declined_debit_pauses_and_the_third_stops_at_stripe(recharge: Recharge) -> None:
    await recharge.authorize(DECLINED_LATER)
    recharge.spend(9 * DOLLAR)
    for refusals in (1, 2):
        await recharge.after(0.2)
        found = await recharge.shown()
        assert (found["state"], found["problem"], found["refusals"]) == ("paused", "refused", refusals)
        await recharge.after(0.7)
        assert await recharge.attempts() == refusals
        await recharge.after(0.3)
    found = await recharge.shown()
    assert (found["on"], found["problem"], recharge.grants) == (False, "refused", 1)
    await recharge.after(100)
    assert (await recharge.attempts(), recharge.mails()) == (3, ["refused", "refused", "stopped"])


async def test_a_bank_that_asks_its_payer_makes_the_holder_confirm(recharge: Recharge) -> None:
    await recharge.authorize(ASKS_ALWAYS)
    assert recharge.grants == 1
    recharge.spend(9 * DOLLAR)
    await recharge.after(0.1)
    await recharge.after(0.1)

    found = await recharge.shown()
    assert (found["state"], found["pending"]["kind"]) == ("confirmation_required", "confirmation")
    assert found["pending"]["checkout"]["short_url"].startswith(f"{recharge.world.address}/stripe/c/pay/")
    assert recharge.mails()[-1:] == ["confirm"]
    await recharge.paid(found["pending"], ASKS_ALWAYS)
    assert (await recharge.buyer.available(), recharge.grants, await recharge.attempts()) == (11 * DOLLAR, 2, 1)
    found = await recharge.shown()
    assert (found["state"], found["refusals"], found["problem"]) == ("active", 0, None)


@pytest.mark.parametrize("fault", ["lost", "broken"])
async def test_a_debit_whose_answer_stripe_lost_is_made_once(recharge: Recharge, fault: str) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    await _open_only(recharge)
    recharge.world.stripe.fault = fault
    await reconcile_subscriptions()
    recharge.world.stripe.fault = None
    assert await recharge.attempts() == 1
    # The events arrive before any answer, and the job asks again, also when Stripe has forgotten the key.
    await recharge.after(0.1)
    await recharge.after(1)
    await recharge.after(30)
    assert (await recharge.buyer.available(), recharge.grants, await recharge.attempts()) == (14 * DOLLAR, 2, 1)


async def test_a_debit_without_answer_and_events_is_found_by_the_job(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    await _open_only(recharge)
    recharge.world.stripe.deliveries.switch("drop")
    recharge.world.stripe.fault = "lost"
    await reconcile_subscriptions()
    recharge.world.stripe.fault = None
    await recharge.after(0.2)
    assert (recharge.grants, await recharge.attempts()) == (2, 1)


async def test_a_declined_debit_whose_answer_stripe_lost_is_not_tried_again(recharge: Recharge) -> None:
    await recharge.authorize(DECLINED_LATER)
    recharge.spend(6 * DOLLAR)
    await _open_only(recharge)
    recharge.world.stripe.deliveries.switch("drop")
    recharge.world.stripe.fault = "lost"
    await provider_operations.run_due()
    recharge.world.stripe.fault = None
    assert (await recharge.attempts(), (await recharge.shown())["refusals"]) == (1, 0)

    # The worker comes back when Stripe has forgotten the key of the request, and before anything else looks.
    recharge.world.database.advance(25 * 3_600)
    await recharge.world.stripe.catch_up()
    await provider_operations.run_due()

    assert (await recharge.attempts(), (await recharge.shown())["refusals"]) == (1, 1)


async def test_an_order_whose_answer_stripe_lost_is_opened_once(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    recharge.world.stripe.fault = "lost"
    await reconcile_subscriptions()
    await reconcile_subscriptions()
    recharge.world.stripe.fault = None
    await recharge.after(0.1)
    assert (recharge.grants, await recharge.attempts(), len(await recharge.debits())) == (2, 1, 1)


async def test_a_debit_that_stripe_never_got_is_sent_again(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    world = recharge.world
    # The worker dies after it has marked the debit as sent.
    await _open_only(recharge)
    operation = world.database.one("select id from oneai.provider_operations where kind = 'charge'")
    world.database.rows("select oneai.begin_charge(%s, true)", operation)
    assert await recharge.attempts() == 0

    await recharge.after(0.1)

    assert (recharge.grants, await recharge.attempts()) == (2, 1)


@pytest.mark.parametrize("suspended", [True, False])
async def test_a_debit_that_was_turned_off_meanwhile_is_not_sent_again(recharge: Recharge, suspended: bool) -> None:
    await recharge.authorize()
    recharge.spend(6 * DOLLAR)
    await _open_only(recharge)
    operation = recharge.world.database.one("select id from oneai.provider_operations where kind = 'charge'")
    recharge.world.database.rows("select oneai.begin_charge(%s, true)", operation)
    if suspended:
        recharge.world.database.rows("update oneai.workspaces set suspended_at = oneai.now()")
    else:
        await recharge.put(on=False)
    await recharge.after(1)
    assert (recharge.grants, await recharge.attempts()) == (1, 0)


async def test_a_card_that_was_removed_in_the_portal_ends_the_recharge(recharge: Recharge) -> None:
    await recharge.authorize()
    async with recharge.world.stripe.session() as engine:
        engine.remove_cards(recharge.stored("customer_ref"))
    paid = recharge.world.database.one("select provider_payment_id from oneai.payments where status = 'captured'")
    assert (await fetch_mandate(paid)).token_ref is None
    recharge.spend(6 * DOLLAR)
    await recharge.after(0.1)
    found = await recharge.shown()
    assert (found["on"], found["problem"], recharge.mails()) == (False, "not_authorized", ["ended"])
    assert (recharge.grants, await recharge.attempts()) == (1, 0)
    assert (await recharge.put())["state"] == "authorization_required"


async def test_turning_it_off_removes_the_card_at_stripe(recharge: Recharge) -> None:
    await recharge.authorize()
    token = recharge.stored("token_ref")
    assert await _customer_of(recharge, token) is not None
    for _ in range(2):
        assert (await recharge.put(on=False))["state"] == "off"
    await recharge.after(0.1)
    assert await _customer_of(recharge, token) is None
    assert recharge.world.database.rows("select * from oneai.ended_mandates") == []
    recharge.spend(9 * DOLLAR)
    await recharge.after(1)
    assert recharge.grants == 1


@pytest.mark.parametrize(("card", "removed"), [(OK, False), (DECLINED_LATER, True)])
async def test_the_card_of_a_subscription_is_not_removed_with_a_recharge(
    recharge: Recharge, card: str, removed: bool
) -> None:
    await recharge.authorize()
    created = await create_checkout(recharge.world, currency="USD")
    assert created.status_code == 201, created.text
    await pay(recharge.world, created.json()["checkout_url"], card)
    token = recharge.stored("token_ref")
    await recharge.put(on=False)
    await recharge.after(0.1)
    assert (await _customer_of(recharge, token) is None) is removed
    assert recharge.world.database.rows("select * from oneai.ended_mandates") == []


async def test_a_debit_at_stripe_can_be_refunded_and_disputed(recharge: Recharge) -> None:
    await recharge.authorize()
    recharge.spend(9 * DOLLAR)
    await recharge.after(0.1)
    (debit,) = await recharge.debits()
    grant = str(recharge.buyer.grant_of(debit["id"]))
    refunded = await recharge.buyer.send("POST", "/credits/refund", {"grant_id": grant})
    assert refunded.status_code == 202, refunded.text
    await recharge.after(0.1)
    async with recharge.world.stripe.session(changing=False) as engine:
        assert engine.charge_of(debit["id"])["amount_refunded"] == 1_000
    # Only a dollar is left again: another recharge follows, whose payer disputes it.
    await recharge.after(0.1)
    *_, debit = await recharge.debits()
    assert debit["status"] == "succeeded"
    async with recharge.world.stripe.session() as engine:
        engine.dispute(debit["id"], "needs_response")
    await recharge.after(0.1)
    before = await recharge.attempts()
    await recharge.after(1)
    assert (await recharge.buyer.available(), await recharge.attempts()) == (DOLLAR, before)


async def test_a_bank_account_authorizes_when_its_first_payment_is_there(recharge: Recharge) -> None:
    found = await recharge.authorize(BANK)
    assert (found["state"], recharge.grants) == ("authorization_required", 0)
    recharge.world.database.rows("update oneai.credit_orders set expires_at = expires_at + interval '4 days'")
    await recharge.after(73)
    assert ((await recharge.shown())["state"], recharge.grants) == ("active", 1)


async def test_a_recharge_remains_at_razorpay_until_it_is_turned_on_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    recharge = Recharge(world)
    buyer = Buyer(world)
    await buyer.live_at(country="US", state="CA")
    found = await recharge.put()
    assert found["payment_provider"] == "razorpay"
    await buyer.pay(found["pending"])
    token, customer = recharge.stored("token_ref"), recharge.stored("customer_ref")
    assert token is not None
    sold_at_stripe(world, monkeypatch)

    assert (await recharge.put(per_month=6_000))["state"] == "active"
    assert (recharge.stored("payment_provider"), recharge.stored("token_ref")) == ("razorpay", token)
    recharge.spend(6 * DOLLAR)
    await recharge.after(0.1)
    await world.razorpay.catch_up()
    await recharge.after(0.1)
    assert (recharge.grants, await recharge.debits()) == (2, [])

    await recharge.put(on=False)
    found = await recharge.put()
    assert (found["payment_provider"], found["state"]) == ("stripe", "authorization_required")
    await recharge.paid(found["pending"])
    assert (await recharge.shown())["state"] == "active"
    await recharge.after(0.1)
    assert world.database.rows("select * from oneai.ended_mandates") == []
    async with world.razorpay.session() as engine:
        assert engine.tokens_of(customer) == []


async def test_a_country_whose_provider_debits_nothing_has_no_recharge(
    recharge: Recharge, monkeypatch: pytest.MonkeyPatch
) -> None:
    recharge.world.database.rows(
        "update oneai.payment_provider_rules set payment_providers = '{midtrans}', otherwise = '{}' where country = '*'"
    )
    await recharge.buyer.live_at(country="US", state="TX")
    monkeypatch.setattr(choice, "read", CachedRows("select oneai.read_payment_provider_rules()", choice.parse).read)
    assert refusal(await recharge.buyer.send("PUT", "/credits/auto-recharge", WANTED)) == (422, "invalid_request")


async def _open_only(recharge: Recharge) -> None:
    """Opens the recharge that is due, and debits nothing."""
    left = iter([1.0, 0.0, 0.0])
    assert await due_recharges.open_due(lambda: next(left)) == 1


async def _customer_of(recharge: Recharge, method: str) -> str | None:
    """Whose payment method it is at Stripe."""
    async with recharge.world.stripe.session(changing=False) as engine:
        found: str | None = engine.account.get("payment_method", method)["customer"]
        return found
