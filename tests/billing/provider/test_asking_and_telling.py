"""Requests to the payment provider on the wire, and the observations from its answers."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from oneai import settings
from oneai.billing.facts import LifecycleEvent
from oneai.billing.providers import razorpay as provider
from oneai.billing.providers.face import (
    Cancel,
    ChangePlan,
    NotChangeable,
    Pause,
    RefundPayment,
    SubscriptionCheckout,
)
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients.razorpay import ProviderError
from oneai.postgres import db
from tests.billing.provider.conftest import Says, Upstream
from tests.billing.provider.samples import moment
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

OURS, USER, CALL = UUID(int=1), UUID(int=2), UUID(int=3)
SINCE = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
SUB, PAY = "/v1/subscriptions/sub_00000000000001", "/v1/payments/pay_00000000000002"
REFUSED = {"error": {"code": "BAD_REQUEST_ERROR", "description": "Not now."}}


@pytest.fixture
async def asked(upstream: Upstream, database: Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """A Razorpay, and a clock to ask it by."""
    environment.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    yield upstream
    await db.close()


@pytest.fixture
def api(fixtures: Path) -> Any:
    """The documented answers of its API, changed a little."""

    def read(name: str, **changed: Any) -> dict[str, Any]:
        response: dict[str, Any] = json.loads((fixtures / f"razorpay/api/{name}.json").read_text())
        return response | changed

    return read


def items(*entities: Any) -> Says:
    return Says(body={"entity": "collection", "count": len(entities), "items": list(entities)})


async def open_one(**changed: Any) -> Any:
    wanted = SubscriptionCheckout(OURS, USER, "plan_1", 1, 79_900, "INR", "monthly", charges=120)
    return await provider.open_checkout(replace(wanted, **changed))


async def test_a_subscription_is_created_with_a_note_of_its_owner(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(body=api("create_subscription__success", notes={"oneai_subscription": str(OURS)}))]

    opened = await open_one()

    (heard,) = asked.heard
    assert heard.path == "/v1/subscriptions"
    assert heard.body == {
        "plan_id": "plan_1",
        "total_count": 120,
        "quantity": 1,
        "notes": {"oneai_subscription": str(OURS), "oneai_user": str(USER)},
    }
    assert (opened.status, opened.our_id, opened.fetched) == ("none", OURS, True)
    assert opened.short_url == api("create_subscription__success")["short_url"]


async def test_a_later_start_and_a_discount_are_sent(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(body=api("create_subscription__success"))]

    await open_one(start_at=SINCE, expires_at=SINCE, offer_ref="offer_1")

    body = asked.heard[0].body
    assert (body["start_at"], body["expire_by"], body["offer_id"]) == (1795242600, 1795242600, "offer_1")


async def test_an_unanswered_creation_is_searched_for_and_not_repeated(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(500)]
    with pytest.raises(PaymentProviderUnavailable):
        await open_one()
    assert asked.asked == ["POST /v1/subscriptions"]

    others = [api("create_subscription__success", id=f"sub_{at}", status="something new") for at in range(100)]
    mine = api("create_subscription__success", notes={"oneai_subscription": str(OURS)})
    asked.answers = [items(*others), items(mine)]
    found = await provider.find_checkout(OURS, "plan_1", SINCE)

    assert found is not None
    assert (found.ref, found.our_id) == (mine["id"], OURS)
    queries = [each.query for each in asked.heard[1:]]
    assert [each["skip"] for each in queries] == ["0", "100"]
    assert {(each["plan_id"], each["from"]) for each in queries} == {("plan_1", str(1795242600 - 60))}


async def test_a_creation_that_never_happened_is_not_found(asked: Upstream, api: Any) -> None:
    asked.answers = [items(api("create_subscription__success"))]

    assert await provider.find_checkout(OURS, "plan_1", SINCE) is None


async def test_a_fetched_snapshot_is_dated_by_the_stacks_clock(asked: Upstream, api: Any, database: Database) -> None:
    database.advance(86_400 * 40)
    asked.answers = [Says(body=api("fetch_subscription_id__success"))]

    seen = await provider.fetch_subscription("sub_00000000000001", with_payments=False)

    (snapshot,) = seen.snapshots
    assert (snapshot.status, snapshot.fetched, asked.asked) == ("active", True, [f"GET {SUB}"])
    assert abs((snapshot.at - database.one("select oneai.now()")).total_seconds()) < 60
    assert (seen.payments, seen.invoices) == ((), ())


async def test_a_full_fetch_finds_every_payment_attempt_and_refund(asked: Upstream, api: Any) -> None:
    subscribed = api("fetch_subscription_id__success")
    paid, unpaid = api("fetch_invoices__success")["items"]
    assert {paid["subscription_id"], unpaid["subscription_id"]} == {subscribed["id"]}
    unpaid |= {"status": "issued", "payment_id": None, "order_id": "order_00000000000001"}
    base = api("fetch_with_id__card")
    base |= {"order_id": None, "invoice_id": None}
    captured = base | {"id": paid["payment_id"], "amount": paid["amount"], "amount_refunded": 500}
    refused = base | {"id": "pay_x", "amount": paid["amount"], "status": "failed", "card_id": None}
    asked.at = {
        f"/v1/subscriptions/{subscribed['id']}": Says(body=subscribed),
        "/v1/invoices": items(paid, unpaid),
        f"/v1/orders/{paid['order_id']}/payments": items(captured, refused | {"id": "pay_y"}),
        "/v1/orders/order_00000000000001/payments": items(refused, base | {"id": "pay_z", "status": "authorized"}),
        f"/v1/payments/{paid['payment_id']}/refunds": items(
            api("create_normal__success", payment_id=paid["payment_id"], amount=500)
        ),
    }

    seen = await provider.fetch_subscription(subscribed["id"], with_payments=True)

    by_ref = {each.ref: each for each in seen.payments}
    assert {ref: each.status for ref, each in by_ref.items()} == {
        paid["payment_id"]: "captured",
        "pay_x": "failed",
        "pay_y": "failed",
        "pay_z": "authorized",
    }
    billed = by_ref[paid["payment_id"]]
    assert (billed.invoice_ref, billed.period_from) == (paid["id"], "invoice")
    assert (billed.period_start, billed.period_end) == (moment(paid["billing_start"]), moment(paid["billing_end"]))
    assert by_ref["pay_y"].period_from is None
    assert {each.subscription_ref for each in seen.payments} == {subscribed["id"]}
    assert [(each.ref, each.paid) for each in seen.invoices] == [(paid["id"], True), (unpaid["id"], False)]
    assert [(each.payment_ref, each.amount) for each in seen.refunds] == [(paid["payment_id"], 500)]
    assert {each.query.get("subscription_id") for each in asked.heard if each.path == "/v1/invoices"} == {
        subscribed["id"]
    }


async def test_an_invoice_without_an_order_is_looked_up_by_its_payment(asked: Upstream, api: Any) -> None:
    bill = api("fetch_invoices__success")["items"][0] | {"order_id": None}
    paid_by = bill["payment_id"]
    asked.at = {
        SUB: Says(body=api("fetch_subscription_id__success")),
        "/v1/invoices": items(bill),
        f"/v1/payments/{paid_by}": Says(body=api("fetch_with_id__upi") | {"id": paid_by, "invoice_id": None}),
    }

    (payment,) = (await provider.fetch_subscription("sub_00000000000001", with_payments=True)).payments
    assert (payment.ref, payment.invoice_ref) == (paid_by, bill["id"])


async def test_a_fetched_pause_has_its_start(asked: Upstream, api: Any) -> None:
    paused = api("pause_subscription__success")
    asked.answers = [Says(body=paused)]

    seen = await provider.fetch_subscription("sub_00000000000001", with_payments=False)
    assert seen.lifecycle_events == (LifecycleEvent("razorpay", paused["id"], "paused", moment(paused["paused_at"])),)


async def test_an_unknown_subscription_is_a_provider_error(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(400, api("fetch_subscription_id__failure"))]

    with pytest.raises(ProviderError, match="not a valid id"):
        await provider.fetch_subscription("sub_}", with_payments=False)
    assert asked.heard[0].path == "/v1/subscriptions/sub_}"


@pytest.mark.parametrize("at_period_end", [True, False])
async def test_a_cancellation_is_sent(asked: Upstream, api: Any, at_period_end: bool) -> None:
    asked.answers = [Says(body=api("cancel_subscription__success"))]

    seen = await provider.send(Cancel("sub_00000000000001", at_period_end=at_period_end))

    assert asked.asked == [f"POST {SUB}/cancel"]
    assert asked.heard[0].body == {"cancel_at_cycle_end": at_period_end}
    assert (seen.snapshots[0].status, seen.snapshots[0].ended) == ("cancelled", True)


@pytest.mark.parametrize("status", ["expired", "cancelled", "completed"])
async def test_an_ended_subscription_counts_as_cancelled(asked: Upstream, api: Any, status: str) -> None:
    ended = api("fetch_subscription_id__success", status=status)
    asked.answers = [Says(400, api("cancel_subscription__failure")), Says(body=ended)]

    seen = await provider.send(Cancel("sub_00000000000001", at_period_end=False))
    assert seen.snapshots[0].ended


@pytest.mark.parametrize("verb", ["cancel", "change_plan", "pause", "resume"])
async def test_an_unsupported_change_is_refused_with_a_sentence(asked: Upstream, api: Any, verb: str) -> None:
    asked.at = {SUB: Says(body=api("fetch_subscription_id__success", status="halted"))}
    asked.answers = [Says(400, REFUSED)]
    if verb == "change_plan":
        asked.at = {SUB: Says(400, api("update_subscription__failure"))}

    arguments: dict[str, Any] = {"cancel": {"at_period_end": True}}.get(verb, {})

    with pytest.raises(NotChangeable) as refused:
        await getattr(provider, verb)("sub_00000000000001", *(["plan_2"] if verb == "change_plan" else []), **arguments)

    assert refused.value.message.endswith(".")
    assert "UPI" not in refused.value.message or verb == "resume"


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_a_pause_and_a_resume_are_sent_and_done_once(asked: Upstream, api: Any, verb: str) -> None:
    done = api(f"{verb}_subscription__success")
    asked.answers = [Says(body=done), Says(400, REFUSED), Says(body=done)]

    first = await getattr(provider, verb)("sub_00000000000001")
    again = await getattr(provider, verb)("sub_00000000000001")

    assert asked.asked == [f"POST {SUB}/{verb}", f"POST {SUB}/{verb}", f"GET {SUB}"]
    assert asked.heard[0].body == {f"{verb}_at": "now"}
    assert first.snapshots[0].status == again.snapshots[0].status


async def test_a_plan_is_changed_in_place_and_at_once(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(body=api("update_subscription__success"))]

    seen = await provider.send(ChangePlan("sub_00000000000001", "plan_2"))

    assert (asked.asked, asked.heard[0].body) == ([f"PATCH {SUB}"], {"plan_id": "plan_2", "schedule_change_at": "now"})
    assert seen.snapshots[0].plan_ref == api("update_subscription__success")["plan_id"]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refusal_of_another_cause_is_a_provider_error(asked: Upstream, status: int) -> None:
    asked.answers = [Says(status, REFUSED)]

    with pytest.raises(ProviderError):
        await provider.send(Pause("sub_1"))
    with pytest.raises(ProviderError):
        await provider.send(ChangePlan("sub_1", "plan_2"))
    with pytest.raises(ProviderError):
        await provider.send(RefundPayment("pay_1", 100, "INR", CALL))


async def test_a_refund_is_sent_with_the_id_of_its_operation_as_key(asked: Upstream, api: Any) -> None:
    done = api("create_normal__success")
    asked.answers = [Says(body=done)]

    (back,) = (await provider.send(RefundPayment("pay_00000000000002", 500_100, "INR", CALL))).refunds

    (heard,) = asked.heard
    assert (heard.path, heard.headers["x-refund-idempotency"]) == (f"{PAY}/refund", str(CALL))
    assert (heard.body["amount"], heard.body["receipt"]) == (500_100, str(CALL))
    assert (back.ref, back.status, back.amount) == (done["id"], "processed", done["amount"])


async def test_a_repeated_refund_finds_the_first_one(asked: Upstream, api: Any) -> None:
    other = api("create_normal__success", id="rfnd_other", receipt="another")
    mine = api("create_normal__success", receipt=str(CALL), status="pending")
    asked.answers = [Says(400, api("normal_refunds_idempotent__failure")), items(other, mine)]

    (back,) = (await provider.send(RefundPayment("pay_00000000000002", 500_100, "INR", CALL))).refunds
    assert (back.ref, back.status) == (mine["id"], "pending")
    assert asked.asked == [f"POST {PAY}/refund", f"GET {PAY}/refunds"]


async def test_an_impossible_refund_is_an_error(asked: Upstream, api: Any) -> None:
    asked.answers = [Says(400, api("create_normal__failure")), items()]

    with pytest.raises(ProviderError) as refused:
        await provider.send(RefundPayment("pay_00000000000002", 1, "INR", CALL))
    assert refused.value.field == "amount"


async def test_a_created_plan_is_recognized_in_the_list(asked: Upstream, api: Any) -> None:
    plan = api("create_plan__success")
    asked.answers = [Says(body=plan)]

    assert await provider.create_plan(tier="pro", period="monthly", currency="INR", amount=79_900) == plan["id"]

    made = asked.heard[0].body
    assert (made["period"], made["interval"]) == ("monthly", 1)
    assert (made["item"]["amount"], made["item"]["currency"]) == (79_900, "INR")
    weekly, monthly = api("fetch_all_plans__success")["items"]
    asked.answers = [items(weekly, monthly, {"id": "plan_made", **made}, {"id": "plan_odd"})]
    without, ours = await provider.list_plans()
    assert (without.ref, without.tier, without.amount) == (monthly["id"], None, monthly["item"]["amount"])
    assert (ours.ref, ours.tier, ours.period, ours.currency) == ("plan_made", "pro", "monthly", "INR")


def test_the_checkout_has_the_fields_it_needs_and_no_secret(environment: pytest.MonkeyPatch) -> None:
    assert provider.checkout_options("sub_1", "plan_1") == {
        "key_id": "rzp_test_asha",
        "subscription_id": "sub_1",
        "plan_id": "plan_1",
    }
