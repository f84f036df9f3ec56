"""Fixtures of the tests of admins."""

from tests.accounts.conftest import wire

__all__ = ["wire"]
