"""The mail of invitations, as it is sent."""

from tests.notifications.conftest import office

__all__ = ["office"]
