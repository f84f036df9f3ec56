"""Seats, reported in many ways, end as if all events had come at once and in order."""

import pytest

from tests.billing.any_order.histories import SEATS
from tests.billing.any_order.trying import all_end_the_same
from tests.world import Database


@pytest.mark.parametrize("history", SEATS)
async def test_seats_end_the_same_in_any_order_of_events(database: Database, history: str) -> None:
    await all_end_the_same(database, history)
