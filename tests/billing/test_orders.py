"""One-off payments: what a user pays for once is recorded, invoiced and refunded, and grants nothing."""

from typing import Any, LiteralString

import pytest

from oneai import accounts
from oneai.billing import reconcile_subscriptions
from oneai.clients import razorpay
from tests.admin.staff import make_staff
from tests.billing.subscriptions.subscribing import save_billing_details, set_fault, subscribe
from tests.billing.without_webhooks import DAY, alerts
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

PRICE = 118_000
WHAT = "1,000 credits"
NUMBERS: LiteralString = """
    select kind, number, total, description, period_start from oneai.invoices order by issued_at, number"""
PAID: LiteralString = """
    select status, amount, amount_refunded, order_id is not null, subscription_id is null, quarantined_at is not null
    from oneai.payments order by created_at, provider_payment_id"""


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def place_order(world: World, who: str = "asha", **more: Any) -> str:
    """An order at the provider that names its user and what was ordered; its ref."""
    named = {"oneai_order": WHAT, "oneai_user": str(world.people[who])}
    async with world.razorpay.session() as engine:
        order = engine.make_order({"amount": PRICE, "currency": "INR", "notes": named, **more})
    return str(order["id"])


async def pay(world: World, order: str, *, ok: bool = True) -> str:
    """Pays it in the checkout; the payment's ref."""
    world.database.advance(1)
    async with world.razorpay.session() as engine:
        return str(engine.pay_order(order, ok=ok)["id"])


async def buy(world: World, who: str = "asha") -> str:
    """An order that was paid, whose events have arrived; the payment's ref."""
    await save_billing_details(world, who)
    payment = await pay(world, await place_order(world, who))
    await world.razorpay.catch_up()
    return payment


async def refund(world: World, admin: str, amount: int) -> Any:
    """An admin refunds so much of the newest payment."""
    payment = world.database.one("select id from oneai.payments order by created_at desc limit 1")
    preview = (await world.get(f"/admin/payments/{payment}/refund", admin)).json()
    assert preview["ends_access"] is False
    body = {"amount": amount, "refundable_amount": preview["refundable_amount"], "reason": "Asked for by mail"}
    return await world.post(f"/admin/payments/{payment}/refund", body, admin)


async def refunded(world: World, payment: str) -> list[int]:
    """Its refunds at the provider, the newest first."""
    async with world.razorpay.session() as engine:
        return [each["amount"] for each in engine.refunds_of(payment)]


def states(world: World) -> set[str]:
    """The states of all events that the provider sent."""
    return set(world.database.rows("select state from oneai.provider_events"))


def entitlement(world: World) -> list[Any]:
    """The entitlement of users, which a payment could change."""
    people: LiteralString = (
        "select id, subscription_tier, subscription_status, quota_since, quota_anchor from oneai.workspaces"
    )
    quotas: LiteralString = "select workspace_id, quota_key, quota_limit, used, window_start from oneai.usage_quotas"
    history: LiteralString = "select workspace_id, change_reason from oneai.subscription_history"
    return [sorted(map(repr, world.database.rows(query))) for query in (people, quotas, history)]


@pytest.mark.parametrize("mode", ["normal", "duplicate", "reorder"])
async def test_an_order_is_recorded_and_invoiced_once_for_any_events_and_grants_nothing(
    world: World, mode: Any
) -> None:
    await save_billing_details(world, "asha")
    order = await place_order(world)
    before = entitlement(world)
    world.razorpay.deliveries.switch(mode)

    await pay(world, order)
    await world.razorpay.catch_up()

    assert states(world) == {"processed"}
    assert world.database.rows(PAID) == [("captured", PRICE, 0, True, True, False)]
    bought = "select amount, currency, description, provider_order_id, workspace_id from oneai.orders"
    assert world.database.rows(bought) == [(PRICE, "INR", WHAT, order, world.people["asha"])]
    assert world.database.rows(NUMBERS) == [("invoice", "INV/26-27/000001", PRICE, WHAT, None)]
    assert entitlement(world) == before
    assert alerts(world) == []
    (invoice,) = (await world.get("/subscription/invoice")).json()["items"]
    pdf = await world.get(f"/subscription/invoice/{invoice['id']}/pdf")
    assert pdf.is_success, pdf.text


async def test_each_partial_refund_has_its_credit_note(world: World) -> None:
    payment, admin = await buy(world), make_staff(world)

    first = await refund(world, admin, 18_000)
    await world.razorpay.catch_up()

    assert (first.status_code, first.json()["state"], first.json()["subscription_id"]) == (202, "succeeded", None)
    assert world.database.rows(PAID) == [("captured", PRICE, 18_000, True, True, False)]
    assert (await refund(world, admin, 100_001)).status_code == 422
    assert (await refund(world, admin, 100_000)).status_code == 202
    await world.razorpay.catch_up()
    assert world.database.rows(PAID) == [("refunded", PRICE, PRICE, True, True, False)]
    assert await refunded(world, payment) == [100_000, 18_000]
    assert [(kind, number, total) for kind, number, total, *_ in world.database.rows(NUMBERS)] == [
        ("invoice", "INV/26-27/000001", PRICE),
        ("credit_note", "CRN/26-27/000001", 18_000),
        ("credit_note", "CRN/26-27/000002", 100_000),
    ]
    assert alerts(world) == []


