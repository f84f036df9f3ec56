"""Credits are bought with an order that is paid once, in any order of events."""

import asyncio
from typing import Any

import pytest

from oneai.billing import credit_packages, reconcile_subscriptions
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY, alerts
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, TEN, Buyer
from tests.credits.test_ledger import problems, verify
from tests.patience import PATIENCE
from tests.workspaces.teams import insert_team, refusal
from tests.world import World

GRANTS = "select kind, granted_micro_usd from oneai.credit_grants order by granted_micro_usd desc"
AN_HOUR = 3_600


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def test_a_package_is_paid_on_the_stand_ins_page_and_comes_with_its_bonus(world: World) -> None:
    buyer = Buyer(world)
    listed = (await world.get("/credits/packages", None)).json()
    assert [(each["id"], each["prices"]["USD"]) for each in listed["items"]] == [
        ("credits_10", 1_000),
        ("credits_50", 5_000),
        ("credits_200", 20_000),
    ]
    assert refusal(await buyer.order()) == (422, "billing_details_required")
    await buyer.live_at()
    first, again = await buyer.order("one", package_id="credits_50"), await buyer.order("one", package_id="credits_50")
    assert (first.status_code, first.json()) == (201, again.json())
    order = first.json()
    assert (order["amount"], order["currency"], order["bonus_micro_usd"]) == (FIFTY, "INR", 10 * DOLLAR)
    assert refusal(await buyer.order("one", package_id="credits_10")) == (409, "idempotency_conflict")
    assert await buyer.available() == 0

    world.database.advance(1)
    proof = await world.check_out(order["checkout"]["short_url"])
    assert (await buyer.send("POST", "/subscription/verify", proof)).is_success
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    balance = await buyer.balance()
    assert (balance["available_micro_usd"], [each["kind"] for each in balance["grants"]]) == (
        60 * DOLLAR,
        ["bonus", "paid"],
    )
    assert world.database.rows(GRANTS) == [("paid", 50 * DOLLAR), ("bonus", 10 * DOLLAR)]
    kinds = [each["kind"] for each in (await buyer.send("GET", "/credits/transactions")).json()["items"]]
    assert kinds == ["grant", "purchase"]
    lines = world.database.rows("select description, total, cgst + sgst + igst from oneai.invoices")
    assert lines == [("Prepaid credits, USD 50.00 and USD 10.00 as a bonus", FIFTY, order["tax"])]
    # The plan is as before.
    assert (await buyer.send("GET", "/subscription")).json()["tier"] == "free"
    assert alerts(world) == []
    assert problems(world.database) == []
    assert (await verify(world.database))[0] == 0


@pytest.mark.parametrize("way", ["webhook", "webhook_twice", "verify", "job", "at_once"])
async def test_a_payment_makes_its_grant_once_however_it_becomes_known(world: World, way: str) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    order = await buyer.ordered(package_id="credits_50")
    if way == "webhook_twice":
        world.razorpay.deliveries.switch("duplicate")
    payment = await buyer.pay(order, verify=False)
    match way:
        case "webhook" | "webhook_twice":
            await world.razorpay.catch_up()
        case "verify":
            await buyer.verify(order["checkout"]["order_id"], payment)
        case "job":
            world.database.advance(6 * 60)
            await reconcile_subscriptions()
        case _:
            confirmed = [buyer.verify(order["checkout"]["order_id"], payment) for _ in range(4)]
            await asyncio.wait_for(asyncio.gather(*confirmed, world.razorpay.catch_up()), PATIENCE)
    await world.razorpay.catch_up()
    await buyer.verify(order["checkout"]["order_id"], payment)
    await buyer.settle_all()

    assert world.database.rows(GRANTS) == [("paid", 50 * DOLLAR), ("bonus", 10 * DOLLAR)]
    assert await buyer.available() == 60 * DOLLAR
    assert world.database.one("select count(*) from oneai.invoices") == 1


