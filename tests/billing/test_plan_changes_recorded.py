"""A plan that changes is in the audit log: from what, to what, and whose doing it was."""

from typing import LiteralString
from uuid import UUID

import pytest

from oneai.billing import processing
from oneai.billing.processing import ChangeSource
from tests.billing.event_source import EventSource

CHANGES: LiteralString = """
    select actor_kind, actor, user_id, target_kind, target_id, detail from oneai.audit_log
    where action = 'plan.change' order by id"""


async def test_a_plan_from_a_webhook_is_recorded_once_as_the_providers_action(
    event_source: EventSource, asha: UUID
) -> None:
    charge = event_source.charge()
    await event_source.process("charged", charge)
    await event_source.process("again", charge)

    subscription = event_source.database.one("select subscription_id from oneai.workspaces where id = %s", asha)
    assert event_source.database.rows(CHANGES) == [
        ("provider", "razorpay", asha, "subscription", str(subscription), {"from": "free", "to": "pro"})
    ]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("verify", "user"),
        ("request", "user"),
        ("reconciliation", "system"),
        ("operator", "system"),
        ("clock", "system"),
    ],
)
async def test_the_actor_depends_on_the_source_of_the_change(
    event_source: EventSource, asha: UUID, source: ChangeSource, kind: str
) -> None:
    await processing.ingest(event_source.charge(), source=source)

    (row,) = event_source.database.rows(CHANGES)
    assert row[:3] == (kind, str(asha) if kind == "user" else source, asha)


async def test_a_plan_that_expires_is_recorded(event_source: EventSource, asha: UUID) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.database.advance(400 * 24 * 3600)

    await processing.reproject(asha)

    assert event_source.tier_and_status(asha)[0] == "free"
    assert [row[-1] for row in event_source.database.rows(CHANGES)] == [
        {"from": "free", "to": "pro"},
        {"from": "pro", "to": "free"},
    ]
