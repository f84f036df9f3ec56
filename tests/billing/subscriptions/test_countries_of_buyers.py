"""A buyer's country has two proofs that agree, and it and the currency change rarely: over HTTP."""

from typing import Any

import pytest

from oneai import settings
from oneai.billing import processing, provider_operations
from oneai.billing.subscriptions import price_list, prices
from oneai.http.edge import COUNTRY
from oneai.notifications import triggers
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_period_end,
    at_provider,
    create_checkout,
    current_subscription,
    pay,
    refunds,
    save_billing_details,
    subscribe,
)
from tests.world import World

BANDUNG = {**ASHA, "state": "JB", "country": "ID"}
SINGAPORE = {**ASHA, "state": "", "country": "SG"}
PROOFS = "select country_proofs from oneai.invoices where kind = 'invoice'"


@pytest.fixture
def behind_a_firewall(monkeypatch: pytest.MonkeyPatch) -> None:
    """A firewall writes where each request comes from."""
    monkeypatch.setenv("FIREWALL_REQUESTS_PER_MINUTE", "100")
    settings.reset_cache()


async def put_details(world: World, details: dict[str, Any]) -> tuple[int, str | None]:
    """Status and code of a change of the billing details."""
    answer = await world.http.put("/subscription/billing-details", json=details, headers=world.headers())
    refused = None if answer.is_success else answer.json()["error"]["details"][0]["code"]
    return answer.status_code, refused


async def end_at_once(world: World) -> None:
    """Cancels within the refund days, with all its effects."""
    assert (await world.post("/subscription/cancel", {"at_period_end": False})).is_success
    await provider_operations.run_pending(world.people["asha"])
    await world.razorpay.catch_up()


@pytest.mark.usefixtures("behind_a_firewall")
async def test_the_proofs_of_a_country_are_kept_with_its_invoice(world: World) -> None:
    await save_billing_details(world)
    body = {"plan_id": "pro", "period": "monthly", "currency": "INR"}
    headers = world.headers("asha", **{COUNTRY: "IN"})
    created = await world.http.post("/subscription/create", json=body, headers=headers)
    await pay(world, created.json(), method="upi")
    await world.razorpay.catch_up()

    proofs = {"address": "IN", "payment": "IN", "network": "IN", "agree": True}
    assert world.database.rows(PROOFS) == [proofs]


async def test_a_client_cannot_say_its_country_without_a_firewall(world: World) -> None:
    await save_billing_details(world)
    body = {"plan_id": "pro", "period": "monthly", "currency": "INR"}
    headers = world.headers("asha", **{COUNTRY: "IN"})
    assert (await world.http.post("/subscription/create", json=body, headers=headers)).is_success
    details = await world.http.get("/subscription/billing-details", headers=headers)
    assert details.json()["network_country"] is None

    stored = world.database.rows("select billing_country, network_country from oneai.subscriptions")
    assert stored == [("IN", None)]


@pytest.mark.usefixtures("behind_a_firewall")
async def test_the_billing_details_say_where_the_network_is(world: World) -> None:
    headers = world.headers("asha", **{COUNTRY: "-IN-ID"})
    saved = await world.http.put("/subscription/billing-details", json=ASHA, headers=headers)
    read = await world.http.get("/subscription/billing-details", headers=headers)
    unknown = await world.http.get("/subscription/billing-details", headers=world.headers("asha", **{COUNTRY: "XX"}))

    shown = [(each.json()["country"], each.json()["network_country"]) for each in (saved, read, unknown)]
    assert shown == [("IN", "-IN-ID"), ("IN", "-IN-ID"), ("IN", None)]


