"""The refund of a subscription that ended early, and until when it may change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.data_folder import REPOSITORY
from oneai.billing.projection.policy import USAGE_KEPT, BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.projection.refunds import refund_key
from oneai.billing.record import BillingRecord, QuotaUse, RefundOperation, UsageQuery
from tests.billing.projection.builders import BillingScenario, day, ours

PRICE = 79_900


def cancelled_at_once(life: BillingScenario, at: float) -> None:
    """The user ended it that day."""
    life.change("a", access_ends_at=day(at), cancel_requested_at=day(at), ended_by_user=True)


def payment_id(life: BillingScenario, ref: str = "pay_a0") -> UUID:
    """Our id of a payment."""
    return life.record().payments["razorpay", ref].id


def amounts(life: BillingScenario, at: float, **more: Any) -> list[int | None]:
    """The amounts to refund on that day."""
    return [each.amount for each in life.stand(at, **more).operations if each.kind == "refund"]


def decided(life: BillingScenario, amount: int, **more: Any) -> dict[str, Any]:
    """The refund of the first payment, as it was decided before."""
    paid = payment_id(life)
    fields: dict[str, Any] = {"reason": "requested", "state": "pending", "as_of": day(3), "sent": False} | more
    return {"refund_operations": {refund_key(paid): RefundOperation(uuid4(), paid, amount=amount, **fields)}}


def used(large_messages: int) -> dict[str, Any]:
    """Usage of this many answers of large models."""

    class Used(dict[UsageQuery, Sequence[QuotaUse]]):
        def __missing__(self, query: UsageQuery) -> Sequence[QuotaUse]:
            return (QuotaUse("large_messages", 100, "monthly", large_messages),)

    return {"usage": Used()}


def test_the_smallest_remaining_share_is_refunded(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)
    assert amounts(life, 4) == [PRICE * 27 // 30]
    assert amounts(life, 4, **used(5)) == [PRICE * 27 // 30]
    assert amounts(life, 4, **used(40)) == [PRICE * 60 // 100]


def test_usage_is_queried_before_a_refund_is_decided(life: BillingScenario) -> None:
    assert life.stand(4, usage={}).missing_usage == frozenset()
    cancelled_at_once(life, 3)
    assert life.stand(4, usage={}).missing_usage == {UsageQuery("pro", day(0), day(3))}


def test_a_refund_of_zero_is_not_made(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)
    assert amounts(life, 4, **used(100)) == []
    assert [each.kind for each in life.stand(4, **used(100)).operations] == ["cancel"]


def test_nothing_is_refunded_after_the_refund_period(life: BillingScenario) -> None:
    cancelled_at_once(life, 7.1)
    assert amounts(life, 8) == []


def test_a_disputed_payment_is_refunded_once_the_dispute_is_won(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)
    life.disputed("pay_a0", 3.5, "open")
    assert amounts(life, 4) == []
    life.disputed("pay_a0", 20, "won")
    assert amounts(life, 21) == [PRICE * 27 // 30]


def test_a_refund_follows_the_facts_until_it_is_sent(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)
    life.refunded("pay_a0", 3.2, amount=10_000)
    assert amounts(life, 4, **decided(life, PRICE * 27 // 30)) == [PRICE * 27 // 30 - 10_000]
    assert amounts(life, 4, **decided(life, PRICE * 27 // 30, sent=True)) == [PRICE * 27 // 30]


def test_a_sent_refund_queries_no_usage(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)
    sent = decided(life, 100, sent=True, state="succeeded")
    assert life.stand(4, usage={}, **sent).missing_usage == frozenset()


@pytest.mark.parametrize(("stored", "amount"), [("pending", [500]), ("cancelled", [])])
def test_deleting_old_usage_changes_no_refund(life: BillingScenario, stored: str, amount: list[int]) -> None:
    cancelled_at_once(life, 3)
    late = USAGE_KEPT / timedelta(days=1) + 1
    assert amounts(life, late, usage={}) == []
    assert amounts(life, late, usage={}, **decided(life, 500, state=stored)) == amount


def test_a_refund_to_an_erased_user_follows_from_later_facts_alone(life: BillingScenario) -> None:
    cancelled_at_once(life, 3)

    def erased(**more: Any) -> list[int | None]:
        record: BillingRecord = life.record(**more)
        record.workspace_id = None
        return [each.amount for each in project(record, day(4), BillingPolicy()).operations if each.kind == "refund"]

    assert erased() == [PRICE * 27 // 30]
    assert erased(payments_with_invoice=frozenset({payment_id(life)})) == []


def test_a_refund_for_a_replaced_subscription_is_deducted_once_and_for_good() -> None:
    life = BillingScenario()
    life.open("a", "plan_year")
    life.charged("a", 0, 0, 365)
    life.open("b", replaces="a", at=100)
    life.charged("b", 100, 100, 130)
    # No more than the month cost, which is all that ending the month could bring.
    assert amounts(life, 101) == [PRICE]
    life.change("b", access_ends_at=day(101), cancel_requested_at=day(101), ended_by_user=True)
    assert amounts(life, 102) == [PRICE]

    life.open("c", "plan_large", replaces="b", at=100.5)
    life.charged("c", 100.5, 100.5, 130.5)
    of_b = payment_id(life, "pay_b100")
    (before,) = [each.amount for each in life.stand(102).operations if each.payment_id == of_b]
    assert before == PRICE * 295 // 300


def test_another_refund_of_a_replaced_payment_changes_no_deduction() -> None:
    life = BillingScenario()
    life.open("a", "plan_year")
    life.charged("a", 0, 0, 365)
    life.open("b", "plan_large", replaces="a", at=100)
    life.charged("b", 100, 100, 130)
    life.change("b", access_ends_at=day(101), cancel_requested_at=day(101), ended_by_user=True)
    paid = payment_id(life)
    made = RefundOperation(uuid4(), paid, "replaced", "succeeded", 200_000, day(100), sent=True)
    by_hand = RefundOperation(uuid4(), paid, "operator", "succeeded", 5_000, day(101), sent=True)
    decided_before = {"refund_operations": {refund_key(paid): made, f"{refund_key(paid)}:operator:1": by_hand}}

    assert amounts(life, 102, **decided_before) == [200_000, 299_900 * 29 // 30 - 200_000]


def test_a_long_chain_of_replacements_computes_each_refund_once() -> None:
    life = BillingScenario()
    life.open("0")
    life.charged("0", 0, 0, 30)
    for n in range(1, 26):
        life.open(str(n), replaces=str(n - 1), at=n)
        life.charged(str(n), n, n, n + 30, ref=f"pay_{n}")

    assert len(amounts(life, 30, **used(100))) == 0
    assert len(amounts(life, 30)) == 25


def test_two_payments_of_one_period_keep_their_shares_after_a_refund_of_one(life: BillingScenario) -> None:
    life.charged("a", 2, 2, 30, ref="pay_up", amount=20_000, invoice_ref="inv_up")
    bill = replace(life.observations[-1].invoices[0], ref="inv_up", extras=("proration",))
    life.observations[-1] = replace(life.observations[-1], invoices=(bill,))
    life.snapshot("a", "active", 2.01, plan_ref="plan_large", fetched=True)
    cancelled_at_once(life, 3)
    first, second = amounts(life, 4)
    sent = decided(life, first or 0, sent=True, state="succeeded")
    life.refunded("pay_a0", 3.5, amount=first or 0)
    assert amounts(life, 4, **sent) == [first, second]


def test_a_duplicate_is_refunded_like_a_cancellation(life: BillingScenario) -> None:
    life.open("b", at=3)
    life.charged("b", 3, 3, 33)
    (operation,) = [each for each in life.stand(4).operations if each.kind == "refund"]
    assert (operation.subscription_id, operation.amount, operation.as_of) == (ours("a"), PRICE * 27 // 30, day(3))


def test_the_worked_example_of_the_documentation_is_correct() -> None:
    life = BillingScenario()
    life.open("a")
    life.charged("a", 0, 0, 30)
    life.open("b", "plan_large", replaces="a", at=8.9)
    life.charged("b", 9, 9, 39)
    life.change("b", access_ends_at=day(11), cancel_requested_at=day(11), ended_by_user=True)
    usage = {
        UsageQuery("pro", day(0), day(9)): (QuotaUse("large_messages", 100, "monthly", 40),),
        UsageQuery("enterprise", day(9), day(11)): (),
    }

    of_pro, of_enterprise = amounts(life, 11, usage=usage)

    example = (REPOSITORY / "docs" / "billing.md").read_text()
    assert (of_pro, of_enterprise) == (47_940, 231_966)
    assert f"{of_pro:,}" in example
    assert f"= {of_enterprise:,}." in example
