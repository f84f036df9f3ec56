"""Money as admins see and move it: refunds once, events replayed, subscriptions followed."""

import asyncio
from typing import Any

import pytest

from oneai.billing import processing
from tests.admin.staff import make_staff
from tests.billing.paid_subscription import AMOUNT, create_paid_subscription
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def refund(world: World, admin: str, payment: Any, amount: int, refundable: int) -> Any:
    body = {"amount": amount, "refundable_amount": refundable, "reason": "Asked for by mail"}
    return await world.post(f"/admin/payments/{payment}/refund", body, admin)


async def test_the_same_refund_twice_at_once_is_made_once(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    preview = (await own_world.get(f"/admin/payments/{paid.payment}/refund", admin)).json()
    assert (preview["refundable_amount"], preview["ends_access"]) == (AMOUNT, True)

    answers = await asyncio.gather(*(refund(own_world, admin, paid.payment, 20_000, AMOUNT) for _ in range(2)))

    assert sorted(each.status_code for each in answers) == [202, 412]
    assert await paid.refunds() == [20_000]
    again = (await own_world.get(f"/admin/payments/{paid.payment}/refund", admin)).json()
    assert again["refundable_amount"] == AMOUNT - 20_000
    acts = own_world.database.rows("select reason from oneai.audit_log where action = 'payment.refund'")
    assert acts == ["Asked for by mail"]


async def test_a_refund_above_the_payment_or_below_the_minimum_is_refused(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)

    for amount, code in ((AMOUNT + 1, "too_large"), (99, "too_small")):
        answer = await refund(own_world, admin, paid.payment, amount, AMOUNT)
        assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (422, code)

    assert await paid.refunds() == []
    assert own_world.database.rows("select 1 from oneai.audit_log where action = 'payment.refund'") == []


async def test_the_smallest_refund_is_that_of_the_payments_provider(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    own_world.database.rows("update oneai.payments set payment_provider = 'midtrans', currency = 'IDR'")

    preview = (await own_world.get(f"/admin/payments/{paid.payment}/refund", admin)).json()
    # At the stand-in no such payment exists, so the operation remains pending.
    one = await refund(own_world, admin, paid.payment, 1, AMOUNT)

    assert (preview["minimum_amount"], preview["payment"]["payment_provider"]) == (1, "midtrans")
    assert (one.status_code, one.json()["amount"]) == (202, 1)


async def test_a_failed_event_is_found_from_its_subscription_and_replayed(own_world: World) -> None:
    paid, support, admin = await create_paid_subscription(own_world), *(make_staff(own_world, r) for r in ROLES)
    own_world.database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, attempts, problem, "
        "subscription_ref) values ('razorpay', 'evt_1', 'subscription.charged', '{}', 'pending', 2, 'Busy', %s)",
        paid.ref,
    )

    listed = (await own_world.get("/admin/subscriptions", support, status="active")).json()["items"]
    timeline = (await own_world.get(f"/admin/subscriptions/{paid.id}", support)).json()["timeline"]
    event = next(each for each in timeline if each["kind"] == "event")
    replayed = await own_world.post(f"/admin/provider-events/{event['id']}/replay", {"reason": "It was Busy"}, admin)

    assert [each["id"] for each in listed] == [str(paid.id)]
    assert (event["id"], event["state"], event["detail"]["problem"]) == ("evt_1", "pending", "Busy")
    assert {each["kind"] for each in timeline} >= {"event", "payment"}
    assert replayed.status_code == 200
    reason = "select reason from oneai.audit_log where action = 'provider_event.replay'"
    assert own_world.database.rows(reason) == ["It was Busy"]


async def test_a_plan_is_granted_at_once_and_revoked(own_world: World) -> None:
    admin, user = make_staff(own_world), own_world.people["asha"]
    body = {"tier": "enterprise", "reason": "Contract 17"}

    grant = (await own_world.post(f"/admin/users/{user}/plan-grants", body, admin)).json()
    tier = (await own_world.get("/subscription")).json()["tier"]
    revoked = await own_world.post(f"/admin/plan-grants/{grant['id']}/revoke", {"reason": "It ended"}, admin)
    again = await own_world.post(f"/admin/plan-grants/{grant['id']}/revoke", {"reason": "It ended"}, admin)

    assert (grant["tier"], grant["current_tier"], tier) == ("enterprise", "enterprise", "enterprise")
    assert (revoked.status_code, again.status_code) == (204, 404)
    assert (await own_world.get("/subscription")).json()["tier"] == "free"


async def test_a_disputed_or_refunded_payment_says_that_it_cannot_be_refunded(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    dispute = "insert into oneai.disputes values (%s, 'razorpay', 'disp_1', 'open', oneai.now())"
    own_world.database.rows(dispute, paid.payment)

    preview = (await own_world.get(f"/admin/payments/{paid.payment}/refund", admin)).json()
    answer = await refund(own_world, admin, paid.payment, 20_000, 0)

    assert preview["refundable_amount"] == 0
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("This payment cannot be refunded")
    assert await paid.refunds() == []


async def test_a_quarantined_payment_is_listed_until_it_is_released(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    own_world.database.rows("update oneai.payments set amount = 12300")
    await processing.reproject(own_world.people["asha"])
    release = f"/admin/payments/{paid.payment}/release"

    listed = (await own_world.get("/admin/payments", admin, quarantined=True)).json()["items"]
    codes = [(await own_world.post(release, {"reason": "By phone"}, admin)).status_code for _ in range(2)]

    assert [(each["id"], each["amount"], each["expected"]) for each in listed] == [(str(paid.payment), 12_300, AMOUNT)]
    assert codes == [204, 404]
    assert (await own_world.get("/admin/payments", admin, quarantined=True)).json()["items"] == []
    assert len((await own_world.get("/admin/payments", admin)).json()["items"]) == 1
    assert (await own_world.get("/subscription")).json()["tier"] == "pro"
    acts = own_world.database.rows("select reason from oneai.audit_log where action = 'payment.release'")
    assert acts == ["By phone"]


async def test_a_failed_refund_is_listed_and_made_once_by_a_retry(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    operation = paid.add_operation("refund", amount=30_000)
    own_world.database.rows("update oneai.provider_operations set state = 'failed', last_error = 'no balance'")
    retry = f"/admin/provider-operations/{operation}/retry"

    (listed,) = (await own_world.get("/admin/provider-operations", admin, state="failed")).json()["items"]
    first = await own_world.post(retry, {"reason": "There is balance again"}, admin)
    second = await own_world.post(retry, {"reason": "There is balance again"}, admin)

    assert (listed["id"], listed["amount"]) == (str(operation), 30_000)
    assert (first.status_code, first.json()["state"], second.status_code) == (200, "succeeded", 404)
    assert await paid.refunds() == [30_000]


async def test_a_cancellation_without_a_webhook_is_known_after_a_sync(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)
    async with own_world.razorpay.session() as engine:
        engine.cancel(paid.ref, at_cycle_end=False)

    answer = await own_world.post(f"/admin/subscriptions/{paid.id}/sync", {"reason": "They wrote to us"}, admin)

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "cancelled"
    acts = own_world.database.rows("select reason, target_id from oneai.audit_log where action = 'subscription.sync'")
    assert acts == [("They wrote to us", paid.ref)]


ROLES = ("support", "admin")
