"""What of a chatbot answers its visitors: the published version, kept for a few seconds."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oneai.chatbots.fields import ChatbotStatus, Configuration
from oneai.postgres import db

# A publication is noticed by `oneai.admit_visitor` at once; this bounds how long a name or a domain may be stale.
SECONDS_KEPT = 10.0
MAX_KEPT = 500


@dataclass(frozen=True)
class PublishedChatbot:
    """A chatbot as visitors meet it. `workspace` is the name of who is responsible (None: a user without a name),
    `paid` whether its plan costs something, and `updated_at` an ISO time of the last change."""

    id: UUID
    public_id: str
    name: str
    status: ChatbotStatus
    version: int
    configuration: Configuration
    domains: list[str]
    workspace: str | None
    paid: bool
    updated_at: str

    @classmethod
    def parse(cls, public_id: str, row: dict[str, Any]) -> "PublishedChatbot":
        """From the result of `oneai.published_chatbot`."""
        fields = {**row, "id": UUID(row["id"]), "configuration": Configuration.model_validate(row["configuration"])}
        return cls(public_id=public_id, **fields)


_kept: OrderedDict[str, tuple[float, PublishedChatbot]] = OrderedDict()


async def published_chatbot(public_id: str, *, afresh: bool = False) -> PublishedChatbot:
    """The published version of the chatbot with this public id; `afresh` reads it again. Raises ChatbotNotFound."""
    read_at, known = _kept.get(public_id, (0.0, None))
    if known is not None and not afresh and time.monotonic() - read_at < SECONDS_KEPT:
        return known
    (row,) = await db.call("select oneai.published_chatbot(%s)", [public_id], idempotent=True)
    found = PublishedChatbot.parse(public_id, row)
    _kept[public_id] = (time.monotonic(), found)
    _kept.move_to_end(public_id)
    if len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
    return found
