"""The stand-in for Razorpay over HTTP: its API and its hosted page, by the stack's clock."""

import hashlib
import hmac
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from local.clock import Clock
from oneai import settings
from stand_ins import razorpay
from stand_ins.razorpay.periods import DAY
from tests.patience import PATIENCE
from tests.served import served
from tests.world import Database, filled_in

pytestmark = pytest.mark.sampled(0.34)

SECRET = "local-key-secret"


@pytest.fixture
def simulator(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> razorpay.Simulator:
    """The stand-in by the clock of a database; its webhooks are not delivered."""
    settings.reset_cache()
    for name, value in razorpay.keys_of("https://rzp.example").items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()
    razorpay.fill_price_list(database.connection)
    return razorpay.Simulator(tmp_path, Clock(database.url("oneai_app")), "", "http://127.0.0.1:9/", seed="http")


@pytest.fixture
async def http(simulator: razorpay.Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """The merchant's client."""

    def make(address: str) -> Any:
        simulator.engine.account.address = address
        return razorpay.create(simulator)

    async with served(make) as address:
        auth = (simulator.keys.key_id, SECRET)
        async with httpx.AsyncClient(base_url=address, auth=auth, timeout=PATIENCE) as client:
            yield client


async def create_subscription(http: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    """A new subscription to the cheapest plan in rupees."""
    plans = (await http.get("/v1/plans", params={"count": 100})).json()["items"]
    plan = min((each for each in plans if each["item"]["currency"] == "INR"), key=lambda each: each["item"]["amount"])
    answer = await http.post("/v1/subscriptions", json={"plan_id": plan["id"], "total_count": 12, **params})
    assert answer.status_code == 200, answer.text
    subscription: dict[str, Any] = answer.json()
    return subscription


async def pay(http: httpx.AsyncClient, subscription: dict[str, Any], **values: str) -> httpx.Response:
    """Fills in the form on the page and sends it."""
    page = await http.get(subscription["short_url"])
    assert page.status_code == 200
    return await http.post(subscription["short_url"], data=filled_in(page.text, **values))


async def test_a_wrong_key_is_refused(http: httpx.AsyncClient) -> None:
    answers = [
        await http.get("/v1/plans", auth=("rzp_test_somebody", SECRET)),
        await http.get("/v1/plans", auth=(razorpay.keys_of("")["RAZORPAY_KEY_ID"], "guessed")),
        await httpx.AsyncClient(base_url=http.base_url).get("/v1/plans"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json() == {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}


async def test_every_price_of_the_list_has_a_plan(http: httpx.AsyncClient, database: Database) -> None:
    plans = (await http.get("/v1/plans", params={"count": 100})).json()["items"]

    listed = database.rows("select provider_plan_id from oneai.price_list")
    assert {each["id"] for each in plans} == set(listed)
    assert {(each["period"], each["item"]["currency"]) for each in plans} == {
        (period, currency) for period in ("monthly", "yearly") for currency in ("INR", "USD")
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "description"),
    [
        ("GET", "/v1/subscriptions/sub_id}", None, "ub_id%7D is not a valid id"),
        ("GET", "/v1/subscriptions/sub_00000000000000", None, "The id provided does not exist"),
        ("GET", "/v1/somewhere", None, "The requested URL was not found on the server."),
        ("POST", "/v1/subscriptions", {}, "The plan id field is required."),
        ("POST", "/v1/subscriptions", {"price": 1}, "price is/are not required and should not be sent"),
        ("POST", "/v1/plans", {"period": "monthly", "interval": 1, "item": {}}, "The name field is required."),
        ("POST", "/v1/payments/pay_00000000000000/refund", {}, "The id provided does not exist"),
        ("GET", "/v1/plans?count=101", None, "The count must be between 1 and 100."),
    ],
)
async def test_an_unknown_request_is_refused_in_razorpays_envelope(
    http: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None, description: str
) -> None:
    answer = await http.request(method, path, json=body)

    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["description"]) == ("BAD_REQUEST_ERROR", description)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"total_count": "abc"}, "total_count"),
        ({"total_count": [12]}, "total_count"),
        ({"total_count": -1}, "total_count"),
        ({"total_count": 10**30}, "total_count"),
        ({"start_at": "soon"}, "start_at"),
        ({"start_at": 10**20}, "start_at"),
        ({"expire_by": {}}, "expire_by"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"notes": ["a"]}, "notes"),
        ({"notes": "a"}, "notes"),
        ({"offer_id": []}, "offer_id"),
        ({"addons": [{"item": {"name": "A cup", "amount": 100, "currency": "INR"}}]}, "addons"),
    ],
    ids=lambda each: str(each)[:40],
)
async def test_an_invalid_subscription_is_refused_with_a_sentence(
    http: httpx.AsyncClient, params: dict[str, Any], field: str
) -> None:
    plan = (await http.get("/v1/plans")).json()["items"][0]["id"]

    answer = await http.post("/v1/subscriptions", json={"plan_id": plan, "total_count": 12, **params})

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field), answer.text
    assert (await http.get("/v1/subscriptions")).json()["count"] == 0


