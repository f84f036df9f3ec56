"""Credits that are bought, refunded and disputed end as if all events had come at once and in order."""

import pytest

from tests.billing.any_order.histories import CREDITS
from tests.billing.any_order.trying import all_end_the_same
from tests.credits.test_ledger import problems, verify
from tests.world import Database

pytestmark = pytest.mark.sampled(0.5)


@pytest.mark.parametrize("history", CREDITS)
async def test_credits_end_the_same_in_any_order_of_events(database: Database, history: str) -> None:
    await all_end_the_same(database, history)

    assert problems(database) == []
    code, printed = await verify(database)
    assert (code, printed.rpartition(", ")[2]) == (0, "0 problems\n"), printed
