"""A workspace that pays several providers in turn, reported in many ways, ends as if all had come in order."""

import pytest

from tests.billing.any_order.mixed_histories import MIXED
from tests.billing.any_order.trying import all_end_the_same
from tests.world import Database

pytestmark = pytest.mark.sampled(0.3)


@pytest.mark.parametrize("history", MIXED)
async def test_histories_of_several_providers_end_the_same_in_any_order(database: Database, history: str) -> None:
    await all_end_the_same(database, history)
