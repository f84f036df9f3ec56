"""The stand-in for Midtrans: pages, statuses and notifications, as documentation and reports describe them."""

import hashlib
import json
from typing import Any

import pytest

from stand_ins.midtrans.account import Account
from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.keys import Keys
from stand_ins.midtrans.methods import DAY, METHODS
from stand_ins.midtrans.refusals import ApiError

KEY = "SB-Mid-server-CanaryThatNoLogHolds"
START = 1_795_651_200  # a moment in November 2026
ORDER = "oneai-1"


@pytest.fixture
def engine() -> Engine:
    """An account at one moment."""
    made = Engine("test", keys=Keys(KEY))
    made.run_until(START)
    return made


def opened(engine: Engine, order_id: str = ORDER, **more: Any) -> str:
    """The token of a page for 99,000 rupiah."""
    return engine.open_page({"transaction_details": {"order_id": order_id, "gross_amount": 99_000}, **more}).token


def notified(engine: Engine) -> list[tuple[str, str]]:
    """The status and the `status_code` of each notification."""
    bodies = [json.loads(each.body) for each in engine.events]
    return [(each["transaction_status"], each["status_code"]) for each in bodies]


def test_a_page_without_a_method_has_no_transaction_yet(engine: Engine) -> None:
    token = opened(engine)

    with pytest.raises(ApiError) as refused:
        engine.transaction(ORDER)
    assert (refused.value.status, engine.events) == (404, [])
    assert engine.choose(token, "bca_va").status == "pending"


def test_an_order_is_opened_once_and_its_items_add_up(engine: Engine) -> None:
    opened(engine)

    for request in (
        {"transaction_details": {"order_id": ORDER, "gross_amount": 99_000}},
        {"transaction_details": {"order_id": "x/y", "gross_amount": 99_000}},
        {"transaction_details": {"order_id": "o2", "gross_amount": 99_000.5}},
        {
            "transaction_details": {"order_id": "o3", "gross_amount": 99_000},
            "item_details": [{"price": 98_999, "quantity": 1}],
        },
    ):
        with pytest.raises(ApiError):
            engine.open_page(request)


def test_a_notification_is_signed_over_order_code_and_amount_alone(engine: Engine) -> None:
    transaction = engine.choose(opened(engine), "qris_off_us")
    engine.pay(transaction.transaction_id)

    body = json.loads(engine.events[-1].body)
    assert (body["gross_amount"], body["transaction_status"], body["status_code"]) == ("99000.00", "settlement", "200")
    signed = f"{ORDER}20099000.00{KEY}".encode()
    assert body["signature_key"] == hashlib.sha512(signed).hexdigest()


def test_a_payment_that_is_never_made_expires_after_the_batch(engine: Engine) -> None:
    transaction = engine.choose(opened(engine), "qris_off_us")
    engine.run_until(transaction.expires_at + 1)
    assert transaction.status == "pending"

    engine.run_until(transaction.expires_at + DAY)

    assert notified(engine) == [("pending", "201"), ("expire", "202")]
    assert engine.shown(transaction)["status_code"] == "407"


def test_an_expired_payment_can_still_settle_and_a_settled_one_be_denied(engine: Engine) -> None:
    transaction = engine.choose(opened(engine), "permata_va")
    engine.run_until(START + 2 * DAY)

    engine.pay(transaction.transaction_id)
    engine.take_back(transaction.transaction_id)

    assert [status for status, _ in notified(engine)] == ["pending", "expire", "settlement", "deny"]


def test_a_challenged_card_is_paid_only_when_it_is_approved(engine: Engine) -> None:
    transaction = engine.choose(opened(engine), "credit_card")
    engine.pay(transaction.transaction_id, "challenge")
    assert (transaction.status, engine.shown(transaction)["status_code"]) == ("capture", "201")

    engine.act(ORDER, "approve")

    assert (transaction.status, transaction.fraud_status) == ("capture", "accept")


@pytest.mark.parametrize(
    ("method", "days", "amount", "status"),
    [
        ("gopay", 44, 40_000, None),
        ("gopay", 46, 40_000, 412),
        ("qris_off_us", 6, 99_000, None),
        ("qris_off_us", 6, 40_000, 400),
        ("qris_off_us", 8, 99_000, 412),
        ("bca_va", 0, 99_000, 414),
        ("echannel", 0, 99_000, 414),
    ],
)
def test_a_refund_is_possible_by_method_and_for_some_days(
    engine: Engine, method: str, days: int, amount: int, status: int | None
) -> None:
    transaction = engine.choose(opened(engine), method)
    engine.pay(transaction.transaction_id)
    engine.run_until(START + days * DAY)

    if status is None:
        engine.refund(ORDER, "key", amount, "requested")
        engine.refund(ORDER, "key", amount, "requested")
        assert transaction.refunded == amount
    else:
        with pytest.raises(ApiError) as refused:
            engine.refund(ORDER, "key", amount, "requested")
        assert refused.value.status == status


def test_a_refund_needs_a_balance(engine: Engine) -> None:
    transaction = engine.choose(opened(engine), "gopay")
    engine.pay(transaction.transaction_id)
    engine.account.balance = 98_999

    with pytest.raises(ApiError) as refused:
        engine.refund(ORDER, "key", 99_000, "requested")
    assert refused.value.status == 414


@pytest.mark.parametrize("method", ["dana", "bsi_va"])
def test_some_methods_name_another_order_in_their_status(engine: Engine, method: str) -> None:
    transaction = engine.choose(opened(engine, metadata={"oneai_order": ORDER}), method)
    engine.pay(transaction.transaction_id)

    shown = engine.shown(transaction)
    assert (shown["order_id"], shown["metadata"]) == (transaction.transaction_id, {"oneai_order": ORDER})
    assert json.loads(engine.events[-1].body)["order_id"] == ORDER


def test_an_account_is_the_same_after_it_was_saved(engine: Engine) -> None:
    for number, method in enumerate(METHODS):
        transaction = engine.choose(opened(engine, f"order-{number}"), method)
        engine.pay(transaction.transaction_id)

    assert Account.from_json(engine.account.to_json()) == engine.account
