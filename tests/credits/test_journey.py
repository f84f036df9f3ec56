"""A person buys credits, asks, is recharged, has a purchase refunded and verifies the ledger, all over HTTP."""

import asyncio
from typing import Any

import pytest

from oneai.billing import credit_packages
from oneai.billing.ledger_roots import sign_daily_root
from oneai.clients import razorpay
from tests.chatbots.made import limit
from tests.chatbots.visitors import Website
from tests.credits.buying import DOLLAR, Buyer
from tests.credits.payer import price
from tests.credits.test_ledger import checked, exported, problems, verified
from tests.credits.test_recharging import GRANTS, after, authorize, shown, spend
from tests.world import World

DAY = 86_400


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def got(buyer: Buyer, path: str) -> Any:
    """`GET` that succeeds."""
    answer = await buyer.send("GET", path)
    assert answer.is_success, answer.text
    return answer.json()


async def test_credits_are_bought_used_recharged_refunded_and_verified(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    first = await buyer.buy()
    only = {"order": ["credits"], "chatbots": []}
    assert (await buyer.send("PUT", "/credits/sources", only)).is_success

    asked = await world.ask("What is a monsoon?", who=buyer.who)
    receipt = await got(
        buyer, f"/conversations/{asked.start['conversation_id']}/messages/{asked.start['message_id']}/receipt"
    )
    paid = receipt["charged_micro_usd"]
    assert receipt["paid_by"] == {"source": "credits", "units": None, "micro_usd": paid}
    assert paid == price(receipt["cost_micro_usd"])
    assert await buyer.available() == 10 * DOLLAR - paid

    await authorize(buyer)
    spend(world, buyer.account, 16 * DOLLAR)
    await after(world, 0.1)
    await after(world, 26)
    assert (world.database.one(GRANTS), (await shown(buyer))["state"]) == (3, "active")
    assert await buyer.available() == 14 * DOLLAR - paid

    # The first purchase is used up; the last one is whole.
    grants = (await got(buyer, "/credits/balance"))["grants"]
    last = next(each["id"] for each in grants if each["remaining_micro_usd"] == 10 * DOLLAR)
    assert str(buyer.grant_of(first)) != last
    refund = await buyer.send("POST", "/credits/refund", {"grant_id": last})
    assert (refund.status_code, refund.json()["refunded_micro_usd"]) == (202, 10 * DOLLAR)
    await buyer.settle_all()
    assert await buyer.available() == 4 * DOLLAR - paid

    await sign_daily_root()
    kinds = [each["kind"] for each in (await got(buyer, "/credits/transactions?limit=20"))["items"]]
    assert sorted(set(kinds)) == ["purchase", "refund", "use"]
    entries = (await got(buyer, "/ledger/entries?limit=100"))["items"]
    proof = await got(buyer, "/ledger/proof")
    assert (proof["entries"], proof["hash"]) == (len(entries), entries[-1]["hash"])
    assert proof["root"] == (await got(buyer, "/ledger/roots"))["items"][0]
    lines = await exported(world.database)
    assert checked(lines) == (0, "")
    assert (await asyncio.to_thread(verified, lines))[0] == 0
    assert problems(world.database) == []


async def test_no_recharge_follows_what_a_chatbots_budget_refuses(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    # A recharge starts as soon as anything is used.
    await authorize(buyer, below_micro_usd=10 * DOLLAR)
    assert (await buyer.send("PUT", "/credits/sources", {"order": ["credits"], "chatbots": []})).is_success
    website = Website.of(world, buyer.who)
    limit(world.database, website.chatbot, micro_usd_per_day=6, micro_usd_per_month=1)

    refused = await website.post(await website.visitor(), "chat", {"message": "Hello"})
    assert (refused.status_code, refused.json()["mode"]) == (200, "offline"), refused.text
    await after(world, 0.2)
    found = await shown(buyer)
    assert (found["state"], found["pending"], await buyer.available()) == ("active", None, 10 * DOLLAR)

    # What the budget allows is used, and bought again.
    limit(world.database, website.chatbot, micro_usd_per_day=6 * DOLLAR, micro_usd_per_month=DOLLAR)
    assert (await website.ask(await website.visitor())).last["state"] == "complete"
    await after(world, 0.2)
    assert (await shown(buyer))["pending"]["kind"] == "debit"