@pytest.mark.parametrize(
    "params", [{"quantity": "two"}, {"quantity": 0}, {"remaining_count": []}, {"start_at": "soon"}]
)
async def test_an_invalid_change_is_refused_with_a_sentence(http: httpx.AsyncClient, params: dict[str, Any]) -> None:
    subscription = await create_subscription(http)
    await pay(http, subscription, method="foreign_card", outcome="ok")

    answer = await http.patch(f"/v1/subscriptions/{subscription['id']}", json=params)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, next(iter(params)))


async def test_bytes_that_are_not_text_are_refused_with_a_sentence(http: httpx.AsyncClient) -> None:
    subscription = await create_subscription(http)
    form = {"content-type": "application/x-www-form-urlencoded"}
    answers = [
        await http.post("/v1/subscriptions", content=b"\xff\xfe"),
        await http.post("/v1/subscriptions", content=b"[" * 100_000),
        await http.get("/v1/plans", params={"count": "1" * 5000}),
        await http.get("/v1/plans", auth=None, headers={b"authorization": "Basic é".encode()}),
        await http.post(subscription["short_url"], content=b"method=\xff\xfe", headers=form),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 401, 422]
    assert [answer.json()["error"]["code"] for answer in answers[:4]] == ["BAD_REQUEST_ERROR"] * 4


async def test_lists_have_pages_and_bounds(http: httpx.AsyncClient, database: Database) -> None:
    first = await create_subscription(http)
    database.advance(3600)
    others = [await create_subscription(http) for _ in range(3)]
    plan = {"plan_id": first["plan_id"]}

    newest = (await http.get("/v1/subscriptions", params={**plan, "count": 2})).json()
    rest = (await http.get("/v1/subscriptions", params={**plan, "count": 2, "skip": 2})).json()
    late = (await http.get("/v1/subscriptions", params={**plan, "from": others[0]["created_at"]})).json()

    assert [each["id"] for each in (*newest["items"], *rest["items"])] == [
        *(each["id"] for each in reversed(others)),
        first["id"],
    ]
    assert (newest["entity"], newest["count"], late["count"]) == ("collection", 2, 3)
    assert (await http.get("/v1/subscriptions", params={"plan_id": "plan_00000000000000"})).json()["count"] == 0


