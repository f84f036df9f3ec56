"""Operators make offers, and owners pay them by checkout or by bank transfer."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from oneai.billing import reconcile_subscriptions
from oneai.billing.facts import our_id
from stand_ins.stripe import checkout
from tests.admin.staff import make_staff
from tests.billing.offers.offer_makers import ACCOUNT, AMOUNT, LIMITS, Offering
from tests.billing.stripe.users import CAROL, sold_at_stripe
from tests.billing.stripe.users import pay as pay_at_stripe
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.subscriptions.paying_ahead import BUDI, choose, pay
from tests.billing.without_webhooks import DAY
from tests.patience import PATIENCE
from tests.workspaces.teams import add_member

SMALL = LIMITS["small_messages"]


def refused(answer: Any) -> tuple[int, str, Any]:
    """Status, code, and the state or the first field of a refusal."""
    error = answer.json()["error"]
    details = error.get("details") or [{}]
    return answer.status_code, error["code"], error.get("state") or details[0].get("field")


async def test_a_transfer_of_the_offers_amount_starts_the_plan_once(offering: Offering) -> None:
    database = offering.world.database
    database.rows("update oneai.workspaces set billing_email = 'accounts@nilgiri.test' where id = %s", offering.team)
    offer = await offering.made(method="bank_transfer")
    mails = database.rows("select data ->> 'to', data -> 'account' ->> 'code' from oneai.outbox where kind = 'offer'")
    assert sorted(mails) == [("billing", ACCOUNT[4]), ("owner", ACCOUNT[4])]
    seen = (await offering.send("GET", "/subscription/offers")).json()["items"]
    assert [(each["id"], each["state"], each["account"]["code"]) for each in seen] == [
        (offer["id"], "open", ACCOUNT[4])
    ]
    accepted = await offering.accept(offer)
    assert (accepted.status_code, accepted.json()["order"]) == (200, None)

    transfer = {"reference": "HDFCR52026112712345678"}
    for wrong, field in (
        ({"amount": AMOUNT - 1}, "amount"),
        ({"amount": AMOUNT + 1}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"received_on": "2100-01-01"}, "received_on"),
        ({"received_on": "yesterday"}, "received_on"),
        ({"reference": "x"}, "reference"),
    ):
        answer = await offering.mark_paid(offer, **{**transfer, **wrong})
        assert refused(answer) == (422, "invalid_request", field), wrong
    assert offering.standing == ("none", 3, 0)
    answers = await asyncio.wait_for(
        asyncio.gather(*(offering.mark_paid(offer, **transfer) for _ in range(4))), PATIENCE
    )

    assert {each.status_code for each in answers} <= {200, 503}, [each.text for each in answers]
    assert (await offering.mark_paid(offer, **transfer)).json()["state"] == "paid"
    assert offering.standing == ("enterprise", 40, SMALL)
    assert refused(await offering.mark_paid(offer)) == (409, "offer_not_open", "paid")
    assert refused(await offering.act(offer, "withdraw")) == (409, "offer_not_open", "paid")
    assert database.rows("select amount, payment_provider, tier from oneai.payments") == [
        (AMOUNT, "bank_transfer", "enterprise")
    ]
    lines = database.rows("select description, total, left(number, 4), buyer ->> 'legal_name' from oneai.invoices")
    assert lines == [("Enterprise, 40 seats, 12 months", AMOUNT, "INV/", "Asha Rao")]
    invoice = (await offering.send("GET", "/subscription/invoice")).json()["items"][0]
    assert (await offering.send("GET", f"/subscription/invoice/{invoice['id']}/pdf")).content.startswith(b"%PDF")
    assert (await offering.send("GET", "/subscription")).json()["tier"] == "enterprise"
    acts = database.rows("select action from oneai.audit_log where target_kind = 'offer' order by id")
    assert acts == ["offer.create", "offer.accept", "offer.mark_paid"]
    # To the owner, and to the billing address.
    assert database.one("select count(*) from oneai.outbox where kind = 'payment_receipt'") == 2


async def test_one_transfer_pays_one_of_two_offers_marked_at_once(offering: Offering) -> None:
    offers = [await offering.made(method="bank_transfer") for _ in range(2)]

    answers = await asyncio.wait_for(
        asyncio.gather(*(offering.mark_paid(each, reference="UTR777777") for each in offers)), PATIENCE
    )

    assert sorted(each.status_code for each in answers) == [200, 422], [each.text for each in answers]
    assert offering.world.database.one("select count(*) from oneai.payments") == 1


async def test_a_withdrawn_or_expired_offer_is_neither_accepted_nor_marked(offering: Offering) -> None:
    withdrawn, expired = await offering.made(method="bank_transfer"), await offering.made(method="bank_transfer")
    for _ in range(2):
        assert (await offering.act(withdrawn, "withdraw")).json()["state"] == "withdrawn"
    last_day = offering.world.database.one("select (oneai.now() at time zone 'Asia/Kolkata')::date + 30")
    offering.world.database.advance(32 * DAY)

    for offer, state in ((withdrawn, "withdrawn"), (expired, "expired")):
        assert refused(await offering.accept(offer)) == (409, "offer_not_open", state)
    assert refused(await offering.mark_paid(withdrawn)) == (409, "offer_not_open", "withdrawn")
    too_late = await offering.mark_paid(expired, received_on=str(last_day + timedelta(days=1)))
    assert refused(too_late) == (409, "offer_not_open", "expired")
    # A transfer of the last day counts, whenever an operator sees it.
    assert (await offering.mark_paid(expired, received_on=str(last_day))).json()["state"] == "paid"
    listed = (await offering.world.get("/admin/offers", offering.admin, state="withdrawn")).json()["items"]
    assert [each["id"] for each in listed] == [withdrawn["id"]]


async def test_an_owner_pays_an_offer_by_checkout_and_its_period_ends(offering: Offering) -> None:
    offer = await offering.made(months=1)
    assert refused(await offering.send("POST", f"/subscription/offers/{offer['id']}/accept"))[:2] == (
        *(422, "billing_details_required"),
    )
    first, again = (await offering.accept(offer)).json()["order"], (await offering.accept(offer)).json()["order"]
    assert (first["order_id"], first["amount"]) == (again["order_id"], AMOUNT)

    await offering.pay(first)

    assert offering.standing == ("enterprise", 40, SMALL)
    assert (await offering.shown(offer))["state"] == "paid"
    assert refused(await offering.mark_paid(offer)) == (409, "offer_not_open", "paid")
    assert refused(await offering.accept(offer)) == (409, "offer_not_open", "paid")
    offering.world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    assert offering.standing[0] == "none"
    history = (await offering.send("GET", "/subscription/history")).json()["items"]
    assert [each["change_reason"] for each in history] == ["cancellation", "new_subscription"]


async def test_a_checkout_paid_after_the_withdrawal_is_refunded_in_full(offering: Offering) -> None:
    offer = await offering.made()
    order = (await offering.accept(offer)).json()["order"]
    offering.world.database.advance(5)
    await offering.act(offer, "withdraw")

    await offering.pay(order)

    assert offering.standing == ("none", 3, 0)
    await reconcile_subscriptions()
    assert offering.world.database.rows("select amount, amount_refunded from oneai.payments") == [(AMOUNT, AMOUNT)]
    assert (await offering.shown(offer))["state"] == "withdrawn"


async def test_a_checkout_besides_a_transfer_is_refunded_and_the_plan_stays(offering: Offering) -> None:
    offer = await offering.made()
    order = (await offering.accept(offer)).json()["order"]
    assert (await offering.mark_paid(offer)).is_success

    await offering.pay(order)
    await reconcile_subscriptions()

    paid = "select payment_provider, amount_refunded from oneai.payments order by payment_provider"
    assert offering.world.database.rows(paid) == [("bank_transfer", 0), ("razorpay", AMOUNT)]
    assert offering.standing == ("enterprise", 40, SMALL)


async def test_a_transfer_is_refunded_by_bank_and_a_full_refund_ends_the_plan(offering: Offering) -> None:
    offer = await offering.made(method="bank_transfer")
    nothing = await offering.act(offer, "refund", amount=100, reference="UTR0001")
    assert nothing.status_code == 404
    await offering.mark_paid(offer)
    payment = offering.world.database.one("select id from oneai.payments")
    by_provider = {"reason": "Asked for", "amount": AMOUNT, "refundable_amount": AMOUNT}
    asked = await offering.world.post(f"/admin/payments/{payment}/refund", by_provider, offering.admin)
    assert refused(asked) == (422, "invalid_request", "id")
    assert offering.world.database.one("select count(*) from oneai.provider_operations") == 0

    for amount, reference, left in ((1_000_000, "UTR0001", 1), (1_000_000, "UTR0001", 1), (AMOUNT, "UTR0002", 0)):
        answer = await offering.act(offer, "refund", amount=amount, reference=reference)
        assert answer.is_success is bool(left), answer.text
    assert refused(await offering.act(offer, "refund", amount=5, reference="UTR0001"))[2] == "reference"
    assert offering.standing[0] == "enterprise"
    answer = await offering.act(offer, "refund", amount=AMOUNT - 1_000_000, reference="UTR0002")

    assert (answer.json()["refunded"], answer.json()["state"]) == (AMOUNT, "paid")
    assert offering.standing == ("none", 3, 0)
    assert refused(await offering.mark_paid(offer)) == (409, "offer_not_open", "paid")
    notes = offering.world.database.rows("select total from oneai.invoices where kind = 'credit_note' order by total")
    assert notes == [1_000_000, AMOUNT - 1_000_000]


async def test_a_transfer_whose_projection_was_lost_is_projected_by_the_job(offering: Offering) -> None:
    offer = await offering.made(method="bank_transfer")
    ids = {
        "order": str(our_id("order", "bank_transfer", f"bank:{offer['id']}")),
        "payment": str(our_id("payment", "bank_transfer", "bank:UTR0009")),
    }
    offering.world.database.rows(
        "select oneai.record_transfer(%s, %s, 'UTR0009', %s, 'INR', (oneai.now() at time zone 'Asia/Kolkata')::date)",
        *(offer["id"], Jsonb(ids), AMOUNT),
    )
    assert offering.standing[0] == "none"

    await reconcile_subscriptions()

    assert offering.standing == ("enterprise", 40, SMALL)
    assert offering.world.database.one("select count(*) from oneai.invoices") == 1


async def test_an_invalid_offer_names_its_field(offering: Offering) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"plan_id": "pro"}, "plan_id"),
        ({"plan_id": "free"}, "plan_id"),
        ({"seats": 501}, "seats"),
        ({"limits": {"tokens": 5}}, "limits.tokens"),
        ({"amount": 99}, "amount"),
        ({"months": 0}, "months"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "valid_until"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"method": "bank_transfer", "currency": "USD"}, "method"),
        ({"workspace_id": str(offering.world.people["ravi"])}, "seats"),
    ]
    for terms, field in wrong:
        status, code, named = refused(await offering.make(**terms))
        assert (status, code) == (422, "invalid_request"), terms
        assert str(named).startswith(field), terms
    assert offering.world.database.one("select count(*) from oneai.offers") == 0


async def test_support_reads_offers_and_other_workspaces_find_none(offering: Offering) -> None:
    offer = await offering.made()
    support = make_staff(offering.world, "support")

    assert (await offering.world.get(f"/admin/offers/{offer['id']}", support)).is_success
    assert (
        await offering.world.post(f"/admin/offers/{offer['id']}/withdraw", {"reason": "No"}, support)
    ).status_code == 404
    for path in (f"/subscription/offers/{offer['id']}", f"/subscription/offers/{offer['id']}/accept"):
        method = "POST" if path.endswith("accept") else "GET"
        answer = await offering.world.http.request(method, path, headers=offering.world.headers("ravi"))
        assert answer.status_code == 404
    # Postgres asks for the right to spend too.
    ravi, database = offering.world.people["ravi"], offering.world.database
    add_member(database, offering.team, ravi, "admin")
    with pytest.raises(psycopg.Error, match="role_insufficient"):
        database.rows("select oneai.accept_offer(%s, %s, %s, true)", ravi, offering.team, offer["id"])


async def test_no_seats_are_sold_while_an_offer_covers_more(offering: Offering) -> None:
    buyers = Buyers(offering.world, offering.team)
    await buyers.subscribe(seats=5)
    offer = await offering.made(plan_id="team", seats=50)
    assert (await offering.mark_paid(offer)).is_success
    assert buyers.seats == 50

    for path in ("/subscription/update?preview=1", "/subscription/update"):
        answer = await buyers.send("POST", path, {"seats": 60})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "subscription_not_changeable")
        assert "50 seats" in error["message"]

    assert offering.world.database.rows("select id from oneai.seat_orders") == []


async def test_an_offer_in_rupiah_is_paid_on_midtrans_page(offering: Offering) -> None:
    world = offering.world
    offer = await offering.made(method="checkout", currency="IDR", amount=48_000_000)
    assert (await offering.send("PUT", "/subscription/billing-details", BUDI)).is_success

    accepted = await offering.send("POST", f"/subscription/offers/{offer['id']}/accept")
    again = await offering.send("POST", f"/subscription/offers/{offer['id']}/accept")
    assert accepted.status_code == again.status_code == 200, accepted.text
    order = accepted.json()["order"]
    assert (order["key_id"], order["order_id"], order["amount"]) == (None, None, 48_000_000)
    assert order["short_url"] == again.json()["order"]["short_url"]
    # A transfer by virtual account may take until the offer ends.
    await choose({"checkout_url": order["short_url"]}, "bca_va")
    world.database.advance(0.9 * DAY)
    await pay(world, {"checkout_url": order["short_url"]}, "bca_va")

    assert offering.standing == ("enterprise", 40, SMALL)
    (invoice,) = (await offering.send("GET", "/subscription/invoice")).json()["items"]
    assert (invoice["form"], invoice["total"]) == ("ppn", 48_000_000)


async def test_an_offer_in_dollars_is_paid_at_stripe_also_after_its_first_page(
    offering: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = offering.world
    sold_at_stripe(world, monkeypatch)
    offer = await offering.made(method="checkout", currency="USD", amount=100_000)
    assert (await offering.send("PUT", "/subscription/billing-details", CAROL)).is_success
    accepted = [await offering.send("POST", f"/subscription/offers/{offer['id']}/accept") for _ in range(2)]
    first, again = (each.json()["order"] for each in accepted)
    assert (first["key_id"], first["amount"], first["short_url"]) == (None, 100_000, again["short_url"])
    assert first["short_url"].startswith(f"{world.address}/stripe/c/pay/")
    # The page is open for a day, the offer for thirty.
    world.database.advance(1.1 * DAY)
    await world.stripe.catch_up()

    renewed = (await offering.send("POST", f"/subscription/offers/{offer['id']}/accept")).json()["order"]
    assert renewed["short_url"] != first["short_url"]
    await pay_at_stripe(world, renewed["short_url"])

    assert offering.standing == ("enterprise", 40, SMALL)
    assert (await offering.shown(offer))["state"] == "paid"
    (invoice,) = (await offering.send("GET", "/subscription/invoice")).json()["items"]
    assert (invoice["currency"], invoice["total"]) == ("USD", 100_000)


async def test_a_page_that_was_ended_in_stripes_dashboard_is_replaced_on_the_same_day(
    offering: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = offering.world
    sold_at_stripe(world, monkeypatch)
    offer = await offering.made(method="checkout", currency="USD", amount=100_000)
    assert (await offering.send("PUT", "/subscription/billing-details", CAROL)).is_success

    async def page() -> str:
        accepted = await offering.send("POST", f"/subscription/offers/{offer['id']}/accept")
        url: str = accepted.json()["order"]["short_url"]
        return url

    first = await page()
    async with world.stripe.session() as engine:
        checkout.expire(engine.account, engine.session(first.rsplit("/", 1)[1]))

    second = await page()
    assert (second != first, await page()) == (True, second)
    await pay_at_stripe(world, second)
    assert (await offering.shown(offer))["state"] == "paid"
