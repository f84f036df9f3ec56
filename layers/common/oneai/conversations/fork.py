"""Forks a shared conversation: copies it into the reader's account."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel, Field

from oneai.conversations.share_tokens import token_hash
from oneai.errors import AccountSuspended, Forbidden, NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

# Copying indexes all messages. API Gateway's limit is 29 s, so this leaves time to respond.
COPY_SECONDS = 25


class Fork(BaseModel):
    """The copy, which belongs to the reader."""

    conversation_id: UUID = Field(description="The copy's id.")


@dataclass
class _ForkResult:
    allowed: bool
    has_account: bool
    suspended: bool


async def fork(principal: Principal, token: str, idempotency_key: str | None = None) -> Fork:
    """Copies what the link shows now: title, model and messages, without cost and system prompt.

    The same key copies the same share once. Raises NotFound, Forbidden if the owner disabled forks (for other users),
    AccountSuspended, StorageFull.
    """
    share_hash = token_hash(token)
    copy = uuid5(principal.user_id, f"fork {share_hash.hex()} {idempotency_key}") if idempotency_key else uuid4()
    result = await _copy(principal, share_hash, copy)
    if result.allowed and not result.has_account:
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)  # the sign-up is incomplete
        result = await _copy(principal, share_hash, copy)
    if not result.allowed:
        raise Forbidden("The owner of this conversation does not allow copies.")
    if result.suspended:
        raise AccountSuspended
    return Fork(conversation_id=copy)


async def _copy(principal: Principal, share_hash: bytes, copy: UUID) -> _ForkResult:
    """The copy is atomic, also for concurrent requests with the same key."""
    row = await db.call_long(
        "select allowed, has_account, suspended from oneai.fork_share(%s, %s, %s)",
        [principal.user_id, share_hash, copy],
        seconds=COPY_SECONDS,
    )
    if row is None:
        raise NotFound
    return _ForkResult(*row)
