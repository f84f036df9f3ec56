"""Money as admins see and move it: refunds once, events replayed, subscriptions followed."""

import asyncio
from typing import Any

from tests.admin.staff import make_staff
from tests.billing.paid_subscription import AMOUNT, create_paid_subscription
from tests.world import World


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


async def test_more_than_was_paid_is_not_refunded_and_neither_is_less_than_the_provider_does(own_world: World) -> None:
    paid, admin = await create_paid_subscription(own_world), make_staff(own_world)

    for amount, code in ((AMOUNT + 1, "too_large"), (99, "too_small")):
        answer = await refund(own_world, admin, paid.payment, amount, AMOUNT)
        assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (422, code)

    assert await paid.refunds() == []
    assert own_world.database.rows("select 1 from oneai.audit_log where action = 'payment.refund'") == []


async def test_a_failed_event_is_followed_from_its_subscription_and_replayed(own_world: World) -> None:
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


async def test_a_plan_is_granted_at_once_and_taken_back(own_world: World) -> None:
    admin, user = make_staff(own_world), own_world.people["asha"]
    body = {"tier": "enterprise", "reason": "Contract 17"}

    grant = (await own_world.post(f"/admin/users/{user}/plan-grants", body, admin)).json()
    tier = (await own_world.get("/subscription")).json()["tier"]
    revoked = await own_world.post(f"/admin/plan-grants/{grant['id']}/revoke", {"reason": "It ended"}, admin)
    again = await own_world.post(f"/admin/plan-grants/{grant['id']}/revoke", {"reason": "It ended"}, admin)

    assert (grant["tier"], grant["current_tier"], tier) == ("enterprise", "enterprise", "enterprise")
    assert (revoked.status_code, again.status_code) == (204, 404)
    assert (await own_world.get("/subscription")).json()["tier"] == "free"


ROLES = ("support", "admin")
