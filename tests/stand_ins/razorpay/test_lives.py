"""The lifecycle of subscriptions at the stand-in for Razorpay: the sequences of Razorpay's reference."""

import json
from itertools import pairwise

import pytest

from stand_ins.razorpay import Engine
from stand_ins.razorpay.periods import DAY
from stand_ins.razorpay.refusals import ApiError
from stand_ins.razorpay.state import Account
from tests.stand_ins.razorpay.lives import START, SubscriptionScenario, subscribed, utc


def refusal(error: pytest.ExceptionInfo[ApiError]) -> str:
    """The text of the refusal."""
    return str(error.value.body["error"]["description"])


def test_an_immediate_subscription_is_created_until_its_first_charge_and_then_active() -> None:
    life = SubscriptionScenario()
    life.engine.pay(life.id, ok=False)
    assert (life.entity["status"], life.entity["paid_count"], life.names()) == ("created", 0, [])

    payment = life.engine.pay(life.id)

    assert life.names("") == [
        *("payment.failed", "payment.authorized", "payment.captured", "invoice.paid"),
        *("subscription.activated", "subscription.charged"),
    ]
    assert (life.entity["status"], life.entity["paid_count"], life.entity["remaining_count"]) == ("active", 1, 119)
    (charged,) = life.bodies("subscription.charged")
    assert charged["payload"]["payment"]["entity"]["id"] == payment["id"]
    assert payment["refund_status"] is None


def test_a_later_subscription_is_authenticated_by_a_small_amount_that_is_refunded() -> None:
    life = SubscriptionScenario(start_at=START + 7 * DAY)

    token = life.engine.pay(life.id, "upi")
    assert (life.entity["status"], token["amount"], token["amount_refunded"]) == ("authenticated", 500, 500)
    assert life.names() == ["authenticated"]
    assert (life.entity["current_start"], life.entity["current_end"]) == (None, None)

    life.pass_days(8)
    assert life.names() == ["authenticated", "activated", "charged"]
    assert life.entity["current_start"] == START + 7 * DAY
    assert [len(each["contains"]) for each in life.bodies("subscription.activated")] == [1]


def test_periods_are_calendar_months_that_end_at_midnight_in_india() -> None:
    life = subscribed()
    life.pass_days(130)

    periods = [
        (utc(entity["current_start"]), utc(entity["current_end"]))
        for entity in (each["payload"]["subscription"]["entity"] for each in life.bodies("subscription.charged"))
    ]
    assert periods == [
        ("2026-11-21 09:00", "2026-12-20 18:30"),
        ("2026-12-20 18:30", "2027-01-20 18:30"),
        ("2027-01-20 18:30", "2027-02-20 18:30"),
        ("2027-02-20 18:30", "2027-03-20 18:30"),
        ("2027-03-20 18:30", "2027-04-20 18:30"),
    ]


def test_a_subscription_from_the_31st_is_charged_on_the_last_day_of_shorter_months() -> None:
    life = SubscriptionScenario()
    life.pass_days(71)  # 31 January 2027
    life.engine.pay(life.id)
    life.pass_days(70)

    charged = [each["payload"]["subscription"]["entity"] for each in life.bodies("subscription.charged")]
    ends = [utc(entity["current_end"]) for entity in charged]
    assert ends == ["2027-02-27 18:30", "2027-03-30 18:30", "2027-04-29 18:30"]
    assert charged[-1]["paid_count"] == 3


