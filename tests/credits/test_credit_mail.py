"""Mail about credits: receipts, levels, ends and disputes."""

from typing import Any

import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from oneai.notifications.triggers import notify
from tests.billing.without_webhooks import DAY
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, Buyer
from tests.world import World


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


def mails(world: World, kind: str) -> list[dict[str, Any]]:
    """The data of mail of one kind, in its order."""
    return list(world.database.rows("select data from oneai.outbox where kind = %s order by created_at, id", kind))


async def test_a_purchase_has_one_receipt_with_its_invoice(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy(package_id="credits_50")
    await buyer.settle_all()
    (receipt,) = mails(world, "credit_receipt")
    number = world.database.one("select number from oneai.invoices")
    assert (receipt["amount"], receipt["payment_id"], receipt["invoice_number"]) == (FIFTY, payment, number)
    assert (receipt["credit_micro_usd"], receipt["bonus_micro_usd"], receipt["automatic"]) == (
        50 * DOLLAR,
        10 * DOLLAR,
        False,
    )


async def test_each_level_is_an_event_and_a_mail_once_until_credits_come(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    await buyer.buy()
    account = Credits(world.database, buyer.account)

    async def levels(used: int) -> list[int]:
        account.settle(account.hold(used), used)
        world.database.rows(
            "insert into oneai.usage_events (workspace_id, message_id, purpose, outcome, subscription_tier, "
            "model_asked, price_version) values (%s, gen_random_uuid(), 'answer', 'complete', 'free', 'm', 'v')",
            buyer.account,
        )
        world.database.one("select oneai.note_low_credits(oneai.now() - interval '1 hour')")
        world.database.one("select oneai.mail_about_events(100)")
        return [each["left_percent"] for each in mails(world, "credits_low")]

    assert await levels(4 * DOLLAR) == []
    assert await levels(DOLLAR) == [50]
    assert await levels(DOLLAR) == [50]
    assert await levels(4 * DOLLAR) == [50, 0]
    await buyer.buy()
    assert await levels(9 * DOLLAR) == [50, 0, 20]
    kinds = world.database.rows(
        "select payload ->> 'left_percent' from oneai.workspace_events where kind = 'credits.low'"
    )
    assert list(kinds) == ["50", "0", "20"]


async def test_bought_credits_that_end_are_mailed_a_month_and_a_week_before(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    await buyer.buy(package_id="credits_50")
    world.database.advance(330 * DAY)
    for days, expected in ((0, []), (6, [30]), (20, [30]), (3, [30, 7]), (3, [30, 7])):
        world.database.advance(days * DAY)
        await notify()
        assert [each["days"] for each in mails(world, "credits_ending")] == expected
    assert mails(world, "credits_ending")[0]["left_micro_usd"] == 50 * DOLLAR


async def test_a_dispute_is_mailed_when_it_opens_and_when_it_ends(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    first, second = await buyer.buy(), await buyer.buy()
    account = Credits(world.database, buyer.account)
    account.settle(account.hold(12 * DOLLAR), 12 * DOLLAR)
    for payment, end in ((first, "won"), (second, "lost")):
        for step in ("created", end):
            async with world.razorpay.session() as engine:
                engine.dispute(payment, step)
            world.database.advance(5)
            await world.razorpay.catch_up()
            await buyer.settle_all()
    found = mails(world, "credit_dispute")
    assert [each["event"] for each in found] == ["opened", "won", "opened", "lost"]
    assert (found[0]["payment_id"], found[3]["payment_id"], found[3]["owed_micro_usd"]) == (first, second, 2 * DOLLAR)
