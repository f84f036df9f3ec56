"""What the status API of Midtrans shows, in our words."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation, Payment
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.references import Reference
from oneai.billing.providers.midtrans.transactions import belongs_to, expires_at, observation_of
from tests.sources import SAMPLES, found

OURS = UUID("0192f1a2-7b3c-7d4e-8f90-a1b2c3d4e5f6")
SUBSCRIPTION = references.of_subscription(OURS)
REFERENCE = Reference(references.page(SUBSCRIPTION, 1), SUBSCRIPTION)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def sample(name: str, **more: Any) -> dict[str, Any]:
    """A transaction of the samples, with these changes."""
    body: dict[str, Any] = json.loads((SAMPLES / f"midtrans/{name}.json").read_text())
    return body | more


def seen(name: str, **more: Any) -> Observation:
    """What it shows."""
    return observation_of(sample(name, **more), REFERENCE, AT)


def paid(name: str, **more: Any) -> Payment:
    """Its payment."""
    (payment,) = seen(name, **more).payments
    return payment


def test_a_settled_virtual_account_is_paid_when_it_settled() -> None:
    payment = paid("notifications/va_paid")

    assert (payment.payment_provider, payment.status, payment.amount, payment.currency) == (
        *("midtrans", "captured"),
        *(150_000, "IDR"),
    )
    # 15:30 in Jakarta.
    assert payment.at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert (payment.subscription_ref, payment.order_ref) == (SUBSCRIPTION, f"{SUBSCRIPTION}-1")
    assert (payment.method, payment.denied_at) == ("bank_transfer", None)


@pytest.mark.parametrize("status", ["pending", "expire", "expired"])
def test_what_is_waiting_or_over_is_no_payment(status: str) -> None:
    assert seen("notifications/qris_over", transaction_status=status) == Observation()
    assert expires_at(sample("notifications/qris_over")) == datetime(2026, 11, 20, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "fraud", "expected"),
    [
        ("capture", "challenge", "authorized"),
        ("capture", "accept", "captured"),
        ("capture", "deny", "failed"),
        ("authorize", "accept", "authorized"),
        ("settlement", "accept", "captured"),
        ("deny", "accept", "failed"),
        ("failure", "accept", "failed"),
    ],
)
def test_a_card_is_paid_only_when_it_is_accepted(status: str, fraud: str, expected: str) -> None:
    payment = paid("notifications/card_under_review", transaction_status=status, fraud_status=fraud)

    assert (payment.status, payment.denied_at) == (expected, None)


def test_a_card_is_charged_when_it_is_captured_and_not_when_it_settles() -> None:
    captured = paid("notifications/card_under_review", fraud_status="accept")
    settled = paid(
        "notifications/card_under_review", transaction_status="settlement", settlement_time="2026-11-21 16:00:00"
    )

    assert captured.at == settled.at


@pytest.mark.parametrize(
    ("kind", "status"), [("bank_transfer", "deny"), ("echannel", "deny"), ("credit_card", "cancel")]
)
def test_a_denied_payment_that_was_captured_came_back_whole(kind: str, status: str) -> None:
    denied = paid("status/va_taken_back", payment_type=kind, transaction_status=status)
    captured = paid("status/va_taken_back", payment_type=kind, transaction_status="settlement")

    assert denied.denied_at == AT
    for merged in (captured.merge(denied), denied.merge(captured)):
        assert (merged.status, merged.denied_at) == ("captured", AT)


def test_refunds_are_listed_each_once_and_ours_names_its_operation() -> None:
    whole = seen("status/wallet_refunded_in_parts")

    assert whole.payments[0].status == "captured"
    assert [(each.amount, each.operation_id) for each in whole.refunds] == [
        (50_000, None),
        (10_000, UUID("0192f1a2-7b3c-4d4e-8f90-a1b2c3d4e5f7")),
    ]
    assert len({each.ref for each in whole.refunds}) == 2


def test_a_refund_without_a_list_is_all_that_was_refunded() -> None:
    (refund,) = seen("notifications/va_paid", transaction_status="refund", refund_amount="150000.00").refunds

    assert refund.amount == 150_000


def test_a_chargeback_is_a_lost_dispute() -> None:
    whole = seen("notifications/card_under_review", transaction_status="chargeback")

    assert [(each.status, each.payment_ref) for each in whole.disputes] == [("lost", whole.payments[0].ref)]


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({}, "qris"),
        ({"transaction_type": "on-us"}, "qris_gopay"),
        ({"transaction_type": "on-us", "acquirer": "airpay shopee"}, "qris_shopee"),
        ({"transaction_type": "on-us", "acquirer": "someone else"}, "qris"),
    ],
)
def test_qris_differs_by_where_its_payers_wallet_is(changes: dict[str, str], method: str) -> None:
    assert paid("status/qris_paid_elsewhere", **changes).method == method


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction_status": "teleported"},
        {"transaction_status": None},
        {"gross_amount": "150000.50"},
        {"transaction_id": ""},
        {"settlement_time": "yesterday"},
    ],
)
def test_a_transaction_that_cannot_be_read_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"amount|a |missing"):
        seen("notifications/va_paid", **changes)


def test_an_order_is_what_we_gave_it_and_never_what_its_payer_says() -> None:
    workspace = UUID(int=7)
    given = {"oneai_order": "x", "oneai_workspace": str(workspace), "oneai_amount": "150000", "oneai_text": "Credits"}
    reference = Reference(references.of_order(OURS))

    (order,) = observation_of(sample("notifications/va_paid", metadata=given), reference, AT).orders
    assert (order.ref, order.workspace_id, order.amount, order.description) == (
        *(references.of_order(OURS), workspace),
        *(150_000, "Credits"),
    )
    assert seen("notifications/va_paid", metadata=given).orders == ()


def test_a_transaction_found_by_its_own_id_must_name_our_order() -> None:
    mine = sample("status/qris_paid_elsewhere", order_id="A120261125080000EXAMPLEID")

    assert belongs_to(mine, f"{SUBSCRIPTION}-1")
    assert not belongs_to(mine, f"{SUBSCRIPTION}-2")


def test_every_sample_is_read_or_refused_in_words() -> None:
    for file in found("midtrans/status/*.json", "midtrans/notifications/*.json"):
        body = json.loads(file.read_text())
        if "transaction_status" in body:
            observation_of(body, REFERENCE, AT)


@pytest.mark.parametrize(
    "text", ["", "oneai-s-1-1", f"{SUBSCRIPTION}", f"{SUBSCRIPTION}-0", f"{SUBSCRIPTION}-1\n", "x"]
)
def test_only_references_of_ours_are_read(text: str) -> None:
    assert references.read(text) is None


def test_references_are_short_enough_and_lead_back() -> None:
    page = references.page(SUBSCRIPTION, 9_999)

    assert len(page) <= 50
    assert references.read(page) == Reference(page, SUBSCRIPTION)
    assert references.our_id(SUBSCRIPTION) == OURS
    assert references.our_id(page) is None
