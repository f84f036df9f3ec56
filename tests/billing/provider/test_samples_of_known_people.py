"""Razorpay's samples about subscriptions and payments that a user has here: what each of them does, by itself."""

import json
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.billing.provider.hook import Hook
from tests.billing.provider.samples import ON_THE_WIRE, files, happened_at
from tests.billing.provider.signing import compact

pytestmark = pytest.mark.sampled(0.4)

FREE, PRO = ("free", "active"), ("pro", "active")
# By sample: how the subscription stands, its user, whether its payment counts, and what else was noted.
SUBSCRIPTIONS: dict[str, tuple[str, tuple[str, str], bool, list[str]]] = {
    # Activated, resumed or updated, but not paid.
    "activated__future_start_date_and_no_upfront_amount": ("unpaid", FREE, False, []),
    "resumed__subscription_resumed": ("unpaid", FREE, False, ["resumed"]),
    "updated__subscription_updated": ("unpaid", FREE, False, []),
    "activated__immediate_start_date_upfront_amount_both": ("active", PRO, True, []),
    "charged__subscription_charged": ("active", PRO, True, []),
    "charged_*_card": ("active", PRO, True, []),
    "authenticated__subscription_authenticated": ("trial", ("free", "trial"), False, []),
    "pending__subscription_pending": ("past_due", FREE, False, ["attempt_failed"]),
    "halted__subscription_halted": ("unpaid", FREE, False, ["halted"]),
    "paused__subscription_paused": ("paused", FREE, False, ["paused"]),
    "cancelled__subscription_cancelled": ("cancelled", FREE, False, []),
    # The last period was paid for.
    "completed__subscription_completed": ("cancelled", ("pro", "cancelled"), True, []),
}
# By kind of event: how its payment stood before, and stands then.
PAYMENTS = {
    "payment.authorized": ("failed", "authorized"),
    "payment.captured": ("authorized", "captured"),
    "payment.failed": ("authorized", "authorized"),
    "invoice.paid": ("authorized", "captured"),
    "invoice.partially_paid": ("authorized", "captured"),
    "refund.created": ("captured", "captured"),
    "refund.processed": ("captured", "captured"),
    "refund.failed": ("captured", "captured"),
    "refund.speed_changed": ("captured", "captured"),
}
REFUNDS = {"created": "processed", "processed": "processed", "failed": "failed", "speed_changed": "processed"}


def _samples(fixtures: Path, *kinds: str) -> list[tuple[str, bytes, dict[str, Any]]]:
    """Their names, bytes, and entities with `at`, when they happened."""
    found = []
    for file in files(fixtures):
        if file.stem.startswith(kinds):
            samples = json.loads(file.read_text())
            entities = {name: each["entity"] for name, each in samples["payload"].items() if name != "created_at"}
            name = ON_THE_WIRE if fnmatch(file.stem, ON_THE_WIRE) else file.stem
            found.append((name, compact(file), {**entities, "at": happened_at(samples)}))
    return found


def _begin(hook: Hook, ref: str, plan_ref: str, amount: int, at: int) -> UUID:
    """One user has this subscription and no other exists, shortly after `at`."""
    hook.database.rows("truncate oneai.subscriptions, oneai.provider_events, oneai.operator_alerts cascade")
    hook.go_to(datetime.fromtimestamp(at, UTC) + timedelta(hours=1))
    return hook.subscriber(ref, plan_ref, amount)


@pytest.mark.sampled(0.5)
async def test_each_subscription_sample_has_its_effect_on_a_known_subscription(hook: Hook, fixtures: Path) -> None:
    samples = _samples(fixtures, "subscription.")
    assert {name.removeprefix("subscription.") for name, _, _ in samples} == set(SUBSCRIPTIONS)
    for name, body, entities in samples:
        one, paid = entities["subscription"], entities.get("payment", {})
        at = max(entities["at"], one["current_start"] or 0)
        user = _begin(hook, one["id"], one["plan_id"], paid.get("amount", 100_000), at)

        assert await hook.deliver(body, name) == "applied", name

        status, standing, counts, lifecycle_events = SUBSCRIPTIONS[name.removeprefix("subscription.")]
        assert hook.database.rows("select status from oneai.subscriptions") == [status], name
        assert hook.tier_and_status(user) == standing, name
        captured = hook.database.rows("select amount from oneai.payments where captured_at is not null")
        assert captured == ([paid["amount"]] if counts else []), name
        assert len(hook.database.rows("select from oneai.invoices")) == len(captured), name
        assert hook.database.rows("select kind from oneai.lifecycle_events") == lifecycle_events, name
        assert hook.alerts() == [], name


@pytest.mark.sampled(0.5)
async def test_each_payment_sample_has_its_effect_on_a_known_subscription(hook: Hook, fixtures: Path) -> None:
    samples = _samples(fixtures, "payment.", "invoice.p", "refund.")
    assert {name.partition("__")[0] for name, _, _ in samples} == set(PAYMENTS)
    for name, body, entities in samples:
        paid, (before, after) = entities["payment"], PAYMENTS[name.partition("__")[0]]
        user = _begin(hook, "sub_OneAI0000000001", "plan_OneAI000000001", paid["amount"], entities["at"])
        hook.database.rows(
            "insert into oneai.payments (workspace_id, subscription_id, payment_provider, provider_payment_id, amount, "
            "currency, status, captured_at, created_at) select workspace_id, id, 'razorpay', %s, %s, 'INR', %s, "
            "case when %s = 'captured' then to_timestamp(%s) end, to_timestamp(%s) from oneai.subscriptions",
            *(paid["id"], paid["amount"], before, before, paid["created_at"], paid["created_at"]),
        )

        assert await hook.deliver(body, name) == "applied", name

        found = hook.database.one("select status, amount, method, order_ref, invoice_ref from oneai.payments")
        record = (paid["amount"], paid["method"], paid["order_id"], paid["invoice_id"])
        assert found == (after, *record), name
        # None of these says which period it paid for, so nothing is given for it.
        assert hook.tier_and_status(user) == FREE, name
        if back := entities.get("refund"):
            status = REFUNDS[name.partition("__")[0].removeprefix("refund.")]
            assert hook.database.rows("select status, amount from oneai.refunds") == [(status, back["amount"])], name
            refunded = back["amount"] if status == "processed" else 0
            assert hook.database.one("select amount_refunded from oneai.payments") == refunded, name


async def test_an_expired_invoice_changes_nothing(hook: Hook, fixtures: Path) -> None:
    ((name, body, entities),) = _samples(fixtures, "invoice.expired")
    user = _begin(hook, "sub_OneAI0000000001", "plan_OneAI000000001", 100_000, entities["at"])

    assert await hook.deliver(body, name) == "stored"

    assert hook.tier_and_status(user) == FREE
    assert hook.database.rows("select from oneai.payments") == []