async def test_a_second_payment_of_an_order_is_refunded_and_buys_nothing(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    order = await buyer.ordered()
    assert await buyer.outcome(order) == ("open", None)
    await buyer.pay(order)
    assert await buyer.outcome(order) == ("paid", None)
    second = await buyer.pay(order)

    await buyer.settle_all()

    assert await buyer.outcome(order) == ("paid", None)

    assert await buyer.available() == 10 * DOLLAR
    async with world.razorpay.session() as engine:
        assert [each["amount"] for each in engine.refunds_of(second)] == [TEN]


async def test_what_a_displaced_payment_paid_for_is_paid_by_the_earlier_one(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    order = await buyer.ordered(package_id="credits_50")
    world.razorpay.deliveries.switch("drop")
    await buyer.pay(order, verify=False)
    await world.razorpay.catch_up()
    world.razorpay.deliveries.switch("normal")
    later = await buyer.pay(order, verify=False)
    await world.razorpay.catch_up()
    assert world.database.rows(GRANTS) == [("paid", 50 * DOLLAR), ("bonus", 10 * DOLLAR)]
    account = Credits(world.database, buyer.account)
    account.settle(account.hold(13 * DOLLAR), 13 * DOLLAR)
    held = account.hold(2 * DOLLAR)

    world.database.advance(8 * DAY)
    await buyer.settle_all()
    assert await buyer.available() == (60 - 13) * DOLLAR
    account.settle(held, 2 * DOLLAR)
    await buyer.settle_all()

    assert await buyer.available() == (60 - 13 - 2) * DOLLAR
    async with world.razorpay.session() as engine:
        assert [each["amount"] for each in engine.refunds_of(later)] == [FIFTY]
    assert problems(world.database) == []


async def test_a_payment_after_the_end_of_its_order_is_refunded(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    replaced, late = await buyer.ordered(), await buyer.ordered(package_id="credits_50")
    # A newer order ends the one before.
    payments = [await buyer.pay(replaced)]
    assert await buyer.outcome(replaced) == ("refused", "late")
    world.database.advance(AN_HOUR)
    assert await buyer.outcome(late) == ("expired", None)
    payments.append(await buyer.pay(late))

    await buyer.settle_all()

    assert await buyer.available() == 0
    assert await buyer.outcome(late) == ("refused", "late")
    assert world.database.rows(GRANTS) == []
    assert sorted(world.database.rows("select amount, amount_refunded from oneai.payments")) == [
        (TEN, TEN),
        (FIFTY, FIFTY),
    ]
    assert {subject for _, subject in alerts(world)} == set(payments)


@pytest.mark.parametrize("other", [{"amount": TEN - 1}, {"currency": "USD"}])
async def test_another_amount_or_currency_buys_nothing_until_an_operator_releases_it(
    world: World, other: dict[str, Any]
) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    order = await buyer.ordered()
    payment = await buyer.pay(order, verify=False)
    async with world.razorpay.session() as engine:
        engine.payment(payment).update(other)

    await buyer.verify(order["checkout"]["order_id"], payment)

    assert await buyer.available() == 0
    assert await buyer.outcome(order) == ("checking", None)
    assert alerts(world) == [("payment_quarantined", payment)]
    assert world.database.one("select count(*) from oneai.invoices") == 0


async def test_what_is_not_sold_is_refused_with_its_field(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    for terms, field in (
        ({"package_id": "credits_7"}, "package_id"),
        ({"currency": "IDR"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"amount": 100}, "amount"),
        ({"amount": 10**11}, "amount"),
        ({"amount": 50_000, "package_id": "credits_10"}, "package_id"),
        ({"package_id": None}, "package_id"),
    ):
        answer = await buyer.order(**terms)
        assert refusal(answer) == (422, "invalid_request"), (terms, answer.text)
        assert answer.json()["error"]["details"][0]["field"] == field, terms
    assert world.database.rows("select id from oneai.credit_orders") == []

    custom = await buyer.ordered(amount=50_000)
    await buyer.pay(custom)
    assert (custom["package_id"], await buyer.available()) == (None, 50_000 * DOLLAR // 9_990)


async def test_only_owners_buy_for_a_team(world: World) -> None:
    admin = world.newcomer()
    team = insert_team(world.database, world.people["asha"], admin=world.people[admin])
    owner = Buyer(world, "asha", team)
    await owner.live_at()

    assert refusal(await Buyer(world, admin, team).order()) == (403, "role_insufficient")
    assert refusal(await Buyer(world, "ravi", team).order()) == (404, "workspace_not_found")
    await owner.buy()

    assert await owner.available() == 10 * DOLLAR
    assert await Buyer(world).available() == 0


async def test_an_order_whose_answer_was_lost_is_opened_again_by_the_same_key(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    world.database.rows("update oneai.credit_packages set bonus_micro_usd = bonus_micro_usd")
    opened = await buyer.ordered(key="lost")
    # As if the function had died before the provider's answer.
    world.database.rows("update oneai.credit_orders set order_id = null")
    world.database.rows("delete from oneai.orders")

    again = await buyer.ordered(key="lost")

    assert again["order_id"] == opened["order_id"]
    assert again["checkout"]["order_id"] != opened["checkout"]["order_id"]
    await buyer.pay(again)
    assert await buyer.available() == 10 * DOLLAR
