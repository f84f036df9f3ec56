"""What a webhook waits for: it asks the provider only what its event is about, and asks Postgres once."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from oneai.billing import processing, providers
from oneai.billing.facts import Observation, SyncRequest
from oneai.billing.processing import ProcessingResult
from oneai.billing.providers import midtrans, stripe
from oneai.billing.providers.face import Fetch
from oneai.clients import midtrans as midtrans_client
from oneai.clients import stripe as stripe_client
from oneai.postgres import db

AT = datetime(2026, 11, 20, tzinfo=UTC)
SUBSCRIPTION = "oneai-s-0192f1a27b3c7d4e8f90a1b2c3d4e5f6"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent to Postgres, which answers with a time."""
    sent: list[str] = []

    async def call(statement: str, params: Any, **_: Any) -> tuple[datetime]:
        sent.append(statement)
        return (AT,)

    monkeypatch.setattr(db, "call", call)
    return sent


async def test_a_notification_asks_for_its_own_page_alone(
    statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def read_status(ref: str) -> None:
        asked.append(ref)

    monkeypatch.setattr(midtrans_client, "read_status", read_status)

    found = await midtrans.fetch(Fetch(SUBSCRIPTION, with_payments=True, page_ref=f"{SUBSCRIPTION}-36", at=AT))

    assert (found, asked, statements) == (Observation(), [f"{SUBSCRIPTION}-36"], [])


async def test_a_subscription_and_its_invoices_are_asked_for_at_once(
    statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: set[str] = set()
    both = asyncio.Event()

    async def get(path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        started.add(path)
        if len(started) == 2:
            both.set()
        await asyncio.wait_for(both.wait(), 10)
        if path == "/invoices":
            return {"data": [], "has_more": False}
        item = {"price": {"id": "price_1"}, "current_period_start": 1, "current_period_end": 2, "quantity": 1}
        return {"id": "sub_1", "status": "active", "items": {"data": [item]}, "metadata": {}}

    monkeypatch.setattr(stripe_client, "get", get)

    found = await stripe.fetch(Fetch("sub_1", with_payments=True, at=AT))

    assert (found.snapshots[0].at, started, statements) == (AT, {"/subscriptions/sub_1", "/invoices"}, [])


async def test_a_sync_that_finds_nothing_is_one_statement(
    statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Fetch] = []

    async def fetch(what: Fetch) -> Observation:
        asked.append(what)
        return Observation()

    monkeypatch.setattr(midtrans, "fetch", fetch)
    request = SyncRequest(providers.of("midtrans").NAME, SUBSCRIPTION, with_payments=True, page_ref=f"{SUBSCRIPTION}-2")

    await processing.follow_up(ProcessingResult("processed", frozenset({request})))

    assert (asked, len(statements)) == (
        [Fetch(SUBSCRIPTION, with_payments=True, page_ref=f"{SUBSCRIPTION}-2", at=AT)],
        1,
    )
