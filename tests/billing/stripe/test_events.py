"""Stripe's events as facts: what each sample says, what is fetched instead, and what is refused in words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai import settings
from oneai.billing.facts import Event, Observation, SyncRequest
from oneai.billing.providers import stripe as provider
from tests.sources import found

OURS, WORKSPACE = UUID("0192f1a2-0000-7000-8000-000000000002"), UUID("0192f1a2-0000-7000-8000-000000000001")
SUB, INTENT = "sub_1TExample00000000000001", "pi_3TExample00000000000001"
START = datetime.fromtimestamp(1_764_000_000, UTC)


@pytest.fixture(autouse=True)
def test_key(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A key for tests."""
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


def sample(name: str) -> dict[str, Any]:
    """The envelope of a sample."""
    envelope: dict[str, Any] = json.loads(found(f"stripe/events/{name}.json")[0].read_text())
    return envelope


def observed(envelope: dict[str, Any]) -> Event:
    """What the event says."""
    return provider.observe("evt_1", json.dumps(envelope).encode())


@pytest.mark.parametrize(
    ("name", "status", "ended"),
    [
        ("customer.subscription.created__incomplete", "none", False),
        ("customer.subscription.updated__active", "active", False),
        ("customer.subscription.updated__past_due", "past_due", False),
        ("customer.subscription.updated__pause_collection", "paused", False),
        ("customer.subscription.updated__cancel_at_period_end", "active", False),
        ("customer.subscription.deleted", "cancelled", True),
    ],
)
def test_a_subscriptions_event_is_a_snapshot(name: str, status: str, ended: bool) -> None:
    event = observed(sample(name))

    (snapshot,) = event.observation.snapshots
    assert (snapshot.key, snapshot.our_id) == (("stripe", SUB), OURS)
    assert (snapshot.status, snapshot.ended, snapshot.provisional) == (status, ended, False)
    assert (snapshot.plan_ref, snapshot.quantity, snapshot.at) == ("price_1TExample00000000000PRO", 1, event.at)


def test_the_period_is_read_from_the_item_and_not_before_it_is_paid() -> None:
    (active,) = observed(sample("customer.subscription.updated__active")).observation.snapshots
    (incomplete,) = observed(sample("customer.subscription.created__incomplete")).observation.snapshots

    assert (active.period_start, active.period_end) == (START, START + timedelta(days=30))
    assert (incomplete.period_start, incomplete.period_end) == (None, None)


def test_a_paid_invoice_is_fetched_because_it_does_not_name_its_payment() -> None:
    for name in ("invoice.paid__create", "invoice.paid__cycle"):
        event = observed(sample(name))
        assert event.observation == Observation(sync_requests=(SyncRequest("stripe", SUB, with_payments=True),))
    # Nothing was paid for a trial.
    assert observed(sample("invoice.paid__trial_zero")).observation == Observation()


def test_only_a_renewals_failure_is_an_attempt_and_the_last_one_halts() -> None:
    retried = observed(sample("invoice.payment_failed__retry_follows")).observation.lifecycle_events
    last = observed(sample("invoice.payment_failed__last")).observation.lifecycle_events
    at_the_checkout = sample("invoice.payment_failed__last")
    at_the_checkout["data"]["object"]["billing_reason"] = "subscription_create"

    assert [(each.kind, each.n) for each in retried] == [("attempt_failed", 1)]
    assert [each.kind for each in last] == ["attempt_failed", "halted"]
    assert observed(at_the_checkout).observation == Observation()


def test_a_refund_that_failed_after_it_succeeded_is_final() -> None:
    (made,) = observed(sample("refund.created")).observation.refunds
    (failed,) = observed(sample("refund.failed__after_success")).observation.refunds

    assert (made.status, made.returned, failed.status, failed.returned) == ("processed", False, "failed", True)
    assert made.merge(failed) == failed.merge(made)
    assert made.merge(failed).status == "failed"
    assert (made.payment_key, made.operation_id) == (("stripe", INTENT), UUID("0192f1a2-0000-7000-8000-000000000003"))


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("charge.dispute.created", "action_required"),
        ("charge.dispute.created__inquiry", "action_required"),
        ("charge.dispute.closed__lost", "lost"),
    ],
)
def test_a_dispute_names_its_payment_and_status(name: str, status: str) -> None:
    (dispute,) = observed(sample(name)).observation.disputes

    assert (dispute.payment_key, dispute.status) == (("stripe", INTENT), status)


