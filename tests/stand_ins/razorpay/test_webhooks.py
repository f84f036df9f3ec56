"""The stand-in's webhooks: signed, retried for a day, in any order, twice or never, as its control API is set."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from local.clock import Clock
from oneai import settings
from stand_ins import razorpay
from stand_ins.razorpay.periods import DAY
from tests.served import served
from tests.world import Database, World

pytestmark = pytest.mark.exhaustive

CURRENT, PREVIOUS = "local-webhook-secret", "local-webhook-secret-of-before"
FIRST = [
    *("payment.authorized", "payment.captured", "invoice.paid"),
    *("subscription.activated", "subscription.charged"),
]


@dataclass
class Endpoint:
    """A webhook endpoint, and the requests it received."""

    status: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        """Answers with the configured status."""
        self.came.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)

    @property
    def names(self) -> list[str]:
        """The events, as they came."""
        return [json.loads(body)["event"] for _, body in self.came]

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [headers["x-razorpay-event-id"] for headers, _ in self.came]


@dataclass
class Place:
    """The stand-in, a webhook endpoint, and the control API."""

    simulator: razorpay.Simulator
    endpoint: Endpoint
    switches: httpx.AsyncClient
    database: Database

    async def subscribe(self) -> str:
        """Creates a subscription and pays it; its id."""
        async with self.simulator.session() as engine:
            plan = next(iter(engine.account.plans))
            created = engine.open({"plan_id": plan, "total_count": 12})
            engine.pay(created["id"])
        return str(created["id"])

    async def after(self, seconds: float) -> None:
        """Advances the time and delivers everything due."""
        self.database.advance(seconds)
        await self.simulator.catch_up()


@pytest.fixture
async def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """The stand-in by the clock of a database."""
    endpoint = Endpoint()
    settings.reset_cache()
    for name, value in razorpay.keys_of("https://rzp.example").items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()
    razorpay.fill_price_list(database.connection)
    simulator = razorpay.Simulator(
        tmp_path, Clock(database.url("oneai_app")), "https://rzp.example", "", seed="webhooks"
    )

    def make(address: str) -> Starlette:
        simulator.webhook = f"{address}/hook"
        switches = Mount("/local/razorpay", razorpay.control_api.create(simulator))
        return Starlette(routes=[Route("/hook", endpoint.take, methods=["POST"]), switches])

    async with served(make) as address, httpx.AsyncClient(base_url=f"{address}/local/razorpay") as switches:
        yield Place(simulator, endpoint, switches, database)
        await simulator.close()


async def test_every_event_is_sent_once_with_a_signature_over_its_bytes(place: Place) -> None:
    subscription = await place.subscribe()
    await place.simulator.catch_up()

    assert place.endpoint.names == FIRST
    assert len(set(place.endpoint.ids)) == len(FIRST)
    for headers, body in place.endpoint.came:
        assert headers["x-razorpay-signature"] == hmac.new(CURRENT.encode(), body, hashlib.sha256).hexdigest()
        assert headers["content-type"] == "application/json"
    listed = (await place.switches.get("/deliveries")).json()
    assert {(each["state"], each["subscription_id"], *each["answered"]) for each in listed["items"]} == {
        ("delivered", subscription, "200")
    }


async def test_events_skipped_by_a_moved_clock_are_sent_in_their_order(place: Place) -> None:
    subscription = await place.subscribe()
    answer = await place.switches.post(f"/subscriptions/{subscription}", json={"outcome": "fail"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "fail")

    await place.after(40 * DAY)

    assert place.endpoint.names == [
        *FIRST,
        *("payment.failed", "subscription.pending") * 3,
        *("payment.failed", "subscription.halted"),
    ]


async def test_a_refused_event_is_sent_again_with_the_same_id_until_it_is_accepted(place: Place) -> None:
    place.endpoint.status = 503
    await place.subscribe()
    await place.simulator.catch_up()
    await place.after(3600)
    tries = len(place.endpoint.came)
    assert tries > 2 * len(FIRST)

    place.endpoint.status = 200
    await place.after(2 * 3600)

    assert len(place.endpoint.came) == tries + len(FIRST)
    assert len(set(place.endpoint.ids)) == len(FIRST)
    listed = (await place.switches.get("/deliveries")).json()
    assert {each["state"] for each in listed["items"]} == {"delivered"}
    assert {each["answered"][-1] for each in listed["items"]} == {"200"}


async def test_a_webhook_that_fails_for_a_day_is_disabled_until_it_is_enabled(place: Place) -> None:
    place.endpoint.status = 400
    subscription = await place.subscribe()
    await place.after(2 * DAY)
    assert (await place.switches.get("/webhooks")).json()["disabled_at"] is not None

    place.endpoint.status = 200
    came = len(place.endpoint.came)
    await place.after(31 * DAY)
    assert len(place.endpoint.came) == came
    states = {each["state"] for each in (await place.switches.get("/deliveries")).json()["items"]}
    assert states == {"failed", "not_sent"}

    assert (await place.switches.post("/webhooks", json={"mode": "normal"})).json()["disabled_at"] is None
    async with place.simulator.session() as engine:
        engine.cancel(subscription)
    await place.simulator.catch_up()
    assert place.endpoint.names[came:] == ["subscription.cancelled"]


async def test_a_failing_webhook_is_retried_for_a_whole_day(place: Place) -> None:
    place.endpoint.status = 503
    await place.subscribe()
    await place.after(DAY - 60)
    assert (await place.switches.get("/webhooks")).json()["disabled_at"] is None

    place.endpoint.status = 200
    await place.after(61)

    listed = (await place.switches.get("/deliveries")).json()
    assert (listed["disabled_at"], {each["state"] for each in listed["items"]}) == (None, {"delivered"})


@pytest.mark.parametrize(
    ("mode", "came"),
    [
        ("normal", FIRST),
        ("duplicate", [name for name in FIRST for _ in range(2)]),
        ("reorder", FIRST[::-1]),
        ("drop", []),
        ("delay", []),
    ],
)
async def test_events_are_delivered_as_the_switch_says(place: Place, mode: str, came: list[str]) -> None:
    assert (await place.switches.post("/webhooks", json={"mode": mode})).json()["mode"] == mode
    await place.subscribe()
    await place.simulator.catch_up()
    assert place.endpoint.names == came

    await place.after(3601)
    assert place.endpoint.names == (FIRST if mode == "delay" else came)


async def test_the_events_of_one_subscription_can_be_delivered_differently(place: Place) -> None:
    async with place.simulator.session() as engine:
        lost, created = [
            engine.open({"plan_id": next(iter(engine.account.plans)), "total_count": 12}) for _ in range(2)
        ]
    await place.switches.post("/webhooks", json={"mode": "drop", "subscription_id": lost["id"]})
    async with place.simulator.session() as engine:
        for each in (lost, created):
            engine.pay(each["id"])
    await place.simulator.catch_up()

    assert place.endpoint.names == FIRST
    items = (await place.switches.get("/deliveries")).json()["items"]
    assert {each["state"] for each in items if each["subscription_id"] == lost["id"]} == {"dropped"}


async def test_events_can_be_signed_with_the_previous_secret_or_not_at_all(place: Place) -> None:
    for mode in ("previous_secret", "unsigned"):
        await place.switches.post("/webhooks", json={"mode": mode})
        await place.subscribe()
        await place.simulator.catch_up()

    for headers, body in place.endpoint.came[:5]:
        assert headers["x-razorpay-signature"] == hmac.new(PREVIOUS.encode(), body, hashlib.sha256).hexdigest()
    assert all("x-razorpay-signature" not in headers for headers, _ in place.endpoint.came[5:])


async def test_an_event_signed_with_the_previous_secret_is_accepted_on_a_moved_clock(world: World) -> None:
    world.database.advance(3 * DAY)
    async with world.razorpay.session() as engine:
        created = engine.open({"plan_id": next(iter(engine.account.plans)), "total_count": 12})
        world.razorpay.deliveries.switch("previous_secret")
        engine.pay(created["id"])

    await world.razorpay.catch_up()

    assert [each.answered for each in world.razorpay.deliveries.all] == [["200"]] * len(FIRST)


async def test_disputes_and_manual_refunds_send_events(place: Place) -> None:
    await place.subscribe()
    (payment,) = place.simulator.engine.account.payments

    disputed = await place.switches.post(f"/payments/{payment}", json={"dispute": "created"})
    await place.switches.post(f"/payments/{payment}", json={"dispute": "lost"})
    await place.switches.post(f"/payments/{payment}", json={"refund": 500})
    await place.simulator.catch_up()

    assert disputed.json()["payment_id"] == payment
    assert place.endpoint.names[5:] == [
        *("payment.dispute.created", "payment.dispute.lost", "refund.created", "refund.processed")
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhooks", {"mode": "sometimes"}),
        ("/webhooks", None),
        ("/subscriptions/sub_00000000000000", {"outcome": "fail"}),
        ("/subscriptions/unknown", {"outcome": "ok"}),
        ("/payments/pay_00000000000000", {"dispute": "created"}),
        ("/trouble", {"trouble": "rain"}),
    ],
)
async def test_unknown_switches_are_refused(place: Place, path: str, body: object) -> None:
    assert (await place.switches.post(path, json=body)).status_code == 422
    assert place.simulator.deliveries.mode == "normal"


async def test_an_invalid_outcome_is_refused(place: Place) -> None:
    subscription = await place.subscribe()

    answers = [
        await place.switches.post(f"/subscriptions/{subscription}", json=body)
        for body in ({"outcome": "maybe"}, {"customer": "sings"}, {})
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
