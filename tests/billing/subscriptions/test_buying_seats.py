"""A team buys its plan by the seat, adds seats within a period, and takes fewer with the next one."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, LiteralString
from uuid import UUID

import httpx
import pytest

from oneai import settings
from oneai.billing import processing, reconcile_subscriptions
from oneai.clients import razorpay
from oneai.plans.limits_and_prices import PLANS
from oneai.plans.wrong_kind import PEOPLE_ONLY
from tests.billing.invoices.issuing import ASHA
from tests.billing.without_webhooks import DAY
from tests.patience import PATIENCE
from tests.plans.test_ladders import team_of
from tests.world import World

TEAM: dict[str, Any] = {"plan_id": "team", "period": "monthly", "currency": "INR", "seats": 5}
PRICE = 699_00
SMALL = PLANS["team"].quotas["small_messages"].limit
SEATS = "select seats from oneai.workspaces where id = %s"
POOL = "select quota_limit from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'"


@dataclass
class Buyers:
    """A team whose owners buy for it."""

    world: World
    team: UUID

    async def send(self, method: str, path: str, body: Any = None, who: str = "asha") -> httpx.Response:
        """A request in the team's workspace."""
        headers = self.world.headers(who, **{"oneai-workspace": str(self.team)})
        return await self.world.http.request(method, path, json=body, headers=headers)

    async def create(self, who: str = "asha", **terms: Any) -> httpx.Response:
        """`POST /subscription/create`, five seats by the month unless said otherwise."""
        return await self.send("POST", "/subscription/create", {**TEAM, **terms}, who)

    async def subscribe(self, who: str = "asha", **terms: Any) -> Mapping[str, Any]:
        """A checkout that was paid."""
        details = await self.send("PUT", "/subscription/billing-details", ASHA, who)
        assert details.is_success, details.text
        created = await self.create(who, **terms)
        assert created.status_code == 201, created.text
        await self.authorize(created.json(), who)
        return created.json()  # type: ignore[no-any-return]

    async def authorize(self, checkout: Mapping[str, Any], who: str = "asha") -> None:
        """Pays or authorizes a subscription on its page."""
        self.world.database.advance(1)
        proof = await self.world.check_out(checkout["short_url"])
        verified = await self.send("POST", "/subscription/verify", proof, who)
        assert verified.is_success, verified.text

    async def change(self, who: str = "asha", **body: Any) -> httpx.Response:
        """`POST /subscription/update`."""
        return await self.send("POST", "/subscription/update", body, who)

    async def pay_order(self, order: Mapping[str, Any], *, verify: bool = True) -> str:
        """Pays for added seats in the checkout; the payment's ref."""
        self.world.database.advance(1)
        async with self.world.razorpay.session() as engine:
            paid = str(engine.pay_order(order["order_id"])["id"])
        if verify:
            signature = razorpay_signature(order["order_id"], paid)
            proof = {"razorpay_order_id": order["order_id"], "razorpay_payment_id": paid}
            verified = await self.send("POST", "/subscription/verify", proof | {"razorpay_signature": signature})
            assert verified.is_success, verified.text
        return paid

    async def subscription(self) -> Mapping[str, Any]:
        """`GET /subscription`."""
        answer = await self.send("GET", "/subscription")
        assert answer.is_success, answer.text
        return answer.json()  # type: ignore[no-any-return]

    @property
    def seats(self) -> int:
        """The team's seats."""
        return int(self.world.database.one(SEATS, self.team))

    @property
    def pool(self) -> int:
        """The limit of the team's small messages."""
        return int(self.world.database.one(POOL, self.team))


