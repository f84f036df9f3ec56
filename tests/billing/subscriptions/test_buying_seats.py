"""A team buys its plan by the seat, adds seats within a period, and takes fewer with the next one."""

import asyncio
from datetime import timedelta
from math import ceil, floor
from typing import Any, LiteralString

import pytest

from oneai.billing import reconcile_subscriptions
from oneai.plans.limits_and_prices import PLANS
from oneai.plans.wrong_kind import PEOPLE_ONLY
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.buyers import PRICE, SMALL, Buyers
from tests.billing.without_webhooks import DAY
from tests.patience import PATIENCE

pytestmark = pytest.mark.sampled(0.5)


async def test_a_team_buys_five_seats_and_has_their_pool(buyers: Buyers) -> None:
    checkout = await buyers.subscribe()

    assert (checkout["charged_amount"], checkout["seats"]) == (5 * PRICE, 5)
    found = await buyers.subscription()
    assert (found["tier"], found["seats"], found["renewal_seats"]) == ("team", 5, 5)
    assert (buyers.seats, buyers.pool) == (5, 5 * SMALL)
    status = (await buyers.send("GET", "/quota/status")).json()
    assert status["quotas"]["small_messages"]["limit"] == 5 * SMALL
    assert status["storage"]["limit_bytes"] == 5 * PLANS["team"].storage_bytes
    invoices = (await buyers.send("GET", "/subscription/invoice")).json()["items"]
    line = buyers.world.database.one("select description from oneai.invoices where workspace_id = %s", buyers.team)
    assert (len(invoices), line) == (1, "Team, monthly subscription, 5 seats × INR 699.00")


@pytest.mark.parametrize(
    ("terms", "field", "code"),
    [
        ({"seats": None}, "seats", "required"),
        ({"seats": 1}, "seats", "too_small"),
        ({"seats": 501}, "seats", "too_large"),
        ({"plan_id": "pro", "seats": 3}, "seats", "not_sold"),
        ({"plan_id": "pro", "seats": None}, "plan_id", "people_only"),
    ],
)
async def test_wrong_seats_and_plans_are_refused(buyers: Buyers, terms: Any, field: str, code: str) -> None:
    await buyers.send("PUT", "/subscription/billing-details", ASHA)

    refused = await buyers.create(**terms)

    assert refused.status_code == 422, refused.text
    assert [(each["field"], each["code"]) for each in refused.json()["error"]["details"]] == [(field, code)]
    if code == "people_only":
        assert refused.json()["error"]["details"][0]["message"] == PEOPLE_ONLY


async def test_fewer_seats_than_are_taken_cannot_be_bought(buyers: Buyers) -> None:
    for _ in range(2):
        newcomer = buyers.world.newcomer()
        buyers.world.database.rows(
            "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'member')",
            *(buyers.world.people[newcomer], buyers.team),
        )
    await buyers.send("PUT", "/subscription/billing-details", ASHA)

    refused = await buyers.create(seats=2)

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["code"] == "seats_taken"
    assert (await buyers.create(seats=3)).status_code == 201


async def test_added_seats_are_paid_at_once_and_followed_by_a_larger_subscription(buyers: Buyers) -> None:
    await buyers.subscribe()
    buyers.world.database.advance(15 * DAY)
    await reconcile_subscriptions()

    previewed_at = buyers.world.database.one("select oneai.now()")
    preview = (await buyers.send("POST", "/subscription/update?preview=1", {"seats": 8})).json()
    changed = await buyers.change(seats=8)

    assert changed.status_code == 200, changed.text
    order = changed.json()["seat_order"]
    assert (preview["added_seats"], preview["seats"], preview["seats_now"]) == (3, 8, 5)
    assert preview["charged_amount"] == 8 * PRICE
    # The clock runs between the two, and each is rounded: the order costs what was shown, or slightly less.
    ordered_at = buyers.world.database.one("select oneai.now()")
    passed = (ordered_at - previewed_at + timedelta(seconds=1)) / timedelta(days=28)
    assert 0 <= preview["charged_now"] - order["amount"] <= 1 + 3 * PRICE * passed
    assert 0 < order["amount"] < 3 * PRICE
    assert (order["seats"], changed.json()["seats"], changed.json()["charged_amount"]) == (3, 8, 8 * PRICE)
    assert (buyers.seats, buyers.pool) == (5, 5 * SMALL)
    await buyers.pay_order(order)
    share = order["amount"] / (3 * PRICE)
    assert buyers.seats == 8
    assert 0 <= preview["added_units"]["small_messages"] - (buyers.pool - 5 * SMALL) <= 1 + 3 * SMALL * passed
    assert 5 * SMALL + floor(3 * SMALL * (share - 0.01)) <= buyers.pool <= 5 * SMALL + ceil(3 * SMALL * share)
    await buyers.authorize(changed.json())
    found = await buyers.subscription()
    assert (found["seats"], found["renewal_seats"]) == (8, 8)


