"""Fixtures of the tests of API keys."""

from tests.chat.conftest import wire

__all__ = ["wire"]