def razorpay_signature(order: str, payment: str) -> str:
    """What Razorpay's checkout signs for an order."""
    secret = settings.read(razorpay.RazorpaySettings).razorpay_key_secret
    return hmac.new(secret.encode(), f"{order}|{payment}".encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def buyers(own_world: World) -> Buyers:
    """A team of asha's without a plan."""
    return Buyers(own_world, team_of(own_world.database, own_world.people["asha"]))


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

    preview = (await buyers.send("POST", "/subscription/update?preview=1", {"seats": 8})).json()
    changed = await buyers.change(seats=8)

    assert changed.status_code == 200, changed.text
    order = changed.json()["seat_order"]
    assert (preview["added_seats"], preview["seats"], preview["seats_now"]) == (3, 8, 5)
    assert (preview["charged_now"], preview["charged_amount"]) == (order["amount"], 8 * PRICE)
    assert 0 < order["amount"] < 3 * PRICE
    assert (order["seats"], changed.json()["seats"], changed.json()["charged_amount"]) == (3, 8, 8 * PRICE)
    assert (buyers.seats, buyers.pool) == (5, 5 * SMALL)
    await buyers.pay_order(order)
    share = order["amount"] / (3 * PRICE)
    assert buyers.seats == 8
    assert 5 * SMALL + floor(3 * SMALL * (share - 0.01)) <= buyers.pool <= 5 * SMALL + ceil(3 * SMALL * share)
    await buyers.authorize(changed.json())
    found = await buyers.subscription()
    assert (found["seats"], found["renewal_seats"]) == (8, 8)


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
    assert (sent["team"], sent["seats"], sent["taken"], len(sent["members"])) == ("Tea", 3, 5, 2)
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


@pytest.mark.parametrize("event", ["leaves", "is demoted"])
async def test_nothing_more_is_debited_from_an_owner_who_is_gone(buyers: Buyers, event: str) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    pending = (await buyers.change(seats=8)).json()
    await buyers.authorize(pending)

    if event == "leaves":
        world.database.rows(
            "delete from oneai.workspace_members where user_id = %s and workspace_id = %s",
            world.people["asha"],
            buyers.team,
        )
    else:
        world.database.rows(
            "update oneai.workspace_members set role = 'member' where user_id = %s and workspace_id = %s",
            world.people["asha"],
            buyers.team,
        )
    await reconcile_subscriptions()

    undone = await buyers.send("POST", "/subscription/cancel/undo", {}, "ravi")
    assert (undone.status_code, undone.json()["error"]["code"]) == (409, "cancellation_final")
    found = (await buyers.send("GET", "/subscription", who="ravi")).json()
    assert (found["tier"], found["renewal_seats"], found["cancel_requested_at"] is not None) == ("team", None, True)
    world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    await world.razorpay.catch_up()
    assert world.database.one("select subscription_tier from oneai.workspaces where id = %s", buyers.team) == "none"


async def test_another_owner_keeps_the_plan_with_a_card_of_their_own(buyers: Buyers) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    world.database.rows(
        "delete from oneai.workspace_members where user_id = %s and workspace_id = %s",
        world.people["asha"],
        buyers.team,
    )
    await processing.reproject(buyers.team)

    created = await buyers.create("ravi", seats=5)

    assert created.status_code == 201, created.text
    assert created.json()["start_at"] is not None
    await buyers.authorize(created.json(), "ravi")
    found = (await buyers.send("GET", "/subscription", who="ravi")).json()
    assert (found["seats"], found["renewal_seats"]) == (5, 5)


async def test_a_person_has_one_trial_over_all_their_workspaces(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "team=7,pro=7")
    settings.reset_cache()
    world = buyers.world
    await world.http.put("/subscription/billing-details", json=ASHA, headers=world.headers())
    await buyers.send("PUT", "/subscription/billing-details", ASHA)
    own = await world.post("/subscription/create", {"plan_id": "pro", "period": "monthly", "currency": "INR"})
    teams = await buyers.create()
    assert (own.json()["start_at"], teams.json()["start_at"]) != (None, None)

    world.database.advance(1)
    for created, headers, instrument in (
        (own, world.headers(), "4111"),
        (teams, world.headers(**{"oneai-workspace": str(buyers.team)}), "5222"),
    ):
        proof = await world.check_out(created.json()["short_url"], instrument=instrument)
        verified = await world.http.post("/subscription/verify", json=proof, headers=headers)
        assert verified.is_success, verified.text
    await processing.reproject(buyers.team)

    tiers: LiteralString = "select subscription_tier from oneai.workspaces where id = %s"
    assert world.database.one(tiers, world.people["asha"]) == "pro"
    assert world.database.one(tiers, buyers.team) == "none"
    assert world.database.rows("select user_id, workspace_id from oneai.trials") == [(world.people["asha"],) * 2]


async def test_only_the_holder_undoes_a_cancellation(buyers: Buyers) -> None:
    world = buyers.world
    await buyers.subscribe()
    world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')",
        *(world.people["ravi"], buyers.team),
    )
    await buyers.send("POST", "/subscription/cancel", {"at_period_end": True}, "ravi")

    refused = await buyers.send("POST", "/subscription/cancel/undo", {}, "ravi")
    undone = await buyers.send("POST", "/subscription/cancel/undo", {})

    assert (refused.status_code, undone.status_code) == (409, 200)
