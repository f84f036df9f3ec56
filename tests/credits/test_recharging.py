"""Credits are bought automatically when they are low, with the instrument of the owner who turned that on."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from oneai.billing import credit_packages, reconcile_subscriptions
from oneai.clients import razorpay
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, TEN, Buyer
from tests.credits.test_ledger import problems
from tests.workspaces.teams import add_member, insert_team, refusal
from tests.world import World

HOUR = 3_600
WANTED = {"on": True, "below_micro_usd": 5 * DOLLAR, "package_id": "credits_10", "per_month": 3 * TEN}
GRANTS = "select count(*) from oneai.credit_grants where kind = 'paid'"
DEBITS = "select count(*) from oneai.payments as p join oneai.credit_orders as o on o.order_id = p.order_id"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def put(buyer: Buyer, **changes: Any) -> dict[str, Any]:
    """`PUT /credits/auto-recharge`."""
    answer = await buyer.send("PUT", "/credits/auto-recharge", WANTED | changes)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shown(buyer: Buyer) -> dict[str, Any]:
    """`GET /credits/auto-recharge`."""
    found: dict[str, Any] = (await buyer.send("GET", "/credits/auto-recharge")).json()
    return found


async def recharging(world: World, **changes: Any) -> Buyer:
    """Asha, who turned it on and authorized debits by buying ten dollars."""
    buyer = Buyer(world)
    await buyer.live_at()
    await authorize(buyer, **changes)
    return buyer


async def authorize(buyer: Buyer, **changes: Any) -> None:
    """Turns it on, and pays the order that authorizes debits."""
    found = await put(buyer, **changes)
    assert found["pending"]["kind"] == "mandate", found
    await buyer.pay(found["pending"])


async def after(world: World, hours: float) -> None:
    """Time passes, the job runs, and its events arrive."""
    world.database.advance(hours * HOUR)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    await world.razorpay.catch_up()
    await reconcile_subscriptions()


async def fails(world: World, outcome: str) -> None:
    """The outcome of debits from now on."""
    token = world.database.one("select token_ref from oneai.credit_recharges")
    async with world.razorpay.session() as engine:
        engine.script_debits(token, outcome)


def spend(world: World, workspace: UUID, amount: int) -> None:
    """An answer that cost this much."""
    account = Credits(world.database, workspace)
    assert account.settle(account.hold(amount), amount) == amount


def mails(world: World) -> list[str]:
    """The events of mail about recharges."""
    rows = world.database.rows(
        "select data ->> 'event' from oneai.outbox where kind = 'credit_recharge' order by created_at"
    )
    return list(rows)


async def test_credits_that_are_low_are_bought_a_day_after_the_notice(world: World) -> None:
    buyer = Buyer(world)
    assert (await shown(buyer))["on"] is False
    assert refusal(await buyer.send("PUT", "/credits/auto-recharge", WANTED)) == (422, "billing_details_required")
    await buyer.live_at()
    found = await put(buyer)
    assert (found["on"], found["state"], found["notice_hours"]) == (True, "authorization_required", 25)
    assert found["pending"]["checkout"]["recurring"] is True
    await buyer.pay(found["pending"])
    found = await shown(buyer)
    assert (found["state"], found["pending"], found["amount"]) == ("active", None, TEN)
    await after(world, 1)
    assert world.database.one(GRANTS) == 1

    spend(world, buyer.account, 6 * DOLLAR)
    await after(world, 0.1)
    found = await shown(buyer)
    assert (found["state"], found["pending"]["kind"], found["spent_this_month"]) == ("pending", "debit", TEN)
    await after(world, 23)
    assert world.database.one(GRANTS) == 1
    await after(world, 2)
    assert (await buyer.available(), world.database.one(GRANTS)) == (14 * DOLLAR, 2)
    found = await shown(buyer)
    assert (found["state"], found["pending"], found["spent_this_month"]) == ("active", None, TEN)
    assert problems(world.database) == []
    await after(world, 48)
    assert world.database.one(GRANTS) == 2


async def test_recharges_of_a_month_stay_below_their_sum(world: World) -> None:
    world.database.advance(6 * 24 * HOUR)
    buyer = await recharging(world, per_month=2 * TEN, below_micro_usd=1_000 * DOLLAR)
    for _ in range(8):
        await after(world, 26)
    assert world.database.one(GRANTS) == 3
    found = await shown(buyer)
    assert (found["state"], found["problem"], found["spent_this_month"]) == ("paused", "month_spent", 2 * TEN)
    assert refusal(await buyer.send("PUT", "/credits/auto-recharge", WANTED | {"per_month": TEN - 1}))[0] == 422


async def test_a_refused_debit_pauses_for_an_hour_and_the_third_stops(world: World) -> None:
    buyer = await recharging(world)
    spend(world, buyer.account, 9 * DOLLAR)
    for outcome, refusals in (("fail", 1), ("refuse", 2)):
        await after(world, 0.2)
        await fails(world, outcome)
        await after(world, 26)
        found = await shown(buyer)
        assert (found["state"], found["problem"], found["refusals"]) == ("paused", "refused", refusals)
        assert found["pending"] is None
        await after(world, 0.9)
        assert (await shown(buyer))["pending"] is None
    await after(world, 0.2)
    await after(world, 26)
    found = await shown(buyer)
    assert (found["on"], found["state"], found["problem"]) == (False, "off", "refused")
    await after(world, 100)
    assert (world.database.one(GRANTS), mails(world)) == (1, ["refused", "refused", "stopped"])
    await fails(world, "ok")
    assert (await put(buyer))["state"] == "active"
    await after(world, 0.2)
    await after(world, 26)
    assert world.database.one(GRANTS) == 2


async def test_a_debit_whose_answer_is_lost_is_sent_once(world: World) -> None:
    buyer = await recharging(world)
    spend(world, buyer.account, 6 * DOLLAR)
    await after(world, 0.2)
    world.database.advance(26 * HOUR)
    world.razorpay.deliveries.switch("drop")
    world.razorpay.fault = "lost"
    await reconcile_subscriptions()
    world.razorpay.fault = None
    async with world.razorpay.session() as engine:
        assert sum(each["token_id"] is not None for each in engine.account.payments.values()) == 2
    await after(world, 1)
    await after(world, 1)
    async with world.razorpay.session() as engine:
        assert sum(each["token_id"] is not None for each in engine.account.payments.values()) == 2
    assert (await buyer.available(), world.database.one(GRANTS)) == (14 * DOLLAR, 2)


async def test_two_jobs_open_and_debit_one_recharge(world: World) -> None:
    buyer = await recharging(world)
    spend(world, buyer.account, 6 * DOLLAR)
    await asyncio.gather(*(reconcile_subscriptions() for _ in range(3)))
    assert world.database.one("select count(*) from oneai.credit_orders where kind = 'recharge'") == 1
    world.database.advance(26 * HOUR)
    await asyncio.gather(*(reconcile_subscriptions() for _ in range(3)))
    await after(world, 0.2)
    assert (world.database.one(GRANTS), world.database.one(DEBITS)) == (2, 2)


async def test_only_the_holder_turns_it_on_and_each_owner_turns_it_off(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = insert_team(world.database, asha)
    add_member(world.database, team, ravi, "owner")
    holder, other = Buyer(world, workspace=team), Buyer(world, "ravi", workspace=team)
    await holder.live_at()
    await authorize(holder)
    assert refusal(await other.send("PUT", "/credits/auto-recharge", WANTED)) == (403, "not_the_holder")
    assert (await shown(other))["held_by"] == str(asha)
    spend(world, team, 6 * DOLLAR)
    await after(world, 0.2)
    assert (await shown(holder))["pending"]["kind"] == "debit"
    assert (await put(other, on=False))["on"] is False
    await after(world, 30)
    assert world.database.one(GRANTS) == 1
    assert (await put(other))["state"] == "authorization_required"


async def test_turning_it_off_ends_the_mandate_at_the_provider(world: World) -> None:
    buyer = await recharging(world)
    token, customer = world.database.rows("select token_ref, customer_ref from oneai.credit_recharges")[0]

    async def tokens() -> list[str]:
        async with world.razorpay.session() as engine:
            return [each["id"] for each in engine.tokens_of(customer)]

    assert await tokens() == [token]
    for _ in range(2):
        assert (await put(buyer, on=False))["state"] == "off"
    await after(world, 0.1)
    assert await tokens() == []
    assert world.database.rows("select * from oneai.ended_mandates") == []

    # Turning it on again needs the payer again.
    await authorize(buyer)
    assert (await shown(buyer))["state"] == "active"
    assert len(await tokens()) == 1
    # The workspace ends with its mandate.
    world.database.rows("delete from oneai.credit_recharges")
    await after(world, 0.1)
    assert await tokens() == []


async def test_a_mandate_that_the_provider_does_not_know_any_more_is_forgotten(world: World) -> None:
    buyer = await recharging(world)
    ((token, customer),) = world.database.rows("select token_ref, customer_ref from oneai.credit_recharges")
    async with world.razorpay.session() as engine:
        engine.end_token(customer, token)
    await put(buyer, on=False)
    await after(world, 0.1)
    assert world.database.rows("select * from oneai.ended_mandates") == []


async def test_a_holder_who_may_not_spend_any_more_is_not_debited(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = insert_team(world.database, asha)
    add_member(world.database, team, ravi, "owner")
    holder = Buyer(world, workspace=team)
    await holder.live_at()
    await authorize(holder)
    spend(world, team, 6 * DOLLAR)
    await after(world, 0.2)
    world.database.rows("update oneai.workspace_members set role = 'member' where user_id = %s", asha)
    await after(world, 30)
    assert world.database.one(GRANTS) == 1
    assert (await shown(Buyer(world, "ravi", workspace=team)))["problem"] == "not_allowed"


async def test_more_than_fifteen_thousand_rupees_wait_for_a_confirmation(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    world.database.rows(
        "insert into oneai.credit_buying_limits (workspace_id, max_micro_usd) values (%s, 1000000000)", buyer.account
    )
    await buyer.buy()
    found = await put(buyer, package_id="credits_200", per_month=2_000_000, below_micro_usd=50 * DOLLAR)
    assert (found["confirmed_each_time"], found["state"], found["pending"]) == (True, "active", None)
    await after(world, 0.2)
    found = await shown(buyer)
    assert (found["state"], found["pending"]["kind"]) == ("confirmation_required", "confirmation")
    assert mails(world) == ["confirm"]
    await after(world, 30)
    assert world.database.one(GRANTS) == 1
    await buyer.pay(found["pending"])
    assert await buyer.available() == 260 * DOLLAR


async def test_an_own_purchase_ends_the_debit_that_was_not_sent(world: World) -> None:
    buyer = await recharging(world)
    spend(world, buyer.account, 6 * DOLLAR)
    await after(world, 0.2)
    await buyer.buy()
    await after(world, 30)
    assert (world.database.one(GRANTS), await buyer.available()) == (2, 14 * DOLLAR)


async def test_in_dollars_the_debit_follows_at_once(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at(country="US", state="CA")
    await authorize(buyer, per_month=5_000)
    spend(world, buyer.account, 6 * DOLLAR)
    await after(world, 0.1)
    assert (await buyer.available(), (await shown(buyer))["notice_hours"]) == (14 * DOLLAR, 0)


async def test_held_credits_and_a_dispute_start_no_recharge(world: World) -> None:
    buyer = await recharging(world)
    world.database.rows("select oneai.hold_credits(%s, gen_random_uuid(), %s)", buyer.account, 9 * DOLLAR)
    await after(world, 0.2)
    assert (await shown(buyer))["pending"] is None
    await buyer.pay(await buyer.ordered(amount=FIFTY // 10))
    payment = world.database.one("select provider_payment_id from oneai.payments order by created_at desc limit 1")
    spend(world, buyer.account, 5 * DOLLAR)
    async with world.razorpay.session() as engine:
        engine.dispute(payment, "created")
    await after(world, 0.2)
    assert (await shown(buyer))["pending"] is None
