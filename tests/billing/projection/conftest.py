"""Somebody whose story the tests tell on."""

import pytest

from tests.billing.projection.builders import BillingScenario


@pytest.fixture
def life() -> BillingScenario:
    """Somebody who pays for a month."""
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30)
    return life
