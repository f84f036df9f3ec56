"""Stripe's own library over the stand-in: signatures both ways, its client's requests, its types of every object."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import stripe
from stripe._webhook import WebhookSignature

from oneai import settings
from oneai.clients import stripe as ours
from stand_ins.payments.deliveries import Delivery
from stand_ins.stripe.keys import Keys
from stand_ins.stripe.simulator import StripeWebhook
from stand_ins.stripe.state import API_VERSION
from tests.stand_ins.stripe.lives import Life
from tests.stand_ins.stripe.stand_in import SECRET, Place, stripe_place
from tests.world import Database


@pytest.fixture
async def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A stand-in of its own."""
    async with stripe_place(database, tmp_path, monkeypatch) as place:
        yield place


async def test_each_checks_the_other_ones_signatures(place: Place) -> None:
    session = await place.order()
    await place.http.post(session["url"], data={"card": "4242424242424242"})
    await place.simulator.catch_up()

    assert len(place.endpoint.came) > 3
    for headers, body in place.endpoint.came:
        event = stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)
        assert event.id == json.loads(body)["id"]
        assert ours.signature_problem(body, headers["stripe-signature"]) is None
    body = place.endpoint.came[0][1]
    theirs = WebhookSignature.generate_signature_header(body.decode(), SECRET)
    assert ours.signature_problem(body, theirs) is None
    assert ours.signature_problem(body, theirs.replace("v1=", "v1=0")) == "another secret"


@pytest.mark.parametrize("mode", ["unsigned", "previous_secret", "late", "rolled", "normal"])
def test_both_refuse_the_same_headers(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"id": "evt_1", "object": "event", "data": {"object": {}}, "type": "ping"}'
    keys = Keys("", SECRET, "whsec_before")
    delivery = Delivery("evt_1", "ping", "", 0, None, mode, 0)
    header = StripeWebhook(keys).headers(delivery, body, 0).get("stripe-signature", "")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET_PREVIOUS", "")
    settings.reset_cache()
    try:
        stripe.Webhook.construct_event(body, header, SECRET)
        refused = False
    except stripe.SignatureVerificationError:
        refused = True

    found = ours.signature_problem(body, header)
    monkeypatch.undo()
    settings.reset_cache()
    assert (found is not None) == refused == (mode not in ("rolled", "normal"))


def test_a_time_far_ahead_is_refused_here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    settings.reset_cache()
    body, ahead = b"{}", int(time.time()) + 600
    header = f"t={ahead},v1={ours.sign(SECRET, ahead, body)}"

    assert WebhookSignature.verify_header("{}", header, SECRET, 300)
    assert ours.signature_problem(body, header) == "a signature of another time"
    monkeypatch.undo()
    settings.reset_cache()


async def test_the_librarys_client_pays_and_refunds(place: Place) -> None:
    client = stripe.StripeClient(
        place.simulator.keys.secret_key,
        base_addresses={"api": str(place.http.base_url).rstrip("/")},
        http_client=stripe.HTTPXClient(),
        stripe_version=API_VERSION,
    )
    customer = await client.v1.customers.create_async({"email": "asha@example.com", "metadata": {"a": "b"}})
    session = await place.order(customer=customer.id)
    await place.http.post(session["url"], data={"card": "4242424242424242"})
    paid = await client.v1.checkout.sessions.retrieve_async(session["id"], {"expand": ["payment_intent.latest_charge"]})
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)

    refund = await client.v1.refunds.create_async({"payment_intent": paid.payment_intent.id, "amount": 1000})

    assert (refund.status, refund.amount) == ("succeeded", 1000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await client.v1.refunds.create_async({"payment_intent": paid.payment_intent.id, "amount": 9000})


def test_forms_are_encoded_as_the_library_encodes_them() -> None:
    from stripe._encode import _api_encode

    form = {"items": [{"id": "si_1", "price": "price_1"}], "metadata": {"a": "ü&="}, "at_end": True, "n": 3}

    theirs = [(key, str(value)) for key, value in _api_encode(form)]
    assert sorted(parse_qsl(ours.encode(form))) == sorted(theirs)


def test_every_field_of_every_object_is_in_the_librarys_types() -> None:
    life = Life()
    life.subscribe()
    life.pass_days(31)
    (intent, *_) = life.of("payment_intent.succeeded")
    life.engine.refund(intent["id"], 100)
    life.post("billing_portal/sessions", f"customer={life.customer['id']}")
    unknown: set[str] = set()

    for kind, objects in life.engine.account.objects.items():
        for each in objects.values():
            shown = {name: value for name, value in each.items() if not name.startswith("_")}
            unknown.update(_unknown(shown, _class_of(kind), kind))

    assert unknown == set()


def _class_of(kind: str) -> Any:
    names = {"checkout.session": stripe.checkout.Session, "billing_portal.session": stripe.billing_portal.Session}
    return names.get(kind) or getattr(stripe, "".join(part.capitalize() for part in kind.split("_")))


def _unknown(value: Any, of: type[stripe.StripeObject] | None, path: str) -> list[str]:
    """Paths of fields that a class of the library does not have."""
    if isinstance(value, list):
        return [name for each in value for name in _unknown(each, of, path)]
    if not isinstance(value, dict) or of is None:
        return []
    known = {name for each in of.__mro__ for name in vars(each).get("__annotations__", {})}
    unknown = [f"{path}.{name}" for name in value if name not in known]
    for name, each in value.items():
        unknown += _unknown(each, of._inner_class_types.get(name), f"{path}.{name}")
    return unknown
