"""Razorpay's events, as documented and as they come over the wire, in our words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import LifecycleEvent, Observation
from oneai.billing.providers.razorpay.events import event_of
from tests.billing.provider.samples import CHARGED, ON_THE_WIRE, Sample, happened_at, moment, payment, subscription

OUR_ID = UUID("0b6f1f6e-3c53-4a4b-8f0e-2d8a4f0d9b10")
FUTURE = "subscription.activated__future_start_date_and_no_upfront_amount"
AT_ONCE = "subscription.activated__immediate_start_date_upfront_amount_both"
OCTOBER, NOVEMBER = (datetime(2019, month, 4, 18, 30, tzinfo=UTC) for month in (10, 11))


@pytest.fixture
def sample(fixtures: Path) -> Sample:
    """Reads samples."""
    return Sample(fixtures)


@pytest.mark.parametrize(
    ("name", "status", "ended", "attempts"),
    [
        (FUTURE, "active", False, 0),
        (AT_ONCE, "active", False, 0),
        ("subscription.authenticated__subscription_authenticated", "trial", False, 0),
        ("subscription.cancelled__subscription_cancelled", "cancelled", True, 0),
        (CHARGED, "active", False, 0),
        (ON_THE_WIRE, "active", False, 0),
        ("subscription.completed__subscription_completed", "cancelled", True, 0),
        ("subscription.halted__subscription_halted", "unpaid", False, 4),
        ("subscription.paused__subscription_paused", "paused", False, 0),
        ("subscription.pending__subscription_pending", "past_due", False, 1),
        ("subscription.resumed__subscription_resumed", "active", False, 0),
        ("subscription.updated__subscription_updated", "active", False, 0),
    ],
)
def test_a_subscription_event_has_the_status_at_its_time(
    sample: Sample, name: str, *, status: str, ended: bool, attempts: int
) -> None:
    event, raw = sample(name), sample.raw(name)

    (seen,) = event.observation.snapshots
    assert (seen.status, seen.ended, seen.failed_attempts) == (status, ended, attempts)
    assert (event.at, event.subscription_ref, seen.fetched) == (seen.at, seen.ref, False)
    assert seen.at == moment(happened_at(raw))
    assert (seen.ref, seen.plan_ref) == (subscription(raw)["id"], subscription(raw)["plan_id"])
    assert seen.our_id is None  # the notes are another merchant's


def test_a_charge_has_its_payment_and_period(sample: Sample) -> None:
    event, raw = sample(CHARGED), sample.raw(CHARGED)
    one, money = subscription(raw), payment(raw)

    (paid,) = event.observation.payments
    assert (paid.ref, paid.status, paid.amount, paid.currency) == (money["id"], "captured", money["amount"], "INR")
    assert (paid.subscription_ref, paid.invoice_ref) == (one["id"], money["invoice_id"])
    assert (paid.period_start, paid.period_end) == (moment(one["current_start"]), moment(one["current_end"]))
    assert (paid.period_from, paid.at) == ("subscription", moment(money["created_at"]))
    (seen,) = event.observation.snapshots
    assert (seen.paid_count, seen.offer_ref, seen.short_url) == (1, one["offer_id"], None)


def test_an_immediate_activation_has_an_unlisted_payment(sample: Sample) -> None:
    activated, charged = sample(AT_ONCE), sample(CHARGED)

    assert activated.observation.payments == charged.observation.payments
    assert activated.at == moment(sample.raw(AT_ONCE)["payload"]["created_at"])  # said inside the payload


def test_a_later_activation_has_paid_for_nothing(sample: Sample) -> None:
    observation = sample(FUTURE).observation

    assert observation.payments == ()
    assert observation.snapshots[0].paid_count == 0


def test_a_recorded_charge_is_parsed(sample: Sample) -> None:
    event, raw = sample(ON_THE_WIRE), sample.raw(ON_THE_WIRE)

    (paid,) = event.observation.payments
    assert (paid.amount, paid.method) == (payment(raw)["amount"], "card")
    assert paid.period_end == moment(subscription(raw)["current_end"])
    assert paid.period_start == paid.at == moment(payment(raw)["created_at"])


@pytest.mark.parametrize("name", ["pending__subscription_pending", "halted__subscription_halted"])
def test_a_failed_charge_leaves_its_period_unpaid(sample: Sample, name: str) -> None:
    observation, one = sample(f"subscription.{name}").observation, subscription(sample.raw(f"subscription.{name}"))

    (seen,) = observation.snapshots
    assert (seen.period_start, seen.period_end) == (moment(one["current_start"]), moment(one["current_end"]))
    assert (observation.payments, observation.invoices) == ((), ())


def test_a_payment_that_comes_with_a_failed_charge_has_no_period(sample: Sample) -> None:
    def with_payment(document: dict[str, Any]) -> None:
        document["payload"]["payment"] = {
            "entity": {"id": "pay_1", "status": "captured", "amount": 5, "currency": "INR", "created_at": 1567691026}
        }

    pending = "subscription.pending__subscription_pending"
    (paid,) = sample(pending, with_payment).observation.payments
    assert (paid.subscription_ref, paid.period_from, paid.period_end) == (
        subscription(sample.raw(pending))["id"],
        None,
        None,
    )


@pytest.mark.parametrize(
    ("name", "kind", "attempts"),
    [
        ("pending__subscription_pending", "attempt_failed", [1]),
        ("halted__subscription_halted", "halted", []),
        ("paused__subscription_paused", "paused", []),
        ("resumed__subscription_resumed", "resumed", []),
    ],
)
def test_an_event_not_visible_in_later_snapshots_becomes_a_lifecycle_event(
    sample: Sample, name: str, kind: Any, attempts: list[int]
) -> None:
    raw = sample.raw(f"subscription.{name}")

    event = LifecycleEvent("razorpay", subscription(raw)["id"], kind, moment(happened_at(raw)), *attempts)
    assert sample(f"subscription.{name}").observation.lifecycle_events == (event,)


def test_a_pause_is_dated_by_its_start(sample: Sample) -> None:
    def paused(document: dict[str, Any]) -> None:
        subscription(document).update(paused_at=1600416470, pause_initiated_by="customer")

    observation = sample("subscription.paused__subscription_paused", paused).observation
    assert observation.lifecycle_events[0].at == moment(1600416470)
    assert observation.snapshots[0].paused_by_customer


@pytest.mark.parametrize(
    ("said", "status", "ended"),
    [
        ("created", "none", False),
        ("authenticated", "trial", False),
        ("active", "active", False),
        ("pending", "past_due", False),
        ("halted", "unpaid", False),
        ("paused", "paused", False),
        ("cancelled", "cancelled", True),
        ("completed", "cancelled", True),
        ("expired", "cancelled", True),
    ],
)
def test_every_status_is_mapped_to_one_of_ours(sample: Sample, said: str, status: str, ended: bool) -> None:
    def change(document: dict[str, Any]) -> None:
        subscription(document).update(status=said, start_at=document["created_at"] + 1)

    (seen,) = sample(FUTURE, change).observation.snapshots
    assert (seen.status, seen.ended, seen.expired) == (status, ended, said == "expired")


def test_an_authorized_subscription_that_is_due_is_no_trial(sample: Sample) -> None:
    def due(document: dict[str, Any]) -> None:
        subscription(document).update(status="authenticated", start_at=document["created_at"] - 1)

    assert sample(FUTURE, due).observation.snapshots[0].status == "none"


@pytest.mark.parametrize(
    ("notes", "our_id"),
    [
        ([], None),
        ({}, None),
        (None, None),
        ({"oneai_subscription": str(OUR_ID)}, OUR_ID),
        ({"oneai_subscription": "no id"}, None),
        ({"oneai_subscription": [1]}, None),
    ],
)
def test_notes_identify_the_owner_if_there_are_any(sample: Sample, notes: object, our_id: UUID | None) -> None:
    def change(document: dict[str, Any]) -> None:
        subscription(document)["notes"] = notes

    assert sample(CHARGED, change).observation.snapshots[0].our_id == our_id


@pytest.mark.parametrize(
    ("method", "changeable"), [("card", True), (None, True), ("upi", False), ("emandate", False), ("nach", False)]
)
def test_a_debit_mandate_cannot_be_changed_in_place(sample: Sample, method: str | None, changeable: bool) -> None:
    def change(document: dict[str, Any]) -> None:
        subscription(document)["payment_method"] = method

    assert sample(CHARGED, change).observation.snapshots[0].changeable is changeable


@pytest.mark.parametrize("kind", ["card", "netbanking", "upi", "wallets"])
@pytest.mark.parametrize("status", ["authorized", "captured", "failed"])
def test_a_payment_event_has_the_outcome_of_its_payment(sample: Sample, status: str, kind: str) -> None:
    event = sample(f"payment.{status}__{kind}")

    (seen,) = event.observation.payments
    assert (seen.status, seen.currency, seen.subscription_ref) == (status, "INR", None)
    assert seen.method == kind.rstrip("s")
    assert (event.payment_ref, event.invoice_ref) == (seen.ref, seen.invoice_ref)
    assert event.observation == Observation(payments=(seen,))


@pytest.mark.parametrize("kind", ["card", "netbanking", "upi", "wallets"])
def test_a_paid_invoice_names_its_payment(sample: Sample, kind: str) -> None:
    event = sample(f"invoice.paid__{kind}")

    (bill,), (paid,) = event.observation.invoices, event.observation.payments
    billed = sample.raw(f"invoice.paid__{kind}")["payload"]["invoice"]["entity"]
    assert (bill.ref, bill.paid, bill.amount, bill.payment_ref) == (billed["id"], True, billed["amount"], paid.ref)
    assert (paid.invoice_ref, paid.status) == (bill.ref, "captured")
    assert (bill.subscription_ref, bill.period_start, paid.period_from) == (None, None, None)
    assert event.invoice_ref == bill.ref


@pytest.mark.parametrize("kind", ["card", "netbanking", "upi", "wallets"])
def test_a_partly_paid_invoice_is_not_paid(sample: Sample, kind: str) -> None:
    observation = sample(f"invoice.partially_paid__{kind}").observation

    assert [bill.paid for bill in observation.invoices] == [False]
    assert observation.payments[0].status == "captured"


def test_an_expired_invoice_is_unpaid(sample: Sample) -> None:
    observation = sample("invoice.expired__invoice_expired").observation

    assert (observation.payments, observation.invoices[0].paid, observation.invoices[0].payment_ref) == (
        (),
        False,
        None,
    )


def test_a_subscription_invoice_has_its_period_and_extra_lines(sample: Sample) -> None:
    def billed(document: dict[str, Any]) -> None:
        document["payload"]["invoice"]["entity"] |= {
            "subscription_id": "sub_1",
            "billing_start": 1570213800,
            "billing_end": "1572892200",
            "line_items": [{"type": "plan"}, {"type": "addon"}, {"type": "addon"}, {}],
        }

    event = sample("invoice.paid__card", billed)
    (bill,), (paid,) = event.observation.invoices, event.observation.payments
    assert (bill.subscription_ref, bill.period_start, bill.period_end) == ("sub_1", OCTOBER, NOVEMBER)
    assert bill.extras == ("addon", "other")
    assert (paid.subscription_ref, paid.period_start, paid.period_end) == ("sub_1", OCTOBER, NOVEMBER)
    assert (paid.period_from, event.subscription_ref) == ("invoice", "sub_1")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("refund.created__normal_refunds", "processed"),
        ("refund.processed__normal_refunds", "processed"),
        ("refund.failed__normal_refunds", "failed"),
        ("refund.speed_changed__refund_speed_changed", "processed"),
    ],
)
def test_a_refund_names_its_payment(sample: Sample, name: str, status: str) -> None:
    event, raw = sample(name), sample.raw(name)

    (back,), (paid,) = event.observation.refunds, event.observation.payments
    refunded = raw["payload"]["refund"]["entity"]
    assert (back.ref, back.status, back.amount) == (refunded["id"], status, refunded["amount"])
    assert back.payment_ref == event.payment_ref == paid.ref == refunded["payment_id"]
    assert (paid.status, paid.amount_refunded) == ("captured", payment(raw)["amount_refunded"])
    assert event.at == moment(happened_at(raw))  # also where it is said inside the payload


def test_a_refunded_payment_was_captured(sample: Sample) -> None:
    def change(document: dict[str, Any]) -> None:
        payment(document)["status"] = "refunded"

    assert sample("refund.processed__normal_refunds", change).observation.payments[0].status == "captured"


def test_a_paid_order_is_a_payment(sample: Sample) -> None:
    event = sample("order.paid")

    (paid,) = event.observation.payments
    assert (paid.amount, paid.method, paid.status) == (0, "emandate", "captured")


@pytest.mark.parametrize(
    ("happened", "said", "status"),
    [
        ("created", "open", "open"),
        ("under_review", "under_review", "under_review"),
        ("action_required", "open", "action_required"),
        ("won", "won", "won"),
        ("lost", "lost", "lost"),
        ("closed", "closed", "closed"),
        ("something_new", "lost", "lost"),
    ],
)
def test_a_dispute_has_its_status_from_the_time_of_its_event(happened: str, said: str, status: str) -> None:
    document = {
        "event": f"payment.dispute.{happened}",
        "contains": ["payment", "dispute"],
        "payload": {
            "payment": {
                "entity": {
                    "id": "pay_1",
                    "status": "captured",
                    "amount": 5,
                    "currency": "INR",
                    "created_at": 1567690000,
                }
            },
            "dispute": {"entity": {"id": "disp_1", "payment_id": "pay_1", "status": said, "created_at": 1567690100}},
        },
        "created_at": 1567690383,
    }
    event = event_of("evt_1", json.dumps(document).encode())

    (seen,) = event.observation.disputes
    assert (seen.ref, seen.payment_ref, seen.status, seen.at) == ("disp_1", "pay_1", status, moment(1567690383))
    assert event.observation.payments[0].ref == "pay_1"


@pytest.mark.parametrize(
    "kind", ["payment.downtime.started", "settlement.processed", "payment_link.paid", "something.new"]
)
def test_an_event_of_another_kind_is_empty(sample: Sample, kind: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["event"] = kind

    event = sample(CHARGED, change)
    assert (event.kind, event.observation) == (kind, Observation())


def test_numbers_may_be_strings_and_times_may_be_missing(sample: Sample) -> None:
    def change(document: dict[str, Any]) -> None:
        del document["created_at"]
        one, money = subscription(document), payment(document)
        one.update(paid_count="1", current_start=str(one["current_start"]), quantity="2", customer_notify="1")
        money.update(amount=str(money["amount"]), captured=1)

    event, raw = sample(CHARGED, change), sample.raw(CHARGED)
    (seen,), (paid,) = event.observation.snapshots, event.observation.payments
    assert (event.at, seen.at, seen.quantity) == (None, paid.at, 2)
    assert (paid.amount, paid.period_start) == (payment(raw)["amount"], moment(subscription(raw)["current_start"]))


def test_zero_and_null_are_no_period(sample: Sample) -> None:
    def change(document: dict[str, Any]) -> None:
        subscription(document).update(current_start=0, current_end=None)

    (paid,) = sample(CHARGED, change).observation.payments
    assert (paid.period_start, paid.period_end, paid.period_from) == (None, None, None)


def test_an_add_on_alone_marks_an_immediate_upgrade(sample: Sample) -> None:
    def billed(document: dict[str, Any]) -> None:
        document["payload"]["invoice"]["entity"]["line_items"] = [{"type": "addon"}]

    assert sample("invoice.paid__card", billed).observation.invoices[0].extras == ("proration",)
