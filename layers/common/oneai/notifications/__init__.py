"""Mail: triggers, content, unsubscribing, and the outbox, which sends each mail at most once."""

from oneai.notifications import bounces
from oneai.notifications.outbox import send_due
from oneai.notifications.triggers import notify
from oneai.notifications.unsubscribe_pages import confirm_address, unsubscribe

__all__ = ["bounces", "confirm_address", "notify", "send_due", "unsubscribe"]
