"""Later events of a subscription do not change earlier payments, even when they repeat."""

from dataclasses import replace
from uuid import UUID

from oneai.billing import processing
from tests.billing.event_source import EventSource


async def test_a_later_change_of_quantity_quarantines_no_earlier_payment(event_source: EventSource, asha: UUID) -> None:
    charge = event_source.charge()
    changed = replace(charge.snapshots[0], quantity=2)
    await processing.ingest(replace(charge, snapshots=(changed,)), source="reconciliation")

    await processing.reproject(asha)
    await processing.ingest(replace(charge, snapshots=(changed,)), source="reconciliation")

    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert event_source.alerts() == []
