"""What was paid before stays what it was, whatever is told of the subscription later, and however often that is."""

from dataclasses import replace
from uuid import UUID

from oneai.billing import processing
from tests.billing.event_source import Teller


async def test_a_quantity_changed_later_quarantines_nothing_paid_before(teller: Teller, asha: UUID) -> None:
    charge = teller.charge()
    changed = replace(charge.snapshots[0], quantity=2)
    await processing.ingest(replace(charge, snapshots=(changed,)), source="reconciliation")

    await processing.reproject(asha)
    await processing.ingest(replace(charge, snapshots=(changed,)), source="reconciliation")

    assert teller.standing(asha) == ("pro", "active")
    assert teller.alerts() == []
