"""The lifecycle of subscriptions at the stand-in for Stripe: the sequences of Stripe's documentation."""

import json

import pytest

from stand_ins.stripe.catalogue import DAY
from stand_ins.stripe.payments import BANK_SECONDS
from stand_ins.stripe.refusals import ApiError
from stand_ins.stripe.state import Account
from tests.stand_ins.stripe.lives import HOUR, START, Life

DECLINED, LATER, SECURE = "4000000000009995", "4000000000000341", "4000000000003220"
BANK, RETURNED = "000123456789", "4000000000005126"


def test_a_paid_checkout_makes_an_active_subscription_with_one_payment() -> None:
    life = Life()

    subscription = life.subscribe()

    assert life.events() == [
        *("customer.subscription.created", "invoice.created", "invoice.finalized", "charge.succeeded"),
        *("payment_intent.succeeded", "invoice_payment.paid", "invoice.paid", "invoice.payment_succeeded"),
        *("customer.subscription.updated", "checkout.session.completed"),
    ]
    assert (subscription["status"], subscription["metadata"]) == ("active", {"oneai_subscription": "ours"})
    (session,) = life.of("checkout.session.completed")
    assert (session["payment_status"], session["subscription"]) == ("paid", subscription["id"])
    (intent,) = life.of("payment_intent.succeeded")
    # What is said of a subscription reaches neither its payment nor that one's charge.
    assert (intent["amount_received"], intent["metadata"]) == (79_900, {})
    (invoice,) = life.of("invoice.paid")
    assert "payments" not in invoice
    assert "payment_intent" not in invoice
    (paid,) = life.get("invoice_payments", f"invoice={invoice['id']}")["data"]
    assert paid["payment"]["payment_intent"] == intent["id"]


def test_a_declined_card_leaves_the_checkout_open_and_makes_no_subscription() -> None:
    life = Life()
    session = life.checkout()

    assert life.engine.pay(session["id"], DECLINED) == "failed"

    assert life.events() == ["charge.failed", "payment_intent.payment_failed"]
    assert (life.engine.session(session["id"])["status"], life.get("subscriptions")["data"]) == ("open", [])
    assert life.engine.pay(session["id"], "4111111111111111") == "succeeded"


def test_a_card_with_3d_secure_pays_only_after_its_payer_confirmed() -> None:
    life = Life()
    session = life.checkout()

    assert life.engine.pay(session["id"], SECURE) == "requires_action"
    (created,) = life.of("customer.subscription.created")
    assert created["status"] == "incomplete"
    assert life.engine.pay(session["id"], SECURE, authenticated=True) == "succeeded"

    assert [each["id"] for each in life.of("customer.subscription.created")] == [created["id"]]
    assert life.engine.account.get("subscription", created["id"])["status"] == "active"


def test_an_unconfirmed_subscription_expires_after_23_hours() -> None:
    life = Life()
    session = life.checkout()
    life.engine.pay(session["id"], SECURE)

    life.engine.run_until(START + 23 * HOUR)

    (subscription,) = life.get("subscriptions", "status=all")["data"]
    assert (subscription["status"], subscription["ended_at"]) == ("incomplete_expired", START + 23 * HOUR)
    assert "invoice.voided" in life.events()


def test_a_renewal_is_a_draft_for_an_hour_before_it_is_charged() -> None:
    life = Life()
    subscription = life.subscribe()
    end = subscription["items"]["data"][0]["current_period_end"]
    life.events()

    life.engine.run_until(end)
    assert life.events() == ["invoice.created", "customer.subscription.updated"]
    life.engine.run_until(end + HOUR)

    assert life.events()[:3] == ["invoice.finalized", "charge.succeeded", "payment_intent.succeeded"]
    first, second = life.of("invoice.paid")
    assert second["billing_reason"] == "subscription_cycle"
    assert second["status_transitions"]["paid_at"] == end + HOUR
    line = second["lines"]["data"][0]["period"]
    assert (line["start"], second["period_start"]) == (end, end)
    assert first["lines"]["data"][0]["period"]["end"] == end


