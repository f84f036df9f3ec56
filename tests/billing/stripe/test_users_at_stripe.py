"""A user subscribes, cancels, is refunded and buys credits at Stripe: over HTTP, at the stand-in's pages."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from oneai.billing import provider_operations
from oneai.notifications import triggers
from stand_ins.stripe import subscriptions
from tests.billing.invoices.issuing import ASHA
from tests.billing.stripe.users import CAROL, DECLINED, live_in, pay, sold_at_stripe, subscription
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.subscriptions.subscribing import create_checkout, status_and_code
from tests.workspaces.teams import insert_team
from tests.world import World

pytestmark = pytest.mark.sampled(0.3)


@pytest.fixture
async def carol(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Asha lives in Austin, and Stripe takes payments."""
    monkeypatch.setenv("STRIPE_SELLER_COUNTRY", "US")
    monkeypatch.setenv("STRIPE_SELLER_NAME", "OneAI Inc.")
    monkeypatch.setenv("STRIPE_TAXES", "Sales tax=8.25")
    sold_at_stripe(world, monkeypatch)
    await live_in(world, CAROL)
    return world


async def test_a_plan_is_paid_at_stripe_cancelled_and_refunded(carol: World) -> None:
    created = await create_checkout(carol, currency="USD")
    assert created.status_code == 201, created.text
    session = created.json()
    assert (session["payment_provider"], session["razorpay"], session["charged_amount"]) == ("stripe", None, 999)
    assert session["checkout_url"].startswith(f"{carol.address}/stripe/c/pay/")
    assert (await create_checkout(carol, currency="USD")).json()["checkout_url"] == session["checkout_url"]
    assert (await subscription(carol))["tier"] == "free"

    declined = await pay(carol, session["checkout_url"], DECLINED)
    assert (declined.status_code, (await subscription(carol))["tier"]) == (402, "free")
    paid = await pay(carol, session["checkout_url"])

    back = urlsplit(paid.headers["location"])
    assert (back.netloc, back.path) == ("oneai.example", "/checkout/pro")
    assert parse_qs(back.query).keys() == {"paid", "period", "id", "checkout"}
    found = await subscription(carol)
    assert (found["tier"], found["status"], found["prepaid"]) == ("pro", "active", False)
    assert (await create_checkout(carol, currency="USD")).status_code == 409
    (invoice,) = (await carol.get("/subscription/invoice")).json()["items"]
    assert (invoice["form"], invoice["currency"], invoice["total"]) == ("plain", "USD", 999)
    assert invoice["tax_lines"] == [{"name": "Sales tax", "rate": 825, "amount": 76}]
    assert (invoice["taxable"], invoice["other_tax"], invoice["seller"]["name"]) == (923, 76, "OneAI Inc.")

    portal = (await carol.get("/subscription/portal")).json()
    assert portal["url"].startswith(f"{carol.address}/stripe/p/session/")
    carol.database.advance(60)
    preview = (await carol.post("/subscription/cancel?preview=1", {"at_period_end": False})).json()
    cancelled = await carol.post("/subscription/cancel", {"at_period_end": False})
    assert cancelled.is_success, cancelled.text
    await carol.stripe.catch_up()

    assert (await subscription(carol))["tier"] == "free"
    ((amount, status),) = carol.database.rows("select amount, status from oneai.refunds")
    # A cent is 43 minutes of the month, which may pass between both.
    assert (status, preview["refund_amount"] - amount in (0, 1)) == ("processed", True)
    kinds = [each["kind"] for each in (await carol.get("/subscription/invoice")).json()["items"]]
    assert sorted(kinds) == ["credit_note", "invoice"]


