"""The stand-in for Stripe over HTTP: keys, idempotency, pages, faults, lists and its control API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stand_ins.stripe.catalogue import DAY
from tests.stand_ins.stripe.stand_in import Place, stripe_place
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)


@pytest.fixture
async def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A stand-in of its own."""
    async with stripe_place(database, tmp_path, monkeypatch) as place:
        yield place


async def test_a_checkout_is_paid_on_its_page_and_returns_with_its_id(place: Place) -> None:
    session = await place.order()

    page = await place.http.get(session["url"])
    assert "$50.00" in page.text
    declined = await place.http.post(session["url"], data={"card": "4000000000009995"})
    assert (declined.status_code, "was declined" in declined.text) == (402, True)
    paid = await place.http.post(session["url"], data={"card": "4242424242424242"})

    assert paid.status_code == 303
    assert paid.headers["location"] == f"https://app.example/paid?checkout={session['id']}"
    seen = (await place.http.get(f"/v1/checkout/sessions/{session['id']}")).json()
    assert (seen["status"], seen["payment_status"]) == ("complete", "paid")
    assert not [name for name in seen if name.startswith("_")]


async def test_a_payment_with_3d_secure_is_confirmed_on_the_banks_page(place: Place) -> None:
    session = await place.order()

    asked = await place.http.post(session["url"], data={"card": "4000000000003220"})
    bank = asked.headers["location"]
    refused = await place.http.post(bank, data={"outcome": "fail"})
    again = await place.http.post(session["url"], data={"card": "4000000000003220"})
    confirmed = await place.http.post(again.headers["location"], data={"outcome": "ok"})

    assert (refused.status_code, confirmed.status_code) == (402, 303)
    (intent,) = (await place.http.get("/v1/payment_intents")).json()["data"]
    assert intent["status"] == "succeeded"


async def test_wrong_keys_and_versions_are_refused(place: Place) -> None:
    wrong = await place.http.get("/v1/customers", headers={"authorization": "Bearer sk_test_guessed0001"})
    older = await place.http.get("/v1/customers", headers={"stripe-version": "2022-11-15"})

    assert (wrong.status_code, older.status_code) == (401, 400)
    assert wrong.json()["error"]["message"] == "Invalid API Key provided: sk_test_****0001"


async def test_a_key_gives_the_first_answer_again_for_a_day(place: Place) -> None:
    first = await place.post("customers", {"email": "asha@example.com"}, "one")
    again = await place.post("customers", {"email": "asha@example.com"}, "one")
    other = await place.post("customers", {"email": "ravi@example.com"}, "one")

    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    place.database.advance(DAY)
    later = await place.post("customers", {"email": "asha@example.com"}, "one")
    assert later.json()["id"] != first.json()["id"]


async def test_an_error_of_the_server_is_kept_under_its_key_and_a_refusal_is_not(place: Place) -> None:
    await place.switches.post("/trouble", json={"trouble": "broken"})
    broken = await place.post("customers", {}, "one")
    refused = await place.post("customers", {"colour": "red"}, "two")
    await place.switches.post("/trouble", json={"trouble": None})

    assert (broken.status_code, refused.status_code) == (500, 400)
    assert (await place.post("customers", {}, "one")).status_code == 500
    assert (await place.post("customers", {}, "two")).status_code == 200


@pytest.mark.parametrize(("fault", "status"), [("away", 503), ("throttled", 429), ("lost", 502), ("in_use", 409)])
async def test_faults_answer_as_stripe_does(place: Place, fault: str, status: int) -> None:
    await place.switches.post("/trouble", json={"trouble": fault})

    assert (await place.post("customers", {}, "one")).status_code == status

    await place.switches.post("/trouble", json={"trouble": None})
    customers = (await place.http.get("/v1/customers")).json()["data"]
    assert len(customers) == (1 if fault == "lost" else 0)


async def test_lists_have_pages_and_objects_in_place_of_ids(place: Place) -> None:
    made = [(await place.post("customers", {"email": f"{each}@example.com"})).json()["id"] for each in "abc"]

    page = (await place.http.get("/v1/customers?limit=2")).json()
    rest = (await place.http.get(f"/v1/customers?limit=2&starting_after={page['data'][-1]['id']}")).json()
    assert [each["id"] for each in page["data"] + rest["data"]] == list(reversed(made))
    assert (page["has_more"], rest["has_more"]) == (True, False)
    session = await place.order(customer=made[0])
    shown = (await place.http.get(f"/v1/checkout/sessions/{session['id']}?expand[]=customer")).json()
    assert shown["customer"]["email"] == "a@example.com"


async def test_the_portal_cancels_at_the_end_and_changes_the_card(place: Place) -> None:
    price = {"currency": "usd", "unit_amount": "900", "recurring[interval]": "month", "product_data[name]": "Pro"}
    ref = (await place.post("prices", price)).json()["id"]
    session = (
        await place.post(
            "checkout/sessions",
            {"mode": "subscription", "success_url": "https://app.example", "line_items[0][price]": ref},
        )
    ).json()
    await place.http.post(session["url"], data={"card": "4242424242424242"})
    (subscription,) = (await place.http.get("/v1/subscriptions")).json()["data"]
    portal = (await place.post("billing_portal/sessions", {"customer": subscription["customer"]})).json()

    await place.http.post(portal["url"], data={"number": "4111 1111 1111 1111"})
    page = await place.http.post(portal["url"], data={"cancel": subscription["id"]})

    (after,) = (await place.http.get("/v1/subscriptions?expand[]=data.default_payment_method")).json()["data"]
    assert ("ends on" in page.text, after["cancel_at_period_end"]) == (True, True)
    assert after["default_payment_method"]["card"]["last4"] == "1111"


async def test_the_control_api_acts_as_the_dashboard_does(place: Place) -> None:
    session = await place.order()
    await place.http.post(session["url"], data={"card": "4242424242424242"})
    (intent,) = (await place.http.get("/v1/payment_intents")).json()["data"]

    part = (await place.switches.post(f"/payments/{intent['id']}", json={"refund": 2000})).json()
    returned = (await place.switches.post(f"/refunds/{part['id']}", json={"returned": True})).json()
    dispute = (await place.switches.post(f"/payments/{intent['id']}", json={"dispute": "lost"})).json()
    unknown = await place.switches.post(f"/payments/{intent['id']}", json={"burn": True})
    odd = await place.switches.post("/account", json={"livemode": "yes"})

    assert (part["amount"], returned["status"], dispute["status"]) == (2000, "failed", "lost")
    assert (unknown.status_code, odd.status_code) == (422, 422)


async def test_the_page_of_the_stand_in_leads_to_open_checkouts(place: Place) -> None:
    session = await place.order()

    page = await place.switches.get("/")

    assert (page.status_code, session["url"] in page.text) == (200, True)


async def test_what_was_saved_goes_on_after_a_restart(place: Place) -> None:
    session = await place.order()

    again = type(place.simulator)(place.simulator.file.parent, place.simulator.clock, "", "")

    assert again.engine.session(session["id"])["amount_total"] == 5000
