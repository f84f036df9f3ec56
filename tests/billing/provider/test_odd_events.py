"""The hash of an instrument is the same from any source, and malformed events are refused."""

import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from oneai.billing.facts import Observation
from oneai.billing.providers.razorpay.entities import instrument
from oneai.billing.providers.razorpay.events import event_of
from tests import effort
from tests.billing.provider.samples import CHARGED, ODD, Sample, files, oddly, payment, subscription
from tests.billing.provider.signing import compact


@pytest.fixture
def sample(fixtures: Path) -> Sample:
    """Reads samples."""
    return Sample(fixtures)


def test_a_card_has_the_same_hash_in_every_event(sample: Sample) -> None:
    charged = payment(sample.raw(CHARGED))
    real = {**charged, "card": {**charged["card"], "network": "MC", "expiry_month": "02", "sub_type": "consumer"}}

    assert instrument(charged)
    assert instrument(charged) == instrument(payment(sample.raw("invoice.paid__card"))) == instrument(real)
    assert instrument(charged) != instrument(payment(sample.raw("subscription.completed__subscription_completed")))


def test_an_upi_address_has_the_same_hash_in_any_case_and_field(sample: Sample) -> None:
    paid = payment(sample.raw("payment.captured__upi"))

    assert instrument(paid)
    assert instrument(paid) == instrument({**paid, "vpa": None, "upi": {"vpa": paid["vpa"].upper()}})


def test_a_bank_is_not_an_instrument(sample: Sample) -> None:
    assert instrument(payment(sample.raw("payment.captured__netbanking"))) is None


def test_an_instrument_hash_reveals_nothing(sample: Sample) -> None:
    paid = payment(sample.raw("payment.captured__upi"))
    found = instrument(paid)

    assert found is not None
    assert len(found) == 32
    assert paid["vpa"].partition("@")[0] not in repr(found)
    assert paid["vpa"].partition("@")[0] not in repr(sample("payment.captured__upi").observation)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no",
        b"[]",
        b"{}",
        b'"event"',
        b"\xff\xfe",
        b'{"event": 1}',
        b'{"event": ""}',
        b'{"event": "payment.captured", "payload": {"payment": {"entity": {}}}}',
        b'{"event": "payment.captured", "created_at": NaN}',
        b'{"event": "payment.captured", "created_at": 99999999999999999999}',
        b'{"event": "payment.captured", "created_at": ' + b"9" * 5000 + b"}",
        b'{"event": "' + b"x" * 300 + b'"}',
        b'{"event": "half a character \\ud800"}',
        b"[" * 100_000,
    ],
    ids=[
        *("empty", "text", "list", "object", "word", "bytes", "a number for a name", "no name", "nothing in it"),
        *("nan", "late", "later", "long", "half a character", "deep"),
    ],
)
def test_a_malformed_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        event_of("evt_1", body)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "something new"},
        {"status": None},
        {"id": 5},
        {"plan_id": None},
        {"current_start": 10**19},
        {"quantity": 2**70},
        {"quantity": 2**40},
        {"paid_count": 2**40},
        {"paid_count": -1},
    ],
)
def test_a_malformed_subscription_is_refused(sample: Sample, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        sample(CHARGED, lambda document: subscription(document).update(change))


def test_a_created_payment_is_ignored(sample: Sample) -> None:
    observation = sample(
        "payment.authorized__upi", lambda document: payment(document).update(status="created")
    ).observation

    assert observation == Observation()


def test_text_that_cannot_be_stored_is_dropped(sample: Sample) -> None:
    event = sample(CHARGED, lambda document: payment(document).update(method="up\0i"))

    assert event.observation.payments[0].method == "up\ufffdi"


LEAVES = strategies.none() | strategies.booleans() | strategies.integers() | strategies.text() | strategies.floats()
ANYTHING = strategies.recursive(
    LEAVES,
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner),
    max_leaves=8,
)


@hypothesis.given(strategies.data())
@hypothesis.settings(max_examples=effort.sample(40, 1500))
def test_any_value_in_an_entity_is_parsed_or_refused(fixtures: Path, data: Any) -> None:
    document = json.loads(compact(fixtures / f"razorpay/webhooks/{CHARGED}.json"))
    entity = data.draw(
        strategies.sampled_from([document, document["payload"], subscription(document), payment(document)])
    )
    entity[data.draw(strategies.sampled_from(sorted(entity)))] = data.draw(ANYTHING)
    try:
        event = event_of("evt_1", json.dumps(document).encode())
    except ValueError:
        return
    for word in (event.kind, event.subscription_ref, event.payment_ref, event.invoice_ref):
        assert word is None or ("\0" not in word and word.encode())


@pytest.mark.sampled(0.5)
def test_any_value_at_any_place_of_a_sample_is_parsed_or_refused(fixtures: Path) -> None:
    tried, stumbled, places = 0, set(), set()
    for file in files(fixtures):
        document = json.loads(file.read_text())
        for place, holder, key in list(oddly(document)):
            if (document["event"], place) in places:
                continue
            places.add((document["event"], place))
            before = dict(holder)
            for odd in ODD:
                holder[key] = odd
                tried += 1
                try:
                    event_of("evt_1", json.dumps(document).encode())
                except ValueError:
                    pass
                except Exception as error:  # noqa: BLE001  what is to be found
                    stumbled.add((place, str(odd), type(error).__name__))
            holder.clear()
            holder.update(before)
    assert tried > 10_000
    assert stumbled == set()