async def test_a_provider_that_the_table_does_not_have_is_refused_by_name(carol: World) -> None:
    refused = await create_checkout(carol, currency="USD", payment_provider="razorpay")
    unknown = await create_checkout(carol, currency="USD", payment_provider="paypal")
    allowed = await create_checkout(carol, currency="USD", payment_provider="stripe")
    await live_in(carol, ASHA)
    in_india = await create_checkout(carol, currency="INR", payment_provider="stripe")

    for each in (refused, unknown, in_india):
        (detail,) = each.json()["error"]["details"]
        assert (each.status_code, detail["field"], detail["code"]) == (422, "payment_provider", "not_a_choice")
    assert "Stripe takes the payments" in refused.json()["error"]["details"][0]["message"]
    assert "Razorpay takes the payments" in in_india.json()["error"]["details"][0]["message"]
    assert allowed.status_code == 201
    assert carol.database.one("select count(*) from oneai.subscriptions") == 1


async def test_prices_are_those_of_the_countrys_provider(carol: World) -> None:
    carol.database.rows("select oneai.set_price('razorpay', 'pro', 'monthly', 'USD', 1099, 'plan_x', 1099)")

    async def dollars(**where: str) -> tuple[str, int]:
        plan = (await carol.get("/subscription/plans/pro", None, **where)).json()
        (price,) = (each for each in plan["prices"] if (each["currency"], each["period"]) == ("USD", "monthly"))
        return price["payment_provider"], price["amount"]

    assert (await dollars(), await dollars(country="US")) == (("stripe", 999), ("stripe", 999))
    assert (await dollars(country="IN"))[0] == "razorpay"
    assert (await carol.get("/subscription/plans", None, country="usa")).status_code == 422


async def test_a_checkout_that_was_not_paid_in_time_is_opened_again(carol: World) -> None:
    first = (await create_checkout(carol, currency="USD")).json()
    carol.database.advance(25 * 3_600)
    await carol.stripe.catch_up()

    second = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, second["checkout_url"])

    assert first["checkout_url"] != second["checkout_url"]
    assert (await subscription(carol))["tier"] == "pro"


async def test_a_team_buys_seats_at_stripe(carol: World) -> None:
    buyers = Buyers(carol, insert_team(carol.database, carol.people["asha"]))
    await live_in(carol, CAROL, str(buyers.team))
    created = await buyers.create(seats=3, currency="USD")
    assert created.status_code == 201, created.text
    await pay(carol, created.json()["checkout_url"])

    assert (buyers.seats, (await buyers.subscription())["tier"]) == (3, "team")

    carol.database.advance(60)
    changed = await buyers.change(seats=5)
    assert changed.is_success, changed.text
    order = changed.json()["seat_order"]
    assert (order["key_id"], order["seats"], order["currency"]) == (None, 2, "USD")
    await pay(carol, order["short_url"])
    await carol.stripe.catch_up()
    assert buyers.seats == 5


async def test_credits_are_bought_at_stripe_once(carol: World) -> None:
    bought = await carol.post("/credits/purchase", {"package_id": "credits_10", "currency": "USD"})
    assert bought.is_success, bought.text
    checkout = bought.json()["checkout"]
    assert checkout["key_id"] is None
    paid = await pay(carol, checkout["short_url"])
    assert urlsplit(paid.headers["location"]).path == "/credits"
    await carol.stripe.catch_up()

    assert (await carol.get("/credits/balance")).json()["available_micro_usd"] == 10_000_000


async def test_a_failed_renewal_is_paid_on_the_page_of_its_invoice(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, session["checkout_url"])
    assert (await carol.get("/subscription/portal")).json()["url"].startswith(f"{carol.address}/stripe/p/session/")
    async with carol.stripe.session() as engine:
        (debited,) = engine.account.all("subscription").values()
        engine.script(debited["customer"], "decline")
    carol.database.advance(31 * 86_400 + 7_200)
    await carol.stripe.catch_up()
    await triggers.notify()
    found = await subscription(carol)
    mails = "select data ->> 'pay_url' from oneai.outbox where kind = 'payment_reminder'"

    # The page of the first checkout is complete, and pays nothing.
    assert (found["status"], found["pay_url"], carol.database.rows(mails)) == ("past_due", None, [None])
    # Stripe tries for fifteen days, and access continues for seven.
    last_days = carol.database.rows("select data ->> 'last_day' from oneai.outbox where kind = 'payment_reminder'")
    assert [datetime.fromisoformat(each) for each in last_days] == [datetime.fromisoformat(found["grace_ends_at"])]
    assert datetime.fromisoformat(found["grace_ends_at"]) > carol.database.one("select oneai.now() + interval '5 days'")
    page = (await carol.get("/subscription/portal")).json()["url"]
    assert page.startswith(f"{carol.address}/stripe/i/in_")
    await pay(carol, page)

    found = await subscription(carol)
    assert (found["status"], found["charged_amount"], found["currency"]) == ("active", 999, "USD")
    assert found["grace_ends_at"] is None
    assert carol.database.rows("select status, amount from oneai.payments where status = 'captured'") == [
        ("captured", 999),
        ("captured", 999),
    ]
    assert (await carol.get("/subscription/portal")).json()["url"].startswith(f"{carol.address}/stripe/p/session/")


