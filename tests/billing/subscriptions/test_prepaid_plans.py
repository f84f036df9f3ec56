"""A plan in rupiah is a prepaid period, paid on Midtrans' page: over HTTP, with the stand-in for Midtrans."""

import json

import httpx
import pytest

from oneai.billing import reconcile_subscriptions
from oneai.billing.subscriptions.cancel import AS_CREDITS
from stand_ins.midtrans.deliveries import edited
from tests.billing.subscriptions.paying_ahead import choose, move_to_bandung, open_page, pay
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    current_subscription,
    status_and_code,
)
from tests.patience import PATIENCE
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
async def budi(world: World) -> World:
    """Asha lives in Bandung, and Pro and Enterprise have prices in rupiah."""
    await move_to_bandung(world)
    return world


async def test_a_plan_in_rupiah_is_paid_on_snaps_page_for_thirty_days(budi: World) -> None:
    session = await open_page(budi)
    assert (session["payment_provider"], session["razorpay"], session["charged_amount"]) == ("midtrans", None, 99_000)
    assert session["checkout_url"].startswith(f"{budi.address}/midtrans/snap/v4/redirection/")
    assert (await current_subscription(budi))["tier"] == "free"

    await pay(budi, session)

    found = await current_subscription(budi)
    assert (found["tier"], found["status"], found["plan_id"]) == ("pro", "active", "pro")
    (invoice,) = (await budi.get("/subscription/invoice")).json()["items"]
    assert (invoice["form"], invoice["currency"], invoice["total"]) == ("ppn", "IDR", 99_000)
    assert invoice["period_end"] == found["current_period_end"]
    (quota,) = budi.database.rows(
        "select extract(day from q.next_reset_at - q.window_start)::integer from oneai.usage_quotas as q "
        "where q.workspace_id = %s and q.quota_key = 'small_messages'",
        budi.people["asha"],
    )
    assert quota == 30

    advance_days(budi, 30.1)
    assert (await current_subscription(budi))["tier"] == "free"


async def test_units_of_a_window_that_ended_are_used_until_the_plan_ends(budi: World) -> None:
    await pay(budi, await open_page(budi))
    budi.database.rows("update oneai.usage_quotas set used = 7 where quota_key = 'small_messages'")
    advance_days(budi, 30.001)

    for _ in range(2):
        (found,) = budi.database.rows(
            "select (oneai.effective_quota(q, oneai.now())).used from oneai.usage_quotas as q "
            "where q.workspace_id = %s and q.quota_key = 'small_messages'",
            budi.people["asha"],
        )
        assert found == 7
        budi.database.rows("select oneai.roll_windows(%s)", budi.people["asha"])


async def test_a_forged_notification_changes_nothing(budi: World) -> None:
    session = await open_page(budi)
    await choose(session, "bca_va")
    await budi.midtrans.catch_up()
    true = budi.midtrans.deliveries.all[-1].body
    unsigned = json.dumps({**json.loads(true), "signature_key": "0" * 128, "transaction_status": "settlement"})

    answers = [
        await budi.http.post("/webhooks/midtrans", content=body)
        for body in (edited(true, "settlement"), unsigned, edited(true, "capture"), true)
    ]

    assert [each.status_code for each in answers] == [200, 400, 200, 200]
    assert (await current_subscription(budi))["tier"] == "free"


async def test_a_virtual_account_that_is_paid_a_day_late_still_counts(budi: World) -> None:
    session = await open_page(budi)
    await choose(session, "permata_va")
    advance_days(budi, 2)
    await budi.midtrans.catch_up()

    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        order = budi.midtrans.deliveries.all[-1].subscription_id
        paid = await http.post(f"{budi.address}/local/midtrans/orders/{order}", json={"act": "pay"})
        assert paid.is_success, paid.text
    await budi.midtrans.catch_up()

    assert (await current_subscription(budi))["tier"] == "pro"


async def test_a_payment_that_its_bank_takes_back_ends_the_plan(budi: World) -> None:
    session = await open_page(budi)
    await pay(budi, session, "permata_va")
    assert (await current_subscription(budi))["tier"] == "pro"

    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        order = budi.midtrans.deliveries.all[-1].subscription_id
        await http.post(f"{budi.address}/local/midtrans/orders/{order}", json={"act": "take_back"})
    await budi.midtrans.catch_up()

    assert (await current_subscription(budi))["tier"] == "free"
    kinds = [each["kind"] for each in (await budi.get("/subscription/invoice")).json()["items"]]
    assert kinds == ["credit_note", "invoice"]


