"""An owner's refund of bought credits is the price less all that was used, also of the bonus, and goes back once."""

import asyncio
from typing import Any, LiteralString
from uuid import UUID

import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY, alerts
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, TEN, Buyer
from tests.credits.test_ledger import problems, verify
from tests.patience import PATIENCE
from tests.workspaces.teams import refusal
from tests.world import World

BOOKED: LiteralString = (
    "select account, sum(amount_micro_usd)::bigint from oneai.ledger_entries "
    "where account in ('refunded', 'voided', 'sold', 'used') group by account order by account"
)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def preview(buyer: Buyer, grant: UUID) -> dict[str, Any]:
    """`GET /credits/refund`."""
    answer = await buyer.send("GET", f"/credits/refund?grant_id={grant}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refunded(world: World, payment: str) -> list[int]:
    """The refunds of a payment at the provider."""
    async with world.razorpay.session() as engine:
        return [each["amount"] for each in engine.refunds_of(payment)]


async def test_the_price_less_everything_used_goes_back_once(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy(package_id="credits_50")
    grant, account = buyer.grant_of(payment), Credits(world.database, buyer.account)
    # The bonus is used first: all of it, and two dollars of what was paid for.
    account.settle(account.hold(12 * DOLLAR), 12 * DOLLAR)
    before = await preview(buyer, grant)
    assert (before["amount"], before["refunded_micro_usd"], before["refused"]) == (
        FIFTY * 38 // 50,
        38 * DOLLAR,
        None,
    )

    asked = [buyer.send("POST", "/credits/refund", {"grant_id": str(grant)}) for _ in range(3)]
    answers = await asyncio.wait_for(asyncio.gather(*asked), PATIENCE)
    await world.razorpay.catch_up()
    await buyer.settle_all()

    assert {(each.status_code, each.json().get("amount")) for each in answers} == {(202, before["amount"])}
    assert await refunded(world, payment) == [before["amount"]]
    assert await buyer.available() == 0
    assert world.database.rows(BOOKED) == [
        ("refunded", 38 * DOLLAR),
        ("sold", -50 * DOLLAR),
        ("used", 12 * DOLLAR),
        ("voided", 10 * DOLLAR),
    ]
    notes = world.database.rows("select total from oneai.invoices where kind = 'credit_note'")
    assert notes == [before["amount"]]
    after = await preview(buyer, grant)
    assert (after["amount"], after["requested_at"] is not None) == (before["amount"], True)
    assert alerts(world) == []
    assert problems(world.database) == []
    assert (await verify(world.database))[0] == 0


async def test_what_answers_hold_is_refunded_when_they_give_it_back(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy()
    grant, account = buyer.grant_of(payment), Credits(world.database, buyer.account)
    hold = account.hold(4 * DOLLAR)
    assert (await preview(buyer, grant))["amount"] == TEN * 6 // 10

    assert (await buyer.send("POST", "/credits/refund", {"grant_id": str(grant)})).status_code == 202
    await buyer.settle_all()
    assert (await refunded(world, payment), account.hold(DOLLAR)) == ([], None)
    account.settle(hold, DOLLAR)
    await buyer.settle_all()

    assert await refunded(world, payment) == [TEN * 9 // 10]
    assert world.database.rows(BOOKED) == [("refunded", 9 * DOLLAR), ("sold", -10 * DOLLAR), ("used", DOLLAR)]
    assert problems(world.database) == []


async def test_a_refund_is_refused_with_its_reason(world: World) -> None:
    buyer, neighbour = Buyer(world), Buyer(world, "ravi")
    await buyer.live_at("12 Church Street")
    await neighbour.live_at("12, church street")
    grants = [buyer.grant_of(await each.buy()) for each in (buyer, neighbour)]
    account = Credits(world.database, neighbour.account)

    async def reason(of: Buyer, grant: UUID) -> str:
        shown = (await preview(of, grant))["refused"]
        answer = await of.send("POST", "/credits/refund", {"grant_id": str(grant)})
        assert refusal(answer) == (409, "credits_not_refundable")
        assert answer.json()["error"]["refused"] == shown
        return str(shown)

    assert refusal(await buyer.send("POST", "/credits/refund", {"grant_id": str(grants[1])})) == (404, "not_found")
    promotional = Credits(world.database, buyer.account).grant(DOLLAR, kind="promotional")
    assert refusal(await buyer.send("GET", f"/credits/refund?grant_id={promotional}")) == (404, "not_found")
    account.settle(account.hold(10 * DOLLAR), 10 * DOLLAR)
    assert await reason(neighbour, grants[1]) == "nothing_left"
    account.give_back(world.database.one("select id from oneai.credit_holds"), 5 * DOLLAR)
    assert (await buyer.send("POST", "/credits/refund", {"grant_id": str(grants[0])})).status_code == 202
    # The same billing address has had one.
    assert await reason(neighbour, grants[1]) == "too_soon"
    world.database.advance(8 * DAY)
    assert await reason(neighbour, grants[1]) == "too_late"
    await buyer.settle_all()
    assert world.database.one("select count(*) from oneai.provider_operations") == 1


async def test_a_full_refund_by_an_operator_ends_the_credits_and_a_part_does_not(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    first, second = await buyer.buy(package_id="credits_10"), await buyer.buy(package_id="credits_10")
    async with world.razorpay.session() as engine:
        engine.refund(first, {"amount": TEN})
        engine.refund(second, {"amount": TEN // 2})

    await world.razorpay.catch_up()

    assert await buyer.available() == 10 * DOLLAR
    assert [each["id"] for each in (await buyer.balance())["grants"]] == [str(buyer.grant_of(second))]
    # What was refunded is deducted from what its owner gets.
    assert (await preview(buyer, buyer.grant_of(second)))["amount"] == TEN - TEN // 2
    assert (await preview(buyer, buyer.grant_of(first)))["refused"] == "ended"
    assert problems(world.database) == []


async def test_credits_of_a_closed_account_are_frozen_until_it_is_restored(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    await buyer.buy()
    ends = "select expires_at from oneai.credit_grants"
    before = world.database.one(ends)

    world.database.rows("select oneai.request_account_deletion(%s, 30)", buyer.account)
    account = Credits(world.database, buyer.account)
    assert (account.available(), account.hold(DOLLAR)) == (0, None)
    world.database.advance(20 * DAY)
    world.database.rows("select oneai.restore_account(%s)", buyer.account)

    assert account.available() == 10 * DOLLAR
    assert (world.database.one(ends) - before).days == 20
    assert problems(world.database) == []


async def test_what_comes_back_after_the_refund_was_sent_is_not_booked_as_refunded(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy()
    account = Credits(world.database, buyer.account)
    hold = account.hold(4 * DOLLAR)
    account.settle(hold, 4 * DOLLAR)
    await buyer.send("POST", "/credits/refund", {"grant_id": str(buyer.grant_of(payment))})
    await buyer.settle_all()
    assert account.give_back(hold, 3 * DOLLAR) == 3 * DOLLAR
    world.database.rows("update oneai.credit_orders set project_at = oneai.now()")
    await buyer.settle_all()

    assert await refunded(world, payment) == [TEN * 6 // 10]
    assert world.database.one("select refunded_micro_usd from oneai.credit_orders") == 6 * DOLLAR
    assert dict(world.database.rows(BOOKED))["refunded"] == 6 * DOLLAR
    assert dict(world.database.rows(BOOKED))["voided"] == 3 * DOLLAR
    assert problems(world.database) == []


async def test_a_refund_that_was_sent_is_owed_if_its_payment_is_lost_too(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy()
    account = Credits(world.database, buyer.account)
    account.settle(account.hold(4 * DOLLAR), 4 * DOLLAR)
    await buyer.send("POST", "/credits/refund", {"grant_id": str(buyer.grant_of(payment))})
    await buyer.settle_all()
    async with world.razorpay.session() as engine:
        engine.dispute(payment, "created")
        engine.dispute(payment, "lost")
    await world.razorpay.catch_up()
    await buyer.settle_all()
    assert (await buyer.balance())["owed_micro_usd"] == 10 * DOLLAR
    assert problems(world.database) == []
