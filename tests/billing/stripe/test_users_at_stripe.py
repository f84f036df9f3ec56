"""A user subscribes, cancels, is refunded and buys credits at Stripe: over HTTP, at the stand-in's pages."""

from urllib.parse import parse_qs, urlsplit

import pytest

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


async def test_an_absent_stripe_is_reported_and_the_same_request_continues(carol: World) -> None:
    carol.stripe.fault = "away"
    assert status_and_code(await create_checkout(carol, currency="USD")) == (503, "payment_provider_unavailable")
    carol.stripe.fault = None

    created = await create_checkout(carol, currency="USD")

    assert created.status_code == 200, created.text
    await pay(carol, created.json()["checkout_url"])
    assert (await subscription(carol))["tier"] == "pro"
