"""Somebody whose story the tests tell on."""

import pytest

from tests.billing.standing.tellings import Life


@pytest.fixture
def life() -> Life:
    """Somebody who pays for a month."""
    life = Life()
    life.open()
    life.charged("a", 0, 0, 30)
    return life
