"""`make provider-events`, as an operator types it."""

import json

import pytest

from tests.ops.operators import CommandResult, command
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

EVENT = {"entity": "event", "event": "payment.downtime.started", "payload": {}, "created_at": 1790000000}


async def events(database: Database, *arguments: str) -> CommandResult:
    """Runs it to its end."""
    return await command("provider_events", *arguments, database=database)


def stored(database: Database, event_id: str, body: bytes, state: str = "pending") -> None:
    """An event as the webhook stores it."""
    database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, problem) "
        "values ('razorpay', %s, 'payment.downtime.started', %s, %s, 'it failed')",
        *(event_id, body, state),
    )


def states(database: Database) -> dict[str, str]:
    """The states of all of them."""
    return dict(database.rows("select event_id, state from oneai.provider_events"))


async def test_an_unapplied_event_is_listed_shown_and_replayed(database: Database) -> None:
    assert (await events(database)).stdout == "Every event that was stored is applied.\n"
    stored(database, "evt_1", json.dumps(EVENT).encode())
    stored(database, "evt_2", json.dumps(EVENT).encode(), "processed")

    assert [line.split()[2] for line in (await events(database)).stdout.splitlines()] == ["evt_1"]
    everything = await events(database, "list", "--all")
    assert [line.split()[2] for line in everything.stdout.splitlines()] == ["evt_1", "evt_2"]
    shown = (await events(database, "show", "evt_1")).stdout
    assert "problem: it failed" in shown
    assert '"event": "payment.downtime.started"' in shown

    result = await events(database, "replay", "--pending")

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "1 of 1 applied."
    assert "pending" not in states(database).values()


async def test_an_applied_event_can_be_replayed(database: Database) -> None:
    stored(database, "evt_1", json.dumps(EVENT).encode(), "processed")

    result = await events(database, "replay", "evt_1")

    assert result.stdout.splitlines()[-1] == "1 of 1 applied."
    assert states(database)["evt_1"] != "pending"


async def test_an_event_that_cannot_be_applied_is_reported(database: Database) -> None:
    stored(database, "evt_1", b"no JSON")

    result = await events(database, "replay", "--pending")

    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "0 of 1 applied."
    assert states(database) == {"evt_1": "pending"}
    assert "no JSON" in (await events(database, "show", "evt_1")).stdout


async def test_an_unknown_or_purged_event_is_reported(database: Database) -> None:
    stored(database, "evt_1", b"", "processed")
    for arguments in (("show", "evt_2"), ("replay", "evt_2"), ("replay", "evt_1"), ("replay",)):
        result = await events(database, *arguments)
        assert result.returncode
        assert result.stderr
    assert states(database) == {"evt_1": "processed"}
