"""The team of tests about offers."""

import pytest

from tests.admin.staff import make_staff
from tests.billing.offers.offer_makers import Offering
from tests.workspaces.teams import insert_team
from tests.world import World


@pytest.fixture
def offering(own_world: World) -> Offering:
    """A team of asha's without a plan, an admin, and a bank account for rupees."""
    team = insert_team(own_world.database, own_world.people["asha"])
    made = Offering(own_world, team, make_staff(own_world))
    made.add_account()
    return made
