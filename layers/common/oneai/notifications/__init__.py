"""Mail: what people want to hear of, what causes it, what it says, and the outbox it leaves at most once."""

from oneai.notifications.bounces import heed
from oneai.notifications.outbox import send_due
from oneai.notifications.preferences import PreferenceChanges, Preferences, prefer, preferences, unsubscribe
from oneai.notifications.triggers import notify

__all__ = [
    "PreferenceChanges",
    "Preferences",
    "heed",
    "notify",
    "prefer",
    "preferences",
    "send_due",
    "unsubscribe",
]
