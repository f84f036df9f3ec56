"""Renewals, a pause and a trial, reported in many ways, end as if all events had come at once and in order."""

import pytest

from tests.billing.any_order.histories import RENEWALS
from tests.billing.any_order.trying import all_end_the_same
from tests.world import Database

pytestmark = pytest.mark.sampled(0.5)


@pytest.mark.parametrize("history", RENEWALS)
async def test_renewals_end_the_same_in_any_order_of_events(database: Database, history: str) -> None:
    await all_end_the_same(database, history)
