"""A notification of Midtrans is a hint: its signature covers no status, so it proves nothing by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oneai import settings
from oneai.billing.facts import Observation, SyncRequest
from oneai.billing.providers import midtrans
from oneai.clients import midtrans as client
from tests.sources import SAMPLES, found

KEY = "SB-Mid-server-sample-of-no-account"
SUBSCRIPTION = "oneai-s-0192f1a27b3c7d4e8f90a1b2c3d4e5f6"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The server key of the samples."""
    monkeypatch.setenv("MIDTRANS_SERVER_KEY", KEY)
    settings.reset_cache()
    yield monkeypatch
    settings.reset_cache()


def body(name: str, **more: Any) -> bytes:
    """A notification of the samples, with these changes."""
    return json.dumps(json.loads((SAMPLES / f"midtrans/notifications/{name}.json").read_text()) | more).encode()


@pytest.mark.parametrize("file", found("midtrans/signature_vectors.json"), ids=str)
def test_signatures_that_others_computed_are_accepted(key: pytest.MonkeyPatch, file: Path) -> None:
    for vector in json.loads(file.read_text()):
        key.setenv("MIDTRANS_SERVER_KEY", vector["server_key"])
        settings.reset_cache()
        order_id, code, amount = vector["order_id"], vector["status_code"], vector["gross_amount"]
        signature = vector["signature_key"]
        # Some recordings have a wrong amount on purpose, which is signed as it was sent.
        assert client.is_signed(order_id, code, amount, signature)
        assert not client.is_signed(order_id, code, amount, signature.upper())
        assert not client.is_signed(order_id, "299", amount, signature)


@pytest.mark.usefixtures("key")
def test_an_edited_status_is_signed_and_proves_nothing() -> None:
    edited = body("status_edited")

    assert midtrans.verify(edited, {}).problem is None
    event = midtrans.observe("e", edited)
    request = SyncRequest("midtrans", SUBSCRIPTION, with_payments=True, page_ref=f"{SUBSCRIPTION}-1")
    assert event.observation == Observation(sync_requests=(request,))


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "changes",
    [
        {"signature_key": "0" * 128},
        {"signature_key": ""},
        {"signature_key": None},
        {"gross_amount": 150000.00},
        {"gross_amount": "150000"},
        {"order_id": f"{SUBSCRIPTION}-2"},
        {"status_code": "201"},
    ],
)
def test_a_signature_over_other_texts_is_refused(changes: dict[str, Any]) -> None:
    assert midtrans.verify(body("va_paid", **changes), {}).problem is not None


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("sent", [b"", b"[]", b"{", b"null", b"[" * 100_000])
def test_what_is_no_notification_is_refused_and_not_read(sent: bytes) -> None:
    assert midtrans.verify(sent, {}).problem is not None
    assert midtrans.event_id(sent, {}) == ""
    with pytest.raises(ValueError, match="no JSON object"):
        midtrans.observe("e", sent)


def test_the_same_notification_has_the_same_id_however_often_it_is_sent() -> None:
    first = midtrans.event_id(body("va_paid"), {})

    assert midtrans.event_id(body("va_paid", status_message="again"), {}) == first
    assert midtrans.event_id(body("va_paid", transaction_status="refund"), {}) != first
    assert midtrans.event_id(body("va_paid", transaction_id="another"), {}) != first


def test_an_order_that_is_not_ours_has_no_effect() -> None:
    event = midtrans.observe("e", body("va_paid", order_id="someone-elses-1"))

    assert event.observation == Observation()


def test_an_order_that_is_named_in_what_we_gave_is_looked_at() -> None:
    given = {"oneai_order": f"{SUBSCRIPTION}-3"}
    event = midtrans.observe("e", body("va_paid", order_id="A120261125080000EXAMPLEID", metadata=given))

    request = SyncRequest("midtrans", SUBSCRIPTION, with_payments=True, page_ref=f"{SUBSCRIPTION}-3")
    assert event.observation.sync_requests == (request,)


def test_midtrans_without_a_key_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDTRANS_SERVER_KEY", raising=False)
    settings.reset_cache()

    assert not midtrans.is_configured()
