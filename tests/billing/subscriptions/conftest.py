"""The team of tests about seats."""

import pytest

from tests.billing.subscriptions.buyers import Buyers
from tests.plans.test_ladders import team_of
from tests.world import World


@pytest.fixture
def buyers(own_world: World) -> Buyers:
    """A team of asha's without a plan."""
    return Buyers(own_world, team_of(own_world.database, own_world.people["asha"]))
