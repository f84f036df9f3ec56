"""Stripe's webhook over HTTP: signatures with several secrets, clocks that are off, and events of other kinds."""

import json
from typing import Any

import pytest

from stand_ins.stripe.keys import signature_header
from tests.billing.stripe.buyers import AMOUNT, OK, Buyer

pytestmark = pytest.mark.sampled(0.25)

WRONG = "whsec_of_another_endpoint"


async def with_lost_events(buyer: Buyer) -> None:
    """A checkout is paid, and its events are lost."""
    buyer.simulator.deliveries.switch("drop")
    await buyer.subscribe(OK)


async def deliver(buyer: Buyer, body: bytes, secrets: list[str], *, late: int = 0) -> int:
    """Posts an event, signed `late` seconds before the stack's time by all of `secrets`; the HTTP status."""
    at = int(buyer.database.one("select extract(epoch from oneai.now())::bigint"))
    headers = {"stripe-signature": signature_header(secrets, at - late, body)}
    return (await buyer.http.post(buyer.simulator.webhook, content=body, headers=headers)).status_code


def body_of(buyer: Buyer, name: str = "invoice.paid", **changes: Any) -> bytes:
    """The newest event of this name, with changes."""
    event = [each for each in buyer.simulator.deliveries.all if each.name == name][-1]
    return json.dumps(json.loads(event.body) | changes).encode()


async def test_one_signature_of_ours_among_several_is_enough(buyer: Buyer) -> None:
    await with_lost_events(buyer)
    ours = buyer.simulator.rules.keys.webhook_secret
    completed = body_of(buyer, "checkout.session.completed")

    assert await deliver(buyer, completed, [WRONG, "whsec_of_a_third"]) == 400
    assert buyer.events == {}
    assert await deliver(buyer, completed, [WRONG, ours]) == 200

    assert (buyer.tier_and_status, buyer.payments) == (("pro", "active"), [("captured", AMOUNT)])


@pytest.mark.parametrize("late", [600, -600])
async def test_a_signature_ten_minutes_off_is_refused_and_stores_nothing(buyer: Buyer, late: int) -> None:
    await with_lost_events(buyer)
    ours = buyer.simulator.rules.keys.webhook_secret
    body = body_of(buyer, "checkout.session.completed")

    assert await deliver(buyer, body, [ours], late=late) == 400
    assert (buyer.events, buyer.tier_and_status[0]) == ({}, "free")
    assert await deliver(buyer, body, [ours], late=200) == 200
    assert buyer.tier_and_status[0] == "pro"


async def test_a_thin_event_is_kept_for_operators_and_changes_nothing(buyer: Buyer) -> None:
    await with_lost_events(buyer)
    thin = body_of(buyer, object="v2.core.event", data=None, related_object={"id": "in_1", "type": "invoice"})

    assert await deliver(buyer, thin, [buyer.simulator.rules.keys.webhook_secret]) == 200

    assert (buyer.tier_and_status[0], buyer.payments) == ("free", [])
    (kind,) = buyer.database.rows("select kind from oneai.provider_events")
    assert "thin event" in kind
