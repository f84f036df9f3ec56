"""The user that these tests begin with."""

import pytest

from tests.billing.projection.builders import BillingScenario


@pytest.fixture
def life() -> BillingScenario:
    """A user who pays for a month."""
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30)
    return life
