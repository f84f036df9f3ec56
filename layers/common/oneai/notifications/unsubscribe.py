"""Unsubscribes from a kind of mail by its link, without signing in."""

from oneai.errors import NotFound
from oneai.notifications.outbox import token_hash
from oneai.postgres import db


async def unsubscribe(token: str) -> str:
    """Unsubscribes from the topic of the mail with this token: `quota`, `summary` or `product`. Raises NotFound."""
    (topic,) = await db.call("select oneai.unsubscribe(%s)", [token_hash(token)], idempotent=True)
    if topic is None:
        raise NotFound
    return str(topic)
