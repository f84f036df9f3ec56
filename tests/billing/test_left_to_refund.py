"""What is left to refund of a payment, as the provider shows it."""

from datetime import UTC, datetime

import pytest

from oneai.billing.facts import Observation, Payment, Refund
from oneai.billing.provider_operations import _refundable

AT = datetime(2026, 3, 1, tzinfo=UTC)
SEEN = Observation(
    payments=(
        Payment("razorpay", "pay_1", "captured", AT, 1_000, "INR"),
        Payment("razorpay", "pay_2", "captured", AT, 79_900, "INR"),
        Payment("razorpay", "pay_3", "captured", AT, 79_900, "INR", amount_refunded=79_000),
    ),
    refunds=(
        Refund("razorpay", "rfnd_1", "pay_1", 1_000, "processed", AT),
        Refund("razorpay", "rfnd_2", "pay_2", 30_000, "pending", AT),
        Refund("razorpay", "rfnd_3", "pay_2", 40_000, "failed", AT),
    ),
)


@pytest.mark.parametrize(("payment", "left"), [("pay_1", 0), ("pay_2", 49_900), ("pay_3", 900), ("pay_4", None)])
def test_a_payment_is_refunded_up_to_what_its_own_refunds_leave(payment: str, left: int | None) -> None:
    assert _refundable(SEEN, payment) == left