def test_a_failing_charge_is_tried_on_four_days_and_halted_while_invoices_continue() -> None:
    life = subscribed()
    life.engine.script(life.id, "fail")
    life.pass_days(75)

    failing = [
        (each.name, json.loads(each.body)["payload"]["subscription"]["entity"])
        for each in life.engine.events
        if each.name in ("subscription.pending", "subscription.halted")
    ]
    assert [(name, entity["auth_attempts"]) for name, entity in failing] == [
        *(("subscription.pending", 1), ("subscription.pending", 2), ("subscription.pending", 3)),
        ("subscription.halted", 4),
    ]
    # It shows the period that was not paid for.
    assert {(utc(entity["current_start"]), entity["paid_count"]) for _, entity in failing} == {("2026-12-20 18:30", 1)}
    moments = [each["created_at"] for each in life.bodies("subscription.pending")]
    assert [after - before for before, after in pairwise(moments)] == [DAY, DAY]
    assert len(life.bodies("payment.failed")) == 4

    invoices = life.engine.invoices_of(life.id)
    assert [each["status"] for each in invoices] == ["issued", "issued", "paid"]
    assert [len(life.engine.payments_of_order(each["order_id"])) for each in invoices] == [0, 4, 1]


@pytest.mark.parametrize("after", [31, 60], ids=["pending", "halted"])
def test_a_recovery_pays_the_open_invoice_and_sends_charged_and_activated(after: int) -> None:
    life = subscribed()
    life.engine.script(life.id, "fail")
    life.pass_days(after)
    before = len(life.names())

    life.engine.pay(life.id)

    assert life.names()[before:] == ["charged", "activated"]
    assert (life.entity["status"], life.entity["paid_count"], life.entity["auth_attempts"]) == ("active", 2, 0)
    life.pass_days(31)
    assert life.entity["paid_count"] == 3


def test_the_last_period_is_charged_and_completed() -> None:
    life = subscribed(total_count=2)
    life.pass_days(32)

    assert life.names() == ["activated", "charged", "charged", "completed"]
    assert (life.entity["status"], life.entity["remaining_count"], life.entity["charge_at"]) == ("completed", 0, None)
    assert utc(life.entity["current_end"]) == "2027-01-20 18:30"
    life.pass_days(400)
    assert len(life.names()) == 4


@pytest.mark.parametrize("asked", [{"expire_by": START + DAY}, {"start_at": START + DAY}], ids=["until", "start"])
def test_an_unpaid_subscription_expires_silently(asked: dict[str, int]) -> None:
    life = SubscriptionScenario(expire_by=asked.get("expire_by"), start_at=asked.get("start_at"))
    life.pass_days(2)

    assert (life.entity["status"], life.engine.events) == ("expired", [])
    with pytest.raises(ApiError) as error:
        life.engine.cancel(life.id)
    assert refusal(error) == "Subscription is not cancellable in expired status."
    with pytest.raises(ApiError):
        life.engine.pay(life.id)


def test_a_cancellation_at_the_period_end_is_invisible_until_then() -> None:
    life = subscribed()
    before = dict(life.entity)

    assert life.engine.cancel(life.id, at_cycle_end=True) == before
    life.pass_days(29)
    assert life.entity["status"] == "active"
    life.pass_days(2)
    assert (life.entity["status"], life.entity["paid_count"]) == ("cancelled", 1)
    assert utc(life.entity["ended_at"]) == "2026-12-20 18:30"
    assert life.names()[-1] == "cancelled"


def test_a_charge_can_follow_a_cancellation() -> None:
    life = subscribed("upi")
    life.engine.cancel(life.id, at_cycle_end=True)
    life.engine.script(life.id, "slips_through")
    life.pass_days(31)

    assert life.names()[2:] == ["charged", "cancelled"]
    assert life.entity["paid_count"] == 2


def test_an_immediate_cancellation_is_sent_at_once() -> None:
    life = subscribed()
    entity = life.engine.cancel(life.id)

    assert (entity["status"], entity["ended_at"], entity["charge_at"]) == ("cancelled", START, None)
    life.pass_days(60)
    assert life.names() == ["activated", "charged", "cancelled"]


def test_a_pause_stops_the_charges_and_a_resume_charges_the_next_period() -> None:
    life = subscribed()
    life.engine.pause(life.id)
    life.pass_days(50)
    assert (life.entity["status"], life.entity["paid_count"]) == ("paused", 1)

    entity = life.engine.resume(life.id)
    assert (entity["status"], utc(entity["charge_at"])) == ("active", "2027-01-20 18:30")
    life.pass_days(15)
    assert life.names() == ["activated", "charged", "paused", "resumed", "charged"]


