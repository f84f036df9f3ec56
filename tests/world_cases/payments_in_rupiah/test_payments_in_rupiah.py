"""What Midtrans sent other shops, and what it means here."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from oneai.billing.facts import Observation
from oneai.billing.merge import merge
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.providers import midtrans
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.requests import snap_request
from oneai.billing.providers.midtrans.transactions import observation_of
from oneai.billing.record import BillingRecord, KnownPrice, Subscription
from oneai.clients.midtrans import rupiah
from stand_ins.midtrans.account import Transaction
from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.keys import Keys
from stand_ins.midtrans.methods import DAY
from stand_ins.midtrans.refusals import ApiError
from tests.billing.projection.builders import UNUSED, USER

OURS = UUID("0192f1a2-7b3c-7d4e-8f90-a1b2c3d4e5f6")
REF = references.of_subscription(OURS)
START = datetime(2026, 11, 3, 9, tzinfo=UTC)
PRICE = KnownPrice("midtrans", "pro", "pro", "monthly", "IDR", 99_000)


class Shop:
    """A user who pays 99,000 rupiah for thirty days, at the stand-in for Midtrans."""

    def __init__(self) -> None:
        self.engine = Engine("cases", keys=Keys("SB-Mid-server-of-cases"))
        self.engine.run_until(int(START.timestamp()))
        self.pages = 0

    def open(self, method: str) -> Transaction:
        """Opens the next page, and its payer chooses how to pay."""
        self.pages += 1
        order, at = references.page(REF, self.pages), datetime.fromtimestamp(self.engine.now, UTC)
        page = self.engine.open_page(dict(snap_request(order, 99_000, "Pro", workspace_id=USER, at=at)))
        return self.engine.choose(page.token, method)

    def fetched(self) -> list[Observation]:
        """What the status API shows of each page."""
        seen, at = list[Observation](), datetime.fromtimestamp(self.engine.now, UTC)
        for number in range(self.pages):
            order = references.page(REF, number + 1)
            reference = references.read(order)
            assert reference is not None
            seen.append(observation_of(self.engine.shown(self.engine.transaction(order)), reference, at))
        return seen

    def plan(self) -> BillingState:
        """The plan that follows from it now."""
        terms: dict[str, Any] = {"currency": "IDR", "amount": 99_000, "period": "monthly", "plan_ref": "pro"}
        subscription = Subscription(OURS, "pro", START, "midtrans", ref=REF, **terms)
        record = BillingRecord(USER, {OURS: subscription}, prices={("midtrans", "pro"): PRICE}, usage=UNUSED)
        for each in self.fetched():
            merge(record, each)
        return project(record, datetime.fromtimestamp(self.engine.now, UTC), BillingPolicy())


@pytest.fixture
def shop() -> Shop:
    """An empty account."""
    return Shop()


def test_a_fee_that_its_payer_was_charged_is_no_other_amount(shop: Shop) -> None:
    transaction = shop.open("gopay")
    transaction.fee = 700
    shop.engine.pay(transaction.transaction_id)

    assert shop.engine.shown(transaction)["gross_amount"] == "99700.00"
    assert (shop.plan().tier, shop.plan().quarantined) == ("pro", frozenset())


@pytest.mark.parametrize("method", ["dana", "bsi_va"])
def test_a_status_that_names_another_order_counts_for_the_one_that_was_asked_for(shop: Shop, method: str) -> None:
    transaction = shop.open(method)
    shop.engine.pay(transaction.transaction_id)

    assert shop.engine.shown(transaction)["order_id"] == transaction.transaction_id
    assert shop.plan().tier == "pro"


def test_a_notification_without_an_order_of_ours_has_no_effect(shop: Shop) -> None:
    transaction = shop.open("bsi_va")
    shop.engine.pay(transaction.transaction_id)
    sent = {**json.loads(shop.engine.events[-1].body), "order_id": transaction.transaction_id, "metadata": {}}

    assert midtrans.observe("e", json.dumps(sent).encode()).observation == Observation()
    assert shop.plan().tier == "pro"


def test_a_payment_that_is_pending_after_its_deadline_is_none_until_it_settles(shop: Shop) -> None:
    transaction = shop.open("qris_off_us")
    transaction.hangs = True
    shop.engine.run_until(int((START + timedelta(days=2)).timestamp()))
    assert (transaction.status, shop.plan().tier) == ("pending", "free")

    shop.engine.pay(transaction.transaction_id)

    assert shop.plan().tier == "pro"
    assert shop.plan().summaries[OURS].period_end == START + timedelta(days=32)


def test_two_pages_that_are_both_paid_buy_two_periods(shop: Shop) -> None:
    first, second = shop.open("bca_va"), shop.open("gopay")
    shop.engine.pay(second.transaction_id)
    shop.engine.run_until(shop.engine.now + DAY // 2)
    shop.engine.pay(first.transaction_id)

    shop.engine.run_until(int((START + timedelta(days=45)).timestamp()))
    assert (shop.plan().tier, shop.plan().operations) == ("pro", ())
    assert shop.plan().summaries[OURS].period_end == START + timedelta(days=60)


def test_a_page_without_a_method_is_unknown_to_the_status_api(shop: Shop) -> None:
    body = snap_request(references.page(REF, 1), 99_000, "Pro", workspace_id=USER, at=START)
    shop.engine.open_page(dict(body))

    with pytest.raises(ApiError) as refused:
        shop.engine.transaction(references.page(REF, 1))
    assert refused.value.status == 404


def test_references_need_no_quoting_in_a_path() -> None:
    for ref in (references.page(REF, 9_999), references.of_order(OURS)):
        assert quote(ref, safe="") == ref


@pytest.mark.parametrize("word", ["expire", "expired", "EXPIRE"])
def test_both_words_for_a_payment_that_is_over_mean_the_same(shop: Shop, word: str) -> None:
    transaction = shop.engine.shown(shop.open("qris_off_us")) | {"transaction_status": word}
    reference = references.read(references.page(REF, 1))
    assert reference is not None

    assert observation_of(transaction, reference, START) == Observation()


def test_amounts_are_sent_whole_and_read_with_and_without_decimals() -> None:
    body = snap_request("oneai-1", 28_000, "Pro", workspace_id=USER, at=START)

    assert json.dumps(body["transaction_details"]) == '{"order_id": "oneai-1", "gross_amount": 28000}'
    assert {rupiah(each) for each in ("28000.00", "28000", "28000.0", 28_000)} == {28_000}