async def test_a_card_of_another_country_is_refused_and_refunded(world: World) -> None:
    await save_billing_details(world)
    created = (await create_checkout(world)).json()
    await pay(world, created, method="foreign_card")
    await world.razorpay.catch_up()

    assert (await current_subscription(world))["tier"] == "free"
    await provider_operations.run_pending(world.people["asha"])

    assert await refunds(world) == [79_900]
    assert (await at_provider(world, created))["status"] == "cancelled"
    alerts = "select detail ->> 'reason' from oneai.operator_alerts where kind = 'payment_slipped_through'"
    assert world.database.rows(alerts) == ["other_country"]
    await world.razorpay.catch_up()
    await triggers.notify()
    assert world.database.rows("select data ->> 'refused' from oneai.outbox where kind = 'payment_refund'") == [
        "other_country"
    ]


async def test_the_same_card_pays_at_home(world: World) -> None:
    await subscribe(world, method="foreign_card")

    assert (await current_subscription(world))["tier"] == "pro"
    (proofs,) = world.database.rows(PROOFS)
    assert (proofs["address"], proofs["payment"], proofs["agree"]) == ("SG", "-IN", False)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("behind_a_firewall")
@pytest.mark.parametrize(("network", "tier"), [("IN", "free"), ("SG", "pro")])
async def test_a_foreign_card_counts_unless_the_network_disagrees_with_the_address(
    world: World, network: str, tier: str
) -> None:
    await save_billing_details(world, abroad=True)
    body = {"plan_id": "pro", "period": "monthly", "currency": "USD"}
    created = await world.http.post("/subscription/create", json=body, headers=world.headers(**{COUNTRY: network}))
    assert created.status_code == 201, created.text
    await pay(world, created.json(), method="foreign_card")
    await provider_operations.run_pending(world.people["asha"])

    assert (await current_subscription(world))["tier"] == tier
    assert len(await refunds(world)) == (tier == "free")


async def test_the_country_can_be_corrected_until_something_is_paid(world: World) -> None:
    for details in (SINGAPORE, ASHA, SINGAPORE, ASHA):
        assert await put_details(world, details) == (200, None)


async def test_a_checkout_at_the_old_countrys_price_buys_nothing(world: World) -> None:
    await save_billing_details(world)
    opened = (await create_checkout(world)).json()
    assert await put_details(world, SINGAPORE) == (200, None)
    await pay(world, opened)
    await provider_operations.run_pending(world.people["asha"])

    assert (await current_subscription(world))["tier"] == "free"
    assert await refunds(world) == [79_900]


async def test_the_country_never_changes_while_a_plan_runs(world: World) -> None:
    await subscribe(world)

    assert await put_details(world, SINGAPORE) == (422, "while_running")
    assert await put_details(world, {**ASHA, "address": "1 Brigade Road\nBengaluru 560001"}) == (200, None)


async def test_the_country_changes_once_in_ninety_days(world: World) -> None:
    await subscribe(world)
    await end_at_once(world)

    assert await put_details(world, SINGAPORE) == (200, None)
    assert await put_details(world, ASHA) == (422, "changed_recently")
    advance_days(world, 91)
    assert await put_details(world, ASHA) == (200, None)


async def test_another_currency_begins_when_the_paid_period_ends(world: World) -> None:
    await subscribe(world)
    # Abroad since yesterday, which the address cannot say while the plan runs.
    world.database.rows("update oneai.billing_details set country = 'SG', state = ''")
    period_end = (await current_subscription(world))["current_period_end"]

    larger = await create_checkout(world, currency="USD")

    assert larger.status_code == 201, larger.text
    assert larger.json()["start_at"] == period_end


async def test_another_currency_within_a_paid_period_is_refused_by_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(world)
    world.database.rows("update oneai.billing_details set country = 'SG', state = ''")
    monkeypatch.setattr("oneai.billing.subscriptions.subscribe.replace", lambda request, **_: request)

    at_once = await create_checkout(world, currency="USD")

    assert (at_once.status_code, at_once.json()["error"]["details"][0]["code"]) == (422, "while_running")