async def test_a_team_is_one_customer_of_the_price_of_all_its_seats(buyers: Buyers) -> None:
    database = buyers.world.database
    for _ in range(2):
        member = buyers.world.people[buyers.world.newcomer()]
        database.rows(
            "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'member')",
            *(member, buyers.team),
        )
    await buyers.subscribe()
    await buyers.pay_order((await buyers.change(seats=8)).json()["seat_order"])

    database.rows("select oneai.roll_up_revenue(1000)")

    figures = database.rows("select sum(customers)::integer, sum(mrr)::bigint from oneai.daily_mrr where plan_id = ''")
    assert figures == [(1, 5 * PRICE)]


async def test_the_same_addition_twice_is_one_order(buyers: Buyers) -> None:
    await buyers.subscribe()

    first, again = (await buyers.change(seats=8)).json(), (await buyers.change(seats=8)).json()

    assert first["seat_order"]["order_id"] == again["seat_order"]["order_id"]
    await buyers.pay_order(first["seat_order"])
    assert buyers.seats == 8
    assert (await buyers.change(seats=8)).json()["seat_order"] is None
    assert buyers.world.database.one("select count(*) from oneai.seat_orders") == 1


async def test_additions_at_once_are_one_order(buyers: Buyers) -> None:
    await buyers.subscribe()

    answers = await asyncio.wait_for(asyncio.gather(*(buyers.change(seats=8) for _ in range(6))), PATIENCE)

    assert {each.status_code for each in answers} <= {200, 503}
    orders = {each.json()["seat_order"]["order_id"] for each in answers if each.status_code == 200}
    assert len(orders) == 1
    await buyers.pay_order({"order_id": orders.pop()})
    assert buyers.seats == 8


async def test_a_payment_whose_events_are_lost_is_found_by_the_job(buyers: Buyers) -> None:
    await buyers.subscribe()
    order = (await buyers.change(seats=8)).json()["seat_order"]
    await buyers.pay_order(order, verify=False)
    assert buyers.seats == 5

    buyers.world.database.advance(2 * 3600)
    await reconcile_subscriptions()

    assert buyers.seats == 8


