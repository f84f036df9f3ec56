"""Signatures of Stripe's webhooks: what is accepted, and why the rest is refused."""

import json
from typing import Any

import pytest

from oneai import settings
from oneai.clients import stripe
from tests.sources import found

AT = 1_764_000_000
BODY = b'{"id":"evt_1TzExample0000000000001","object":"event"}'
SECRET, OLD = "whsec_5f2c0example8b1d", "whsec_old0example"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both secrets."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET_PREVIOUS", "whsec_of_another_endpoint")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


def test_stripes_worked_examples_are_accepted() -> None:
    first, _, unicode, rolled = json.loads(found("stripe/signature_vectors.json")[0].read_text())

    for each in (first, unicode):
        at = each["timestamp"]
        assert stripe.sign(SECRET, at, each["body"].encode()) == each["v1"]
        assert stripe.signature_problem(each["body"].encode(), f"t={at},v1={each['v1']}", at) is None
    assert stripe.signature_problem(BODY, rolled["header"], AT) is None


def test_a_second_endpoints_secret_is_accepted() -> None:
    signed = stripe.sign("whsec_of_another_endpoint", AT, BODY)

    assert stripe.signature_problem(BODY, f"t={AT},v1={signed}", AT) is None


GOOD = stripe.sign(SECRET, AT, BODY)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("", "no signature"),
        (f"t={AT},v1={stripe.sign(OLD, AT, BODY)}", "another secret"),
        (f"t={AT + 1},v1={GOOD}", "another secret"),
        (f"t={AT},v0={GOOD}", "another secret"),
        (f"t={AT}", "another secret"),
        (f"v1={GOOD}", "a signature without a time"),
        (f"t={AT},t={AT},v1={GOOD}", "a signature without a time"),
        (f"t=now,v1={GOOD}", "a signature without a time"),
        (f"t=²,v1={GOOD}", "a signature without a time"),
        (f"t={AT},v1=\ud83d", "another secret"),
    ],
)
def test_any_other_header_is_refused_with_its_reason(header: str, problem: str) -> None:
    assert stripe.signature_problem(BODY, header, AT) == problem


@pytest.mark.parametrize(("off", "problem"), [(300, None), (-300, None), (301, "time"), (-301, "time"), (600, "time")])
def test_a_signature_is_five_minutes_old_at_most(off: int, problem: str | None) -> None:
    found = stripe.signature_problem(BODY, f"t={AT},v1={GOOD}", AT + off)

    assert found == (None if problem is None else "a signature of another time")


def test_a_changed_byte_is_refused() -> None:
    assert stripe.signature_problem(BODY + b" ", f"t={AT},v1={GOOD}", AT) == "another secret"


def test_nothing_is_accepted_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET_PREVIOUS", "")
    settings.reset_cache()

    assert stripe.signature_problem(BODY, f"t={AT},v1={stripe.sign('', AT, BODY)}", AT) == "no secret is set"