async def test_the_currency_changes_once_in_ninety_days(world: World) -> None:
    await subscribe(world)
    await end_at_once(world)
    assert await put_details(world, SINGAPORE) == (200, None)
    dollars = await create_checkout(world, currency="USD")
    await pay(world, dollars.json(), method="foreign_card")
    await end_at_once(world)

    back = await create_checkout(world, currency="INR")
    assert (back.status_code, back.json()["error"]["details"][0]["code"]) == (422, "changed_recently")
    advance_days(world, 91)
    assert (await create_checkout(world, currency="INR")).status_code == 201


async def test_a_payment_that_bought_nothing_is_no_change_of_currency(world: World) -> None:
    # Rupees of an Indian card, from an address in Singapore: refunded in full.
    await put_details(world, SINGAPORE)
    refused = await create_checkout(world, currency="INR")
    await pay(world, refused.json(), method="card")
    await provider_operations.run_pending(world.people["asha"])
    await world.razorpay.catch_up()
    dollars = await create_checkout(world, currency="USD")
    await pay(world, dollars.json(), method="foreign_card")
    await end_at_once(world)

    assert await put_details(world, ASHA) == (200, None)
    assert (await create_checkout(world, currency="INR")).status_code == 201


async def test_a_plan_in_rupiah_follows_a_mandate_that_debits_no_more(world: World) -> None:
    """The old mandate is cancelled as soon as the new period is paid, and the old period lasts to its end."""
    world.database.rows("select oneai.set_price('midtrans', 'pro', 'monthly', 'IDR', 99000, 'pro.IDR', 99000)")
    price_list.reset()
    first = await subscribe(world)
    world.database.rows("update oneai.billing_details set country = 'ID', state = 'JB'")
    advance_to_period_end(world, hours=24 * 6)
    rupiah = (await create_checkout(world, currency="IDR")).json()
    assert rupiah["start_at"] == (await current_subscription(world))["current_period_end"]

    async with world.midtrans.session() as engine:
        token = rupiah["checkout_url"].rpartition("/")[2]
        engine.pay(engine.choose(token, "gopay").transaction_id)
    await world.midtrans.catch_up()
    await provider_operations.run_pending(world.people["asha"])

    assert (await at_provider(world, first))["status"] == "cancelled"
    assert (await current_subscription(world))["tier"] == "pro"
    advance_days(world, 7)
    await world.razorpay.catch_up()
    await processing.reproject(world.people["asha"])
    now = await current_subscription(world)
    assert (now["tier"], now["prepaid"]) == ("pro", True)
    assert world.database.rows("select currency from oneai.payments order by created_at") == ["INR", "IDR"]


@pytest.mark.usefixtures("behind_a_firewall")
@pytest.mark.parametrize(
    ("network", "query", "currency", "stored"),
    [
        ("IN", "", "INR", "private, no-cache"),
        ("ID", "", "IDR", "private, no-cache"),
        ("-IN-ID", "", "USD", "private, no-cache"),
        ("XX", "", None, "public, max-age=300"),
        ("IN", "?country=ID", "IDR", "public, max-age=300"),
    ],
)
async def test_a_visitor_sees_the_currency_of_their_country_first(
    world: World, network: str, query: str, currency: str | None, stored: str
) -> None:
    world.database.rows("select oneai.set_price('midtrans', 'pro', 'monthly', 'IDR', 99000, 'pro.IDR', 99000)")
    price_list.reset()

    answer = await world.http.get(f"/subscription/plans{query}", headers={COUNTRY: network})

    assert (answer.json()["currency"], answer.headers["cache-control"]) == (currency, stored)


async def test_a_country_that_a_client_names_in_a_header_is_not_believed(world: World) -> None:
    answer = await world.http.get("/subscription/plans", headers={COUNTRY: "ID"})

    assert answer.json()["currency"] is None


def test_rupiah_are_not_first_where_they_are_not_sold() -> None:
    assert prices.shown_first("ID", {"INR", "USD"}) == "USD"
    assert prices.shown_first("SG", {"INR"}) is None