async def test_a_plan_that_follows_another_is_shown_and_nothing_is_paused(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD", period="yearly")).json()
    await pay(carol, session["checkout_url"])
    before = await subscription(carol)
    assert (before["charged_amount"], before["replacement"], before["can_pause"]) == (9_990, None, False)
    change = {"plan_id": "pro", "period": "monthly", "when": "period_end"}
    changed = await carol.post("/subscription/update", change)
    assert changed.is_success, changed.text
    assert (await subscription(carol))["replacement"] is None

    await pay(carol, changed.json()["checkout_url"])

    found = await subscription(carol)
    assert (found["charged_amount"], found["cancel_requested_at"] is None) == (9_990, False)
    assert found["replacement"] == {
        "plan_id": "pro",
        "period": "monthly",
        "charged_amount": 999,
        "currency": "USD",
        "starts_at": found["current_period_end"],
    }
    # It is no cancellation, and no email says so.
    carol.database.advance(3 * 3600)
    await triggers.notify()
    mails = carol.database.rows("select data ->> 'event' from oneai.outbox where kind = 'subscription_update'")
    assert mails == []
    assert (await carol.post("/subscription/cancel/undo", {})).is_success
    assert (await subscription(carol))["replacement"] is None


async def test_a_larger_plan_refunds_what_is_left_of_the_smaller_one(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, session["checkout_url"])
    carol.database.advance(60)
    changed = await carol.post("/subscription/update", {"plan_id": "pro", "period": "yearly", "when": "now"})
    assert changed.is_success, changed.text
    await pay(carol, changed.json()["checkout_url"])
    await provider_operations.run_pending(carol.people["asha"])
    await carol.stripe.catch_up()

    operations = "select kind, state, amount, due_at, last_error from oneai.provider_operations order by kind"
    kinds = [each["kind"] for each in (await carol.get("/subscription/invoice")).json()["items"]]
    assert sorted(kinds) == ["credit_note", "invoice", "invoice"], carol.database.rows(operations)


async def test_a_cancellation_on_stripes_page_is_shown_until_it_is_undone_there(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, session["checkout_url"])
    async with carol.stripe.session() as engine:
        (paid,) = engine.account.all("subscription").values()
        carol.database.advance(5)
        engine.cancel_at_period_end(paid["id"])
    await carol.stripe.catch_up()

    found = await subscription(carol)
    assert (found["status"], found["cancelled_at_provider"], found["cancel_requested_at"]) == ("active", True, None)

    carol.database.advance(5)
    async with carol.stripe.session() as engine:
        kept = {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
        subscriptions.change(engine.account, engine.account.get("subscription", paid["id"]), **kept)
    await carol.stripe.catch_up()
    assert not (await subscription(carol))["cancelled_at_provider"]


async def test_an_absent_stripe_is_reported_and_the_same_request_continues(carol: World) -> None:
    carol.stripe.fault = "away"
    assert status_and_code(await create_checkout(carol, currency="USD")) == (503, "payment_provider_unavailable")
    carol.stripe.fault = None

    created = await create_checkout(carol, currency="USD")

    assert created.status_code == 200, created.text
    await pay(carol, created.json()["checkout_url"])
    assert (await subscription(carol))["tier"] == "pro"