async def test_a_payment_on_the_page_returns_the_signed_checkout_fields(http: httpx.AsyncClient) -> None:
    subscription = await create_subscription(http)
    page = await http.get(subscription["short_url"])
    assert "stand-in for Razorpay" in page.text

    failed = await pay(http, subscription, method="card", outcome="fail")
    assert ("Payment failed" in failed.text, "razorpay_signature" in failed.text) == (True, False)
    paid = await pay(http, subscription, method="upi", instrument="asha@upi", outcome="ok")

    handed = dict(re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', paid.text))
    message = f"{handed['razorpay_payment_id']}|{subscription['id']}".encode()
    assert handed["razorpay_subscription_id"] == subscription["id"]
    assert handed["razorpay_signature"] == hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    payment = (await http.get(f"/v1/payments/{handed['razorpay_payment_id']}")).json()
    assert (payment["status"], payment["vpa"], payment["captured"]) == ("captured", "asha@upi", True)
    assert (await http.get(f"/v1/subscriptions/{subscription['id']}")).json()["status"] == "active"
    again = await http.get(subscription["short_url"])
    assert "There is nothing to pay here." in again.text
    assert (await http.post(subscription["short_url"], data={"method": "card", "outcome": "ok"})).status_code == 400
    assert (await http.get("/i/nobodys")).status_code == 404


async def test_the_page_links_back_to_where_the_checkout_began(http: httpx.AsyncClient) -> None:
    subscription = await create_subscription(http)
    started = {**subscription, "short_url": f"{subscription['short_url']}?return_to=http://127.0.0.1:5173/checkout/pro"}
    back = r'href="http://127.0.0.1:5173/checkout/pro#([^"]*)"'

    assert re.findall(back, (await http.get(started["short_url"])).text) == ["closed="]
    failed = await pay(http, started, method="card", outcome="fail")
    assert re.findall(back, failed.text) == ["failed=Payment+failed.+No+money+was+taken%3B+you+can+try+again."]
    (proof,) = re.findall(back, (await pay(http, started, method="card", outcome="ok")).text)
    names = [name for name, _ in parse_qsl(html.unescape(proof))]
    assert names == ["razorpay_payment_id", "razorpay_subscription_id", "razorpay_signature"]
    for elsewhere in ("https://example.com/", "javascript:alert(1)", "//example.com"):
        other = await http.get(subscription["short_url"], params={"return_to": elsewhere})
        assert 'class="back' not in other.text


async def test_an_order_is_paid_on_a_page_of_its_own(http: httpx.AsyncClient) -> None:
    made = await http.post("/v1/orders", json={"amount": 209_700, "currency": "INR"})
    address = f"/o/{made.json()['id']}?return_to=http://127.0.0.1:5173/checkout/team"

    failed = await http.post(address, data={"method": "card", "outcome": "fail"})
    paid = await http.post(address, data={"method": "card", "outcome": "ok"})

    assert "₹2,097.00" in (await http.get(address)).text
    assert "#failed=" in failed.text
    proof = dict(re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', paid.text))
    assert proof["razorpay_order_id"] == made.json()["id"]
    order = (await http.get(f"/v1/orders/{made.json()['id']}")).json()
    assert (order["status"], order["attempts"]) == ("paid", 2)
    assert (await http.get("/o/nobodys")).status_code == 404


async def test_a_card_is_expanded_on_request_and_has_one_id_per_number(
    http: httpx.AsyncClient,
) -> None:
    cards = []
    for _ in range(2):
        paid = await pay(
            http, await create_subscription(http), method="card", instrument="4111 1111 1111 1234", outcome="ok"
        )
        (ref,) = re.findall(r'name="razorpay_payment_id" value="([^"]*)"', paid.text)
        plain = (await http.get(f"/v1/payments/{ref}")).json()
        cards.append((await http.get(f"/v1/payments/{ref}", params={"expand[]": "card"})).json()["card"])
        assert (plain["card_id"], "card" in plain) == (cards[-1]["id"], False)

    assert cards[0] == cards[1]
    assert cards[0]["last4"] == "1234"


async def test_the_page_retries_a_failed_payment_and_shows_the_amount_due(
    http: httpx.AsyncClient, simulator: razorpay.Simulator, database: Database
) -> None:
    subscription = await create_subscription(http)
    await pay(http, subscription, method="card", outcome="ok")
    simulator.engine.script(subscription["id"], "fail")
    database.advance(32 * DAY)
    assert (await http.get(f"/v1/subscriptions/{subscription['id']}")).json()["status"] == "pending"
    assert "Your last payment failed" in (await http.get(subscription["short_url"])).text

    database.advance(10 * DAY)
    assert "Pay the open invoice" in (await http.get(subscription["short_url"])).text
    await pay(http, subscription, method="upi", outcome="ok")
    assert (await http.get(f"/v1/subscriptions/{subscription['id']}")).json()["status"] == "active"
    invoices = (await http.get("/v1/invoices", params={"subscription_id": subscription["id"]})).json()["items"]
    attempts = (await http.get(f"/v1/orders/{invoices[0]['order_id']}/payments")).json()["items"]
    assert [each["status"] for each in invoices] == ["paid", "paid"]
    assert [each["status"] for each in attempts] == ["captured", *["failed"] * 4]


async def test_a_refund_is_made_once_per_key(http: httpx.AsyncClient) -> None:
    subscription = await create_subscription(http)
    await pay(http, subscription, method="card", outcome="ok")
    (invoice,) = (await http.get("/v1/invoices", params={"subscription_id": subscription["id"]})).json()["items"]
    path, key = f"/v1/payments/{invoice['payment_id']}/refund", {"x-refund-idempotency": "ten letters"}

    first, second = [await http.post(path, json={"amount": 500}, headers=key) for _ in range(2)]
    other = await http.post(path, json={"amount": 600}, headers=key)
    short = await http.post(path, json={"amount": 500}, headers={"x-refund-idempotency": "short"})

    assert first.json() == second.json()
    assert (other.status_code, short.status_code) == (400, 400)
    refunds = (await http.get(f"{path}s")).json()
    assert [(each["amount"], each["status"]) for each in refunds["items"]] == [(500, "processed")]
    assert (await http.get(f"/v1/payments/{invoice['payment_id']}")).json()["refund_status"] == "partial"


async def test_each_request_takes_effect(http: httpx.AsyncClient) -> None:
    subscription = await create_subscription(http)
    await pay(http, subscription, method="foreign_card", outcome="ok")
    path = f"/v1/subscriptions/{subscription['id']}"

    paused = await http.post(f"{path}/pause", json={"pause_at": "now"})
    resumed = await http.post(f"{path}/resume", json={"resume_at": "now"})
    changed = await http.patch(path, json={"quantity": 2, "schedule_change_at": "cycle_end"})
    coming = await http.get(f"{path}/retrieve_scheduled_changes")
    undone = await http.post(f"{path}/cancel_scheduled_changes")
    at_end = await http.post(f"{path}/cancel", json={"cancel_at_cycle_end": True})
    now = await http.post(f"{path}/cancel", json={"cancel_at_cycle_end": 0})
    again = await http.post(f"{path}/cancel", json={})

    assert [each.json()["status"] for each in (paused, resumed, at_end, now)] == [
        *("paused", "active", "active", "cancelled")
    ]
    assert (changed.json()["has_scheduled_changes"], coming.json()["quantity"]) == (True, 2)
    assert undone.json()["has_scheduled_changes"] is False
    assert again.json()["error"] == {
        "code": "BAD_REQUEST_ERROR",
        "description": "Subscription is not cancellable in cancelled status.",
        "field": "status",
    }


async def test_a_fault_makes_it_unavailable_or_loses_its_answer(
    http: httpx.AsyncClient, simulator: razorpay.Simulator
) -> None:
    subscription = await create_subscription(http)
    simulator.fault = "away"
    assert (await http.get("/v1/plans")).status_code == 503
    simulator.fault = "throttled"
    assert (await http.get("/v1/plans")).status_code == 429
    simulator.fault = "lost"
    lost = await http.post("/v1/subscriptions", json={"plan_id": subscription["plan_id"], "total_count": 12})
    assert lost.status_code == 502
    simulator.fault = None

    found = (await http.get("/v1/subscriptions", params={"plan_id": subscription["plan_id"]})).json()
    assert found["count"] == 2


async def test_the_simulators_state_survives_a_restart(
    http: httpx.AsyncClient, simulator: razorpay.Simulator, database: Database
) -> None:
    subscription = await create_subscription(http)
    await pay(http, subscription, method="card", outcome="ok")

    again = razorpay.Simulator(simulator.file.parent, Clock(database.url("oneai_app")), "", "", seed="another")

    assert again.engine.subscription(subscription["id"])["status"] == "active"
    assert [each.name for each in again.deliveries.all] == [each.name for each in simulator.deliveries.all]