async def test_a_second_payment_for_an_order_is_refunded(world: World) -> None:
    await save_billing_details(world, "asha")
    order = await place_order(world)
    await pay(world, order, ok=False)
    first, second = await pay(world, order), await pay(world, order)

    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    await world.razorpay.catch_up()

    assert (await refunded(world, first), await refunded(world, second)) == ([], [PRICE])
    assert [status for status, *_ in world.database.rows(PAID)] == ["failed", "captured", "refunded"]
    assert alerts(world) == [("payment_slipped_through", second)]
    reason = "select detail ->> 'reason' from oneai.operator_alerts"
    assert world.database.rows(reason) == ["duplicate_payment"]


async def test_a_wrong_amount_is_quarantined_until_its_release(world: World) -> None:
    await save_billing_details(world, "asha")
    order, admin = await place_order(world), make_staff(world)
    async with world.razorpay.session() as engine:
        payment = engine.pay_order(order)["id"]
        engine.order(order)["amount"] = PRICE + 1
        for event in engine.events:
            event.body = event.body.replace(f'"amount":{PRICE},"amount_paid"', f'"amount":{PRICE + 1},"amount_paid"')
    await world.razorpay.catch_up()
    assert alerts(world) == [("payment_quarantined", payment)]
    assert world.database.rows(NUMBERS) == []

    ours = world.database.one("select id from oneai.payments")
    released = await world.post(f"/admin/payments/{ours}/release", {"reason": "by phone"}, admin)

    assert released.is_success, released.text
    assert [total for _, _, total, *_ in world.database.rows(NUMBERS)] == [PRICE]


async def test_an_order_without_an_event_of_its_own_is_fetched(world: World) -> None:
    await save_billing_details(world, "asha")
    order = await place_order(world)
    async with world.razorpay.session() as engine:
        engine.pay_order(order)
        engine.account.events[:] = [each for each in engine.account.events if each.name == "payment.captured"]
    await set_fault(world, "away")
    await world.razorpay.catch_up()
    assert world.database.rows("select amount, description from oneai.orders") == [(None, None)]
    assert world.database.rows(NUMBERS) == []
    await set_fault(world, None)

    await reconcile_subscriptions()

    assert world.database.rows("select amount, description from oneai.orders") == [(PRICE, WHAT)]
    assert [total for _, _, total, *_ in world.database.rows(NUMBERS)] == [PRICE]


async def test_an_unreported_refund_is_found_within_a_day(world: World) -> None:
    payment = await buy(world)
    async with world.razorpay.session() as engine:
        engine.refund(payment, {"amount": 20_000})
        engine.account.events.clear()
    world.database.advance(DAY)

    await reconcile_subscriptions()

    assert world.database.rows(PAID) == [("captured", PRICE, 20_000, True, True, False)]
    assert alerts(world) == [("payment_refunded", payment)]
    world.database.advance(180 * DAY)
    await reconcile_subscriptions()
    assert world.database.rows("select next_sync_at from oneai.orders") == [None]


async def test_an_order_keeps_its_owner_despite_a_later_payments_note(world: World) -> None:
    await buy(world)
    (order,) = world.database.rows("select provider_order_id from oneai.orders")
    async with world.razorpay.session() as engine:
        engine.account.orders[order]["notes"] = {"oneai_order": WHAT, "oneai_user": str(world.people["ravi"])}
    await pay(world, order)
    await world.razorpay.catch_up()

    asha = world.people["asha"]
    assert world.database.rows("select workspace_id from oneai.orders") == [asha]
    assert world.database.rows("select workspace_id from oneai.payments") == [asha, asha]
    assert states(world) == {"processed"}


async def test_an_order_of_another_shop_is_ignored(world: World) -> None:
    await pay(world, await place_order(world, notes={"shop": "Tea", "oneai_user": str(world.people["asha"])}))

    await world.razorpay.catch_up()

    assert states(world) == {"parked"}
    assert world.database.rows("select from oneai.orders") == world.database.rows(PAID) == []
    assert alerts(world) == []


async def test_an_order_affects_neither_a_trial_nor_a_subscription(world: World) -> None:
    await buy(world)
    asha, admin = world.people["asha"], make_staff(world)
    assert world.database.one("select oneai.trial_available(%s, %s)", asha, asha) is True
    await subscribe(world, "asha")
    await world.razorpay.catch_up()
    before = entitlement(world)

    payment = world.database.one("select id from oneai.payments where order_id is not null")
    body = {"amount": PRICE, "refundable_amount": PRICE, "reason": "Asked for by mail"}
    assert (await world.post(f"/admin/payments/{payment}/refund", body, admin)).status_code == 202
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert entitlement(world) == before
    assert alerts(world) == []


async def test_erasing_the_buyer_keeps_tax_records_and_records_a_later_refund(world: World) -> None:
    payment = await buy(world)
    asha = world.people["asha"]
    await accounts.close_account(asha)
    world.database.rows("delete from auth.users where id = %s", asha)

    await accounts.erase(asha)

    kept = "select workspace_id, number, total, buyer ->> 'legal_name' from oneai.invoices"
    assert world.database.rows(kept) == [(None, "INV/26-27/000001", PRICE, "Asha Rao")]
    assert world.database.rows("select workspace_id, description from oneai.orders") == [(None, WHAT)]
    assert set(world.database.rows("select body from oneai.provider_events")) == {b""}
    async with world.razorpay.session() as engine:
        engine.refund(payment, {"amount": 20_000})
    await world.razorpay.catch_up()
    assert world.database.rows(PAID) == [("captured", PRICE, 20_000, True, True, False)]
    notes = "select workspace_id, kind, total from oneai.invoices where kind = 'credit_note'"
    assert world.database.rows(notes) == [(None, "credit_note", 20_000)]
