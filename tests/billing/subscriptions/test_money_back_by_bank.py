"""An operator records money that went back by bank, as of a virtual account, whose payments cannot be refunded."""

import asyncio
from typing import Any

import pytest

from oneai.billing import provider_operations, reconcile_subscriptions
from oneai.billing.subscriptions import price_list
from tests.admin.staff import make_staff
from tests.billing.subscriptions.paying_ahead import BUDI, open_page, pay
from tests.billing.subscriptions.subscribing import current_subscription
from tests.world import World

PRICE = 99_000

pytestmark = pytest.mark.sampled(0.3)


@pytest.fixture
async def paid(world: World) -> World:
    """Asha lives in Bandung, and has paid for Pro from a virtual account."""
    world.database.rows(
        "select oneai.set_price('midtrans', 'pro', 'monthly', 'IDR', 99000, 'pro.monthly.IDR.99000', 99000)"
    )
    price_list.reset()
    saved = await world.http.put("/subscription/billing-details", json=BUDI, headers=world.headers())
    assert saved.is_success, saved.text
    await pay(world, await open_page(world), "bca_va")
    return world


async def record(world: World, admin: str, amount: int, refundable: int, reference: str | None) -> Any:
    """The operator records a transfer back, or without its reference asks the provider for a refund."""
    payment = world.database.one("select id from oneai.payments order by created_at desc limit 1")
    body = {"amount": amount, "refundable_amount": refundable, "reference": reference, "reason": "Asked for by mail"}
    return await world.post(f"/admin/payments/{payment}/refund", body, admin)


def problem(answer: Any) -> tuple[int, str]:
    """Its status, and the code of its error or of the field that is wrong."""
    error = answer.json()["error"]
    return answer.status_code, error["details"][0]["code"] if error.get("details") else error["code"]


def refunds(world: World) -> list[Any]:
    """What was sent back, the oldest first."""
    return world.database.rows("select provider_refund_id, amount, status from oneai.refunds order by created_at")


async def test_a_transfer_back_is_recorded_once_and_never_exceeds_the_payment(paid: World) -> None:
    admin = make_staff(paid)

    answers = await asyncio.gather(*(record(paid, admin, 40_000, PRICE, "UTR01") for _ in range(3)))

    assert sorted(each.status_code for each in answers) == [202, 422, 422]
    (made,) = (each.json() for each in answers if each.status_code == 202)
    assert (made["state"], made["amount"], made["currency"]) == ("succeeded", 40_000, "IDR")
    assert problem(await record(paid, admin, 10_000, PRICE - 40_000, "utr01")) == (422, "repeated_transfer")
    assert problem(await record(paid, admin, 10_000, PRICE, "UTR02")) == (412, "precondition_failed")
    assert problem(await record(paid, admin, 60_000, PRICE - 40_000, "UTR02")) == (422, "too_large")
    assert refunds(paid) == [("bank:UTR01", 40_000, "processed")]
    assert paid.database.rows("select total from oneai.invoices where kind = 'credit_note'") == [40_000]
    details = paid.database.rows("select detail from oneai.audit_log where action = 'payment.refund'")
    assert [(each["amount"], each["reference"]) for each in details] == [(40_000, "UTR01")]
    # Nothing was asked of the provider, and the rest of the payment still counts.
    await reconcile_subscriptions()
    (transaction,) = paid.midtrans.engine.account.transactions.values()
    assert transaction.refunds == []
    assert (await current_subscription(paid))["tier"] == "pro"


async def test_a_payment_that_went_back_by_bank_in_full_ends_its_plan(paid: World) -> None:
    admin = make_staff(paid)

    for reference, amount, left in (("UTR01", 40_000, PRICE), ("UTR02", 59_000, 59_000)):
        assert (await record(paid, admin, amount, left, reference)).status_code == 202

    assert (await current_subscription(paid))["tier"] == "free"
    assert problem(await record(paid, admin, 1, 0, "UTR03")) == (422, "too_large")


async def test_a_record_whose_request_ended_early_counts_with_the_next_run_of_the_job(paid: World) -> None:
    payment = paid.database.one("select id from oneai.payments")
    tier = "select subscription_tier from oneai.workspaces where id = %s"
    paid.database.one("select oneai.record_bank_refund(%s, %s, %s, 'UTR01')", payment, PRICE, PRICE)
    assert paid.database.one(tier, paid.people["asha"]) == "pro"

    await reconcile_subscriptions()

    assert paid.database.one(tier, paid.people["asha"]) == "free"
    assert paid.database.rows("select total from oneai.invoices where kind = 'credit_note'") == [PRICE]


async def test_a_refused_refund_is_not_retried_after_its_money_went_back_by_bank(paid: World) -> None:
    admin = make_staff(paid)
    asked = (await record(paid, admin, PRICE, PRICE, None)).json()
    assert asked["state"] == "pending"
    # While the provider is still asked, the same money cannot go back by bank.
    assert problem(await record(paid, admin, PRICE, 0, "UTR01")) == (422, "too_large")
    paid.database.rows(
        "update oneai.provider_operations set attempts = %s, due_at = oneai.now()", provider_operations.ATTEMPTS_LIMIT
    )
    await reconcile_subscriptions()
    assert paid.database.rows("select state from oneai.provider_operations") == ["failed"]

    assert (await record(paid, admin, PRICE, PRICE, "UTR01")).status_code == 202
    retried = await paid.post(f"/admin/provider-operations/{asked['id']}/retry", {"reason": "Asked again"}, admin)

    assert retried.status_code == 404
    assert refunds(paid) == [("bank:UTR01", PRICE, "processed")]
