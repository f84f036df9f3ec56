"""What becomes of credits if their workspace or account is deleted."""

from typing import Any

import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, TEN, Buyer
from tests.credits.test_ledger import problems, verify
from tests.credits.test_refunding import refunded
from tests.workspaces.teams import insert_team
from tests.world import World


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def delete(buyer: Buyer) -> dict[str, Any]:
    """Asks for the deletion of the account; what its preview says of credits."""
    preview = await buyer.world.http.request(
        "DELETE", "/user?preview=1", headers=buyer.world.headers(buyer.who), json={}
    )
    assert preview.is_success, preview.text
    buyer.world.database.rows("select oneai.request_account_deletion(%s, 30)", buyer.world.people[buyer.who])
    found: dict[str, Any] = preview.json()["credits"]
    return found


async def test_what_was_bought_lately_and_not_used_goes_back(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    old = await buyer.buy()
    world.database.advance(8 * DAY)
    new = await buyer.buy(package_id="credits_50")
    account = Credits(world.database, buyer.account)
    account.settle(account.hold(21 * DOLLAR), 21 * DOLLAR)

    # The first ten are used, and of the others the bonus, which is deducted at the price of credits, and one dollar.
    said = await delete(buyer)
    assert said == {"refunds": [{"amount": FIFTY * 39 // 50, "currency": "INR"}], "lost_micro_usd": 10 * DOLLAR}
    await buyer.settle_all()
    assert (await refunded(world, old), await refunded(world, new)) == ([], [FIFTY * 39 // 50])
    world.database.advance(3 * DAY)
    world.database.rows("select oneai.restore_account(%s)", buyer.account)
    await buyer.settle_all()
    assert await buyer.available() == 0
    assert problems(world.database) == []
    assert (await verify(world.database))[0] == 0


async def test_what_was_bought_earlier_is_lost_and_restored_with_its_days(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy()
    ends = "select expires_at from oneai.credit_grants"
    before = world.database.one(ends)
    world.database.advance(8 * DAY)

    assert await delete(buyer) == {"refunds": [], "lost_micro_usd": 10 * DOLLAR}
    await buyer.settle_all()
    assert await refunded(world, payment) == []
    assert Credits(world.database, buyer.account).available() == 0
    world.database.advance(5 * DAY)
    world.database.rows("select oneai.restore_account(%s)", buyer.account)
    await buyer.settle_all()
    assert (await buyer.available(), (world.database.one(ends) - before).days) == (10 * DOLLAR, 5)


async def test_a_team_that_is_deleted_gets_back_what_its_answers_leave(world: World) -> None:
    team = insert_team(world.database, world.people["asha"])
    buyer = Buyer(world, workspace=team)
    await buyer.live_at()
    payment = await buyer.buy()
    account = Credits(world.database, team)
    hold = account.hold(4 * DOLLAR)
    preview = await buyer.send("DELETE", f"/workspaces/{team}?preview=1", {})
    assert preview.json()["credits"] == {
        "refunds": [{"amount": TEN * 6 // 10, "currency": "INR"}],
        "lost_micro_usd": 4 * DOLLAR,
    }
    slug = world.database.one("select slug from oneai.workspaces where id = %s", team)
    assert (await buyer.send("DELETE", f"/workspaces/{team}", {"confirm": slug})).is_success
    await buyer.settle_all()
    assert await refunded(world, payment) == []
    account.settle(hold, DOLLAR)
    await buyer.settle_all()
    assert await refunded(world, payment) == [TEN * 9 // 10]
    assert problems(world.database) == []