async def test_the_next_period_is_paid_once_ahead_and_added_at_the_end(budi: World) -> None:
    await pay(budi, await open_page(budi))
    first = await current_subscription(budi)
    advance_days(budi, 20)

    again = await open_page(budi)
    assert (await open_page(budi))["checkout_url"] == again["checkout_url"]
    await pay(budi, again, "bca_va")

    assert status_and_code(await create_checkout(budi, currency="IDR")) == (409, "already_subscribed")
    advance_days(budi, 15)
    second = await current_subscription(budi)
    assert (second["tier"], second["current_period_start"]) == ("pro", first["current_period_end"])


async def test_cancelling_at_once_sends_the_money_of_a_wallet_back(budi: World) -> None:
    await pay(budi, await open_page(budi))
    preview = await budi.post("/subscription/cancel?preview=1", {"at_period_end": False})
    cancelled = await budi.post("/subscription/cancel", {"at_period_end": False})
    assert cancelled.is_success, cancelled.text

    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert transaction.refunded == preview.json()["refund_amount"] > 98_000
    assert (await current_subscription(budi))["tier"] == "free"


async def test_a_cancellation_of_a_prepaid_plan_is_undone_until_its_end(budi: World) -> None:
    await pay(budi, await open_page(budi))
    preview = (await budi.post("/subscription/cancel?preview=1", {})).json()
    assert preview["undoable_until"] == preview["ends_at"]
    assert (await budi.post("/subscription/cancel", {})).is_success

    advance_days(budi, 29.99)
    await reconcile_subscriptions()
    undone = await budi.post("/subscription/cancel/undo", {})

    assert undone.is_success, undone.text
    assert (undone.json()["status"], undone.json()["cancel_requested_at"]) == ("active", None)


async def test_a_payment_without_a_notification_is_found_by_the_job(budi: World) -> None:
    await pay(budi, await open_page(budi), heard=False)
    assert (await current_subscription(budi))["tier"] == "free"

    budi.database.advance(301)
    await reconcile_subscriptions()

    assert (await current_subscription(budi))["tier"] == "pro"


async def test_an_absent_midtrans_is_reported_and_the_same_request_continues(budi: World) -> None:
    budi.midtrans.fault = "away"
    assert status_and_code(await create_checkout(budi, currency="IDR")) == (503, "payment_provider_unavailable")

    budi.midtrans.fault = None
    await pay(budi, await open_page(budi))
    assert (await current_subscription(budi))["tier"] == "pro"


async def test_a_change_says_that_money_of_a_virtual_account_becomes_time(budi: World) -> None:
    await pay(budi, await open_page(budi), "bca_va")
    cancelling = (await budi.post("/subscription/cancel?preview=1", {"at_period_end": False})).json()
    assert (cancelling["refund_amount"], "time of that plan" in cancelling["explanation"]) == (0, True)
    advance_days(budi, 15)
    change = {"plan_id": "enterprise"}

    preview = (await budi.post("/subscription/update?preview=1", change)).json()
    assert (preview["refund_amount"], preview["returned_as"], preview["added_days"]) == (0, "time", 3.74)

    changed = await budi.post("/subscription/update", change)
    assert changed.is_success, changed.text
    await pay(budi, changed.json(), "bca_va")

    found = await current_subscription(budi)
    assert found["tier"] == "enterprise"
    days = budi.database.one(
        "select extract(epoch from max(current_period_end) - oneai.now())::float8 / 86400 from oneai.subscriptions"
    )
    assert 33.7 < days < 33.76


async def test_a_preview_of_a_later_plan_that_is_paid_ahead_charges_now(budi: World) -> None:
    await pay(budi, await open_page(budi))
    change = {"plan_id": "enterprise", "when": "period_end"}

    preview = (await budi.post("/subscription/update?preview=1", change)).json()
    changed = await budi.post("/subscription/update", change)
    assert changed.is_success, changed.text
    await choose(changed.json(), "bca_va")

    *_, asked = budi.midtrans.engine.account.transactions.values()
    assert asked.amount == preview["charged_now"] == preview["charged_amount"]
    assert preview["starts_at"] == (await current_subscription(budi))["current_period_end"]


