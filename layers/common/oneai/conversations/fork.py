"""Going on from what somebody shared: a copy of it in one's own account."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel, Field

from oneai.conversations.share_links import token_hash
from oneai.errors import AccountSuspended, Forbidden, NotFound
from oneai.postgres import db
from oneai.postgres.db import Person

# A long conversation's words are all indexed anew; whoever asked is told after 29 s, and this leaves time to tell it.
COPY_SECONDS = 25


class Fork(BaseModel):
    """The copy, which is the reader's own."""

    conversation_id: UUID = Field(description="The copy's id.")


@dataclass
class _ForkResult:
    allowed: bool
    has_account: bool
    suspended: bool


async def fork(person: Person, token: str, idempotency_key: str | None = None) -> Fork:
    """Copies what the link shows at this moment: title, model and messages, none of the cost, no system prompt.

    With the same key the same share is copied once. Raises NotFound, Forbidden where its owner does not want that
    (they may themselves), AccountSuspended, StorageFull.
    """
    share_hash = token_hash(token)
    copy = uuid5(person.user_id, f"fork {share_hash.hex()} {idempotency_key}") if idempotency_key else uuid4()
    result = await _copy(person, share_hash, copy)
    if result.allowed and not result.has_account:
        await db.call("select oneai.ensure_user(%s)", [person.user_id], idempotent=True)  # sign-up stayed incomplete
        result = await _copy(person, share_hash, copy)
    if not result.allowed:
        raise Forbidden("Whoever shared this does not want it copied.")
    if result.suspended:
        raise AccountSuspended
    return Fork(conversation_id=copy)


async def _copy(person: Person, share_hash: bytes, copy: UUID) -> _ForkResult:
    """The copy is whole or not there, also where two requests bring the same key at once."""
    row = await db.call_long(
        "select allowed, has_account, suspended from oneai.fork_share(%s, %s, %s)",
        [person.user_id, share_hash, copy],
        seconds=COPY_SECONDS,
    )
    if row is None:
        raise NotFound
    return _ForkResult(*row)