def test_a_pause_from_a_banking_app_is_resumed_only_there() -> None:
    life = subscribed("upi")
    life.engine.customer(life.id, "pauses")
    with pytest.raises(ApiError):
        life.engine.resume(life.id)
    assert life.entity["pause_initiated_by"] == "customer"

    life.engine.customer(life.id, "resumes")
    assert life.entity["status"] == "active"


def test_a_pause_cancels_a_subscription_that_has_not_started() -> None:
    life = SubscriptionScenario(start_at=START + DAY)
    life.engine.pay(life.id)

    assert life.engine.pause(life.id)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("upi", "subscriptions cannot be updated when payment mode is UPI"),
        ("emandate", "subscriptions cannot be updated when payment mode is Emandate"),
        ("card", "Can't update subscription immediately when card mandate is applicable"),
    ],
)
def test_mandates_cannot_be_changed_in_place(method: str, sentence: str) -> None:
    life = subscribed(method)
    with pytest.raises(ApiError) as error:
        life.engine.update(life.id, {"plan_id": life.plan(199_900), "schedule_change_at": "now"})
    assert refusal(error) == sentence


def test_a_more_expensive_plan_in_place_charges_the_difference_for_the_rest() -> None:
    life = subscribed("foreign_card", amount=1_000, currency="USD")
    life.pass_days(15)
    dearer = life.plan(3_000, "USD")

    entity = life.engine.update(life.id, {"plan_id": dearer})

    assert (entity["plan_id"], life.names()) == (dearer, ["activated", "charged", "updated"])
    invoice, _ = life.engine.invoices_of(life.id)
    assert (invoice["amount"], invoice["status"], invoice["billing_start"]) == (979, "paid", life.engine.now)
    assert [line["type"] for line in invoice["line_items"]] == ["addon"]
    life.pass_days(16)
    assert life.engine.invoices_of(life.id)[0]["amount"] == 3_000


def test_a_change_at_the_period_end_is_shown_until_then_and_can_be_cancelled() -> None:
    life = subscribed("foreign_card", amount=3_000, currency="USD")
    cheaper = life.plan(1_000, "USD")
    entity = life.engine.update(life.id, {"plan_id": cheaper, "schedule_change_at": "cycle_end"})
    assert (entity["plan_id"], entity["has_scheduled_changes"]) == (life.plan_id, True)
    assert life.engine.pending_change(life.id)["plan_id"] == cheaper

    assert life.engine.cancel_change(life.id)["has_scheduled_changes"] is False
    life.engine.update(life.id, {"plan_id": cheaper, "schedule_change_at": "cycle_end"})
    life.pass_days(31)
    assert (life.entity["plan_id"], life.entity["has_scheduled_changes"]) == (cheaper, False)
    assert life.engine.invoices_of(life.id)[0]["amount"] == 1_000


def test_refunds_send_two_events_and_never_exceed_the_payment() -> None:
    life = subscribed()
    (payment,) = life.engine.account.payments.values()
    life.engine.refund(payment["id"], {"amount": 900})
    life.engine.refund(payment["id"])

    assert [each.name for each in life.engine.events][-4:] == ["refund.created", "refund.processed"] * 2
    assert (payment["amount_refunded"], payment["refund_status"], payment["status"]) == (99_900, "full", "refunded")
    with pytest.raises(ApiError) as error:
        life.engine.refund(payment["id"])
    assert refusal(error) == "The payment has been fully refunded already"
    assert life.entity["status"] == "active"


def test_the_same_scenario_produces_the_same_bytes_and_survives_a_file() -> None:
    def live() -> Engine:
        life = subscribed()
        life.engine.script(life.id, "fail")
        life.pass_days(20)
        life.engine = Engine(account=Account.from_json(life.engine.account.to_json()))
        life.pass_days(40)
        return life.engine

    assert live().account == live().account