async def test_credits_in_rupiah_are_paid_on_the_same_page_also_late(budi: World) -> None:
    packages = (await budi.get("/credits/packages")).json()
    assert packages["currencies"] == ["INR", "USD", "IDR"]

    bought = await budi.post("/credits/purchase", {"package_id": "credits_10", "currency": "IDR"})
    assert bought.status_code == 201, bought.text
    order = bought.json()
    assert (order["amount"], order["checkout"]["key_id"]) == (150_000, None)
    page = {"checkout_url": order["checkout"]["short_url"]}
    await choose(page, "bca_va")
    advance_days(budi, 1.5)
    await budi.midtrans.catch_up()
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        ref = budi.midtrans.deliveries.all[-1].subscription_id
        await http.post(f"{budi.address}/local/midtrans/orders/{ref}", json={"act": "pay"})
    await budi.midtrans.catch_up()

    balance = (await budi.get("/credits/balance")).json()
    assert balance["available_micro_usd"] == 10_000_000


async def test_rupiah_are_for_people_in_indonesia(budi: World) -> None:
    budi.database.rows("update oneai.billing_details set country = 'SG', state = ''")

    for answer in (
        await create_checkout(budi, currency="IDR"),
        await budi.post("/credits/purchase", {"package_id": "credits_10", "currency": "IDR"}),
    ):
        assert answer.status_code == 422, answer.text
        assert [each["field"] for each in answer.json()["error"]["details"]] == ["currency"]


async def test_choosing_another_plan_closes_the_page_of_the_first(budi: World) -> None:
    first = await open_page(budi)
    await choose(first, "bca_va")
    await open_page(budi, plan_id="enterprise")

    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert transaction.status == "expire"


async def test_what_cannot_go_back_becomes_credits_if_its_user_chooses_so(budi: World) -> None:
    await pay(budi, await open_page(budi), "bca_va")
    wish = {"at_period_end": False, "rest_as_credits": True}
    preview = (await budi.post("/subscription/cancel?preview=1", wish)).json()
    assert (preview["refund_amount"], preview["explanation"]) == (0, AS_CREDITS)
    assert 98_000 < preview["kept_amount"] <= 99_000
    assert preview["credit_micro_usd"] == preview["kept_amount"] * 1_000_000 // 15_000
    assert (await budi.get("/credits/balance")).json()["available_micro_usd"] == 0

    assert (await budi.post("/subscription/cancel", wish)).is_success
    assert status_and_code(await budi.post("/subscription/cancel", wish)) == (409, "subscription_not_changeable")
    await reconcile_subscriptions()

    balance = (await budi.get("/credits/balance")).json()["available_micro_usd"]
    assert 0 <= preview["credit_micro_usd"] - balance < 10_000
    assert (await current_subscription(budi))["tier"] == "free"
    assert budi.database.rows("select kind from oneai.provider_operations where kind = 'refund'") == []


async def test_credits_for_a_payment_that_its_bank_takes_back_end(budi: World) -> None:
    await pay(budi, await open_page(budi), "permata_va")
    assert (await budi.post("/subscription/cancel", {"at_period_end": False, "rest_as_credits": True})).is_success
    assert (await budi.get("/credits/balance")).json()["available_micro_usd"] > 6_000_000

    order = budi.midtrans.deliveries.all[-1].subscription_id
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        await http.post(f"{budi.address}/local/midtrans/orders/{order}", json={"act": "take_back"})
    await budi.midtrans.catch_up()

    assert (await budi.get("/credits/balance")).json()["available_micro_usd"] == 0


async def test_money_of_a_wallet_goes_back_and_becomes_no_credits(budi: World) -> None:
    await pay(budi, await open_page(budi))
    wish = {"at_period_end": False, "rest_as_credits": True}
    preview = (await budi.post("/subscription/cancel?preview=1", wish)).json()
    assert (preview["kept_amount"], preview["credit_micro_usd"]) == (0, None)

    assert (await budi.post("/subscription/cancel", wish)).is_success

    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert transaction.refunded > 98_000
    assert (await budi.get("/credits/balance")).json()["available_micro_usd"] == 0


async def test_a_page_whose_payment_failed_is_followed_by_another(budi: World) -> None:
    first = await open_page(budi)
    assert (await open_page(budi))["checkout_url"] == first["checkout_url"]
    await choose(first, "gopay")
    assert (await open_page(budi))["checkout_url"] == first["checkout_url"]
    (transaction,) = budi.midtrans.engine.account.transactions.values()
    budi.midtrans.engine.act(transaction.transaction_id, "expire")

    second = await open_page(budi)

    assert second["subscription_id"] == first["subscription_id"]
    assert second["checkout_url"] != first["checkout_url"]
    await pay(budi, second)
    assert (await current_subscription(budi))["tier"] == "pro"