@pytest.mark.parametrize(
    ("setting", "status"), [("cancel", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")]
)
def test_after_its_last_retry_the_accounts_setting_decides(setting: str, status: str) -> None:
    life = Life()
    life.engine.account.after_last_attempt = setting
    subscription = life.subscribe(LATER)
    life.pass_days(31)
    assert subscription["status"] == "past_due"

    life.pass_days(17)

    failed = life.of("invoice.payment_failed")
    assert [each["attempt_count"] for each in failed] == [1, 2, 3, 4]
    assert [each["next_payment_attempt"] is None for each in failed] == [False, False, False, True]
    assert subscription["status"] == status
    # The same payment is tried again.
    assert len({each["id"] for each in life.of("payment_intent.payment_failed")}) == 1


def test_a_failed_renewal_recovers_on_its_invoices_page() -> None:
    life = Life()
    subscription = life.subscribe(LATER)
    life.pass_days(31)

    assert life.engine.pay_invoice(subscription["latest_invoice"], "4111111111111111") == "succeeded"

    assert subscription["status"] == "active"
    life.pass_days(31)
    assert len(life.of("invoice.paid")) == 3


def test_a_cancellation_at_the_end_of_the_period_waits_and_can_be_undone() -> None:
    life = Life()
    subscription = life.subscribe()
    path = f"subscriptions/{subscription['id']}"

    life.post(path, "cancel_at_period_end=true")
    assert (subscription["status"], subscription["canceled_at"]) == ("active", START)
    life.post(path, "cancel_at_period_end=false")
    life.post(path, "cancel_at_period_end=true")
    life.pass_days(31)

    assert (subscription["status"], life.of("invoice.paid")[1:]) == ("canceled", [])
    with pytest.raises(ApiError, match="No such subscription"):
        life.delete(path)


def test_a_later_start_charges_nothing_before_it() -> None:
    life = Life()
    trial = life.subscribe(more=f"&subscription_data[trial_end]={START + 7 * DAY}")
    (session,) = life.of("checkout.session.completed")

    assert (trial["status"], session["payment_status"]) == ("trialing", "no_payment_required")
    assert life.of("payment_intent.succeeded") == []
    life.pass_days(7.1)
    assert (trial["status"], len(life.of("payment_intent.succeeded"))) == ("active", 1)


def test_a_bank_debit_completes_a_checkout_before_it_is_paid() -> None:
    life = Life()
    form = "mode=payment&success_url=https://app.example&line_items[0][price_data][currency]=usd"
    price = "line_items[0][price_data][unit_amount]=5000&line_items[0][price_data][product_data][name]=Credits"
    named = "payment_intent_data[metadata][oneai_order]=Credits&payment_intent_data[setup_future_usage]=off_session"
    session = life.post("checkout/sessions", f"{form}&{price}&{named}&customer={life.customer['id']}")

    assert life.engine.pay(session["id"], BANK) == "processing"
    (completed,) = life.of("checkout.session.completed")
    life.engine.run_until(START + BANK_SECONDS)

    (paid,) = life.of("checkout.session.async_payment_succeeded")
    assert (completed["payment_status"], paid["payment_status"]) == ("unpaid", "paid")
    (intent,) = life.of("payment_intent.succeeded")
    assert (intent["metadata"], intent["setup_future_usage"]) == ({"oneai_order": "Credits"}, "off_session")


def test_a_refund_that_succeeded_can_fail_days_later() -> None:
    life = Life()
    life.subscribe(RETURNED)
    (intent,) = life.of("payment_intent.succeeded")

    refund = life.post("refunds", f"payment_intent={intent['id']}&amount=10000&metadata[oneai_operation]=one")
    assert refund["status"] == "succeeded"
    life.pass_days(9)

    (failed,) = life.of("refund.failed")
    assert (failed["id"], failed["status"]) == (refund["id"], "failed")
    (charge,) = life.get("charges")["data"]
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)


def test_refunds_never_exceed_the_charge() -> None:
    life = Life()
    life.subscribe()
    (intent,) = life.of("payment_intent.succeeded")
    life.post("refunds", f"payment_intent={intent['id']}&amount=79000")

    with pytest.raises(ApiError, match=r"greater than unrefunded amount on charge \(900\)"):
        life.post("refunds", f"payment_intent={intent['id']}&amount=901")
    life.post("refunds", f"payment_intent={intent['id']}")
    with pytest.raises(ApiError, match="already been refunded"):
        life.post("refunds", f"payment_intent={intent['id']}")


def test_an_inquiry_takes_no_money_and_a_dispute_does() -> None:
    life = Life()
    life.subscribe()
    (intent,) = life.of("payment_intent.succeeded")

    life.engine.dispute(intent["id"], "warning_needs_response")
    assert life.events() == ["charge.dispute.created"]
    life.engine.dispute(intent["id"], "needs_response")
    life.engine.dispute(intent["id"], "lost")
    life.engine.dispute(intent["id"], "won")

    assert life.events() == [
        *("charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.dispute.closed"),
        *("charge.dispute.closed", "charge.dispute.funds_reinstated"),
    ]
    with pytest.raises(ApiError, match="charged back"):
        life.engine.refund(intent["id"])


def test_an_upgrade_in_place_charges_the_difference_for_the_rest() -> None:
    life = Life()
    subscription = life.subscribe()
    more = life.post("prices", "currency=inr&unit_amount=159800&recurring[interval]=month&product_data[name]=Max")
    item = subscription["items"]["data"][0]
    life.engine.run_until(START + (item["current_period_end"] - START) // 2)

    change = f"items[0][id]={item['id']}&items[0][price]={more['id']}"
    life.post(f"subscriptions/{subscription['id']}", f"{change}&proration_behavior=always_invoice")

    invoice = life.of("invoice.paid")[-1]
    assert (invoice["amount_paid"], invoice["billing_reason"]) == (39_950, "subscription_update")
    assert item["price"]["id"] == more["id"]


def test_the_same_calls_give_the_same_bytes_after_saving_and_loading() -> None:
    one, other = Life(), Life()
    one.subscribe()
    other.subscribe()
    other.engine.account = Account.from_json(other.engine.account.to_json())

    one.pass_days(40)
    other.pass_days(40)

    assert [each.body for each in one.engine.events] == [each.body for each in other.engine.events]
    assert json.loads(one.engine.account.to_json()) == json.loads(other.engine.account.to_json())