def checkout(name: str, **more: str) -> dict[str, Any]:
    """A sample of a checkout that is ours."""
    envelope = sample(f"checkout.session.{name}")
    envelope["data"]["object"]["metadata"] = {"oneai_workspace": str(WORKSPACE), **more}
    return envelope


def test_a_completed_checkout_links_our_subscription_and_is_fetched() -> None:
    named = {"oneai_subscription": str(OURS), "oneai_price": "price_1", "oneai_quantity": "5"}
    observation = observed(checkout("completed__subscription", **named)).observation

    (snapshot,) = observation.snapshots
    assert (snapshot.ref, snapshot.our_id, snapshot.status, snapshot.quantity) == (SUB, OURS, "none", 5)
    # It is older than anything that is known of the subscription.
    assert snapshot.at == datetime.fromtimestamp(1_763_999_940, UTC)
    assert observation.sync_requests == (SyncRequest("stripe", SUB, with_payments=True),)


def test_an_expired_checkout_ends_the_one_that_stands_for_a_subscription() -> None:
    named = {"oneai_subscription": str(OURS), "oneai_price": "price_1"}
    (snapshot,) = observed(checkout("expired", **named)).observation.snapshots

    assert (snapshot.ref[:3], snapshot.our_id) == ("cs_", OURS)
    assert (snapshot.ended, snapshot.expired, snapshot.provisional) == (True, True, True)


def test_a_completed_but_unpaid_order_is_fetched_and_grants_nothing() -> None:
    envelope = checkout("completed__payment_unpaid_async", oneai_order="50 dollars of credits")
    observation = observed(envelope).observation

    assert (observation.payments, len(observation.sync_requests)) == ((), 1)
    (order,) = observation.orders
    assert (order.workspace_id, order.amount, order.currency) == (WORKSPACE, 79_900, "INR")


def test_another_sellers_checkout_says_nothing() -> None:
    for name in ("completed__subscription", "completed__payment_unpaid_async", "expired"):
        envelope = sample(f"checkout.session.{name}")
        envelope["data"]["object"]["metadata"] = {}
        assert observed(envelope).observation == Observation()


def test_rupiah_are_whole_here_and_hundredths_there() -> None:
    envelope = checkout("completed__payment_unpaid_async", oneai_order="Kredit")
    envelope["data"]["object"] |= {"currency": "idr", "amount_total": 9_900_000}
    (order,) = observed(envelope).observation.orders
    envelope["data"]["object"]["amount_total"] = 9_900_050

    assert (order.amount, order.currency) == (99_000, "IDR")
    with pytest.raises(ValueError, match="no whole number"):
        observed(envelope)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"livemode": True}, "a live event, and our key is for tests"),
        ({"account": "acct_1Other"}, "of another account"),
    ],
)
def test_an_event_that_is_not_ours_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    event = observed(sample("customer.subscription.deleted") | change)

    assert (event.kind, event.observation) == (f"customer.subscription.deleted ({words})", Observation())


def test_a_test_event_at_a_live_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_live_1")
    settings.reset_cache()

    event = observed(sample("customer.subscription.deleted"))

    assert event.kind == "customer.subscription.deleted (a test event, and our key is live)"
    assert event.observation == Observation()


def test_a_thin_event_is_refused_in_words() -> None:
    event = observed(sample("thin__v2_event_notification"))

    assert event.kind.endswith("(a thin event: make the endpoint send snapshots)")
    assert (event.at, event.observation) == (None, Observation())


def test_an_event_of_another_api_version_is_fetched() -> None:
    older = sample("customer.subscription.updated__active") | {"api_version": "2024-11-20.acacia"}
    item = older["data"]["object"]["items"]["data"][0]
    older["data"]["object"] |= {name: item.pop(name) for name in ("current_period_start", "current_period_end")}
    invoice = sample("invoice.paid__cycle") | {"api_version": None}
    invoice["data"]["object"] |= {"parent": None, "subscription": SUB}

    for each in (older, invoice):
        observation = observed(each).observation
        assert observation == Observation(sync_requests=(SyncRequest("stripe", SUB, with_payments=True),))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"object": "event"}',
        b'{"object": "event", "type": "refund.created", "created": 99999999999999999}',
    ],
)
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        provider.observe("evt_1", body)


@pytest.mark.parametrize(
    "kind", ["payout.paid", "customer.updated", "invoice.upcoming", "charge.succeeded", "new.kind"]
)
def test_other_kinds_have_no_effect(kind: str) -> None:
    event = observed(sample("invoice.paid__cycle") | {"type": kind})

    assert (event.kind, event.observation) == (kind, Observation())
