"""Mail: preferences, triggers, content, and the outbox, which sends each mail at most once."""

from oneai.notifications import bounces
from oneai.notifications.outbox import send_due
from oneai.notifications.preferences import (
    PreferenceChanges,
    Preferences,
    get_preferences,
    unsubscribe,
    update_preferences,
)
from oneai.notifications.triggers import notify

__all__ = [
    "PreferenceChanges",
    "Preferences",
    "bounces",
    "get_preferences",
    "notify",
    "send_due",
    "unsubscribe",
    "update_preferences",
]
