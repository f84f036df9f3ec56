"""The team of tests about seats."""

import pytest

from tests.billing.subscriptions.buyers import Buyers
from tests.workspaces.teams import insert_team
from tests.world import World


@pytest.fixture
def buyers(own_world: World) -> Buyers:
    """A team of asha's without a plan."""
    return Buyers(own_world, insert_team(own_world.database, own_world.people["asha"]))
