"""Fixtures of the tests of admins."""

from tests.accounts.conftest import wire
from tests.filled_database import address

__all__ = ["address", "wire"]