async def test_an_order_that_the_provider_did_not_answer_is_made_again(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await buyers.subscribe()
    buyers.world.database.rows("update oneai.seat_orders set provider_order_id = null")
    first = (await buyers.change(seats=8)).json()["seat_order"]
    # The process died before it stored the order's id.
    buyers.world.database.rows("update oneai.seat_orders set provider_order_id = null")

    again = (await buyers.change(seats=8)).json()["seat_order"]

    assert again["order_id"] != first["order_id"]
    await buyers.pay_order(again)
    assert buyers.seats == 8
    assert buyers.world.database.one("select count(*) from oneai.seat_orders") == 1


async def test_another_addition_ends_the_open_one(buyers: Buyers) -> None:
    await buyers.subscribe()
    old = (await buyers.change(seats=8)).json()["seat_order"]
    new = (await buyers.change(seats=6)).json()["seat_order"]

    await buyers.pay_order(new)
    await buyers.pay_order(old, verify=False)
    await buyers.world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert buyers.seats == 6
    async with buyers.world.razorpay.session() as engine:
        refunded = [
            each["amount_refunded"] for each in engine.account.payments.values() if each["order_id"] == old["order_id"]
        ]
    assert refunded == [old["amount"]]


async def test_fewer_seats_begin_with_the_next_period(buyers: Buyers) -> None:
    await buyers.subscribe()

    at_once = await buyers.change(seats=3, when="now")
    preview = (await buyers.send("POST", "/subscription/update?preview=1", {"seats": 3})).json()
    changed = (await buyers.change(seats=3)).json()
    await buyers.authorize(changed)

    assert at_once.json()["error"]["details"][0]["code"] == "period_end_only"
    assert (preview["charged_now"], preview["charged_amount"], preview["added_seats"]) == (0, 3 * PRICE, 0)
    assert (changed["seat_order"], changed["start_at"]) == (None, preview["starts_at"])
    assert (buyers.seats, buyers.pool) == (5, 5 * SMALL)
    assert (await buyers.subscription())["renewal_seats"] == 3


async def test_an_owner_gets_one_mail_that_names_whose_seats_end(buyers: Buyers) -> None:
    await buyers.subscribe(seats=3)
    await buyers.pay_order((await buyers.change(seats=6)).json()["seat_order"])
    for _ in range(4):
        newcomer = buyers.world.newcomer()
        buyers.world.database.rows(
            "insert into oneai.workspace_members (user_id, workspace_id, role, joined_at) "
            "values (%s, %s, 'member', oneai.now())",
            *(buyers.world.people[newcomer], buyers.team),
        )
        buyers.world.database.advance(1)

    mail: LiteralString = "select data from oneai.outbox where kind = 'seats_ending'"
    enqueue: LiteralString = "select oneai.enqueue_subscription_mail(2, interval '5 minutes', interval '3 days')"
    buyers.world.database.rows(enqueue)
    assert buyers.world.database.rows(mail) == []
    buyers.world.database.advance(25 * DAY)
    buyers.world.database.rows(enqueue)
    buyers.world.database.rows(enqueue)

    (sent,) = buyers.world.database.rows(mail)
    team = buyers.world.database.one("select name from oneai.workspaces where id = %s", buyers.team)
    assert (sent["team"], sent["seats"], sent["taken"], len(sent["members"])) == (team, 3, 5, 2)
    names = list(buyers.world.people)
    assert sent["members"] == [f"{each}@example.com" for each in names[-2:]]


async def test_an_order_of_another_workspace_cannot_be_confirmed(buyers: Buyers) -> None:
    await buyers.subscribe()
    order = (await buyers.change(seats=8)).json()["seat_order"]
    proof = {"razorpay_order_id": order["order_id"], "razorpay_payment_id": "pay_x", "razorpay_signature": "x"}

    elsewhere = await buyers.world.post("/subscription/verify", proof, "ravi")
    forged = await buyers.send("POST", "/subscription/verify", proof)
    neither = await buyers.send("POST", "/subscription/verify", {"razorpay_payment_id": "p", "razorpay_signature": "x"})

    assert (elsewhere.status_code, forged.status_code, neither.status_code) == (404, 400, 422)
    assert buyers.seats == 5


async def test_seats_cannot_be_added_without_a_paid_period(buyers: Buyers) -> None:
    await buyers.subscribe()
    await buyers.send("POST", "/subscription/cancel", {"at_period_end": True})

    refused = await buyers.change(seats=8)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "already_subscribed")


async def test_22_seats_a_month_need_the_payers_yes(buyers: Buyers) -> None:
    await buyers.send("PUT", "/subscription/billing-details", ASHA)

    said = [(await buyers.create(seats=seats)).json()["bank_confirmation"] for seats in (21, 22)]
    yearly = [(await buyers.create(seats=seats, period="yearly")).json()["bank_confirmation"] for seats in (2, 3)]

    assert [each is not None for each in (*said, *yearly)] == [False, True, False, True]
