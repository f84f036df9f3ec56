"""Erases a user: only payments and anonymous totals remain, without the user's id.

There are three steps, and each can be repeated: `close_account`; delete the sign-in at Supabase, which cascades to all
rows that reference the user; then `erase`.
"""

import asyncio
import time
from typing import TYPE_CHECKING, LiteralString
from uuid import UUID

from oneai.chat.turn.settle import expire_answer
from oneai.clients import s3
from oneai.errors import PaymentProviderUnavailable
from oneai.postgres import db

if TYPE_CHECKING:
    from oneai.postgres.operators import OperatorConnection

# Conversations deleted per statement, with their messages and search entries; documents, with their chunks and vectors.
BATCH = 50
DOCUMENT_BATCH = 5
BATCH_SECONDS = 60
# One statement anonymizes all usage events of a user; a million events take more than fifteen seconds.
ERASE_SECONDS = 300
# A running answer stops at its next checkpoint; one whose process died expires within half a minute.
STOP_SECONDS = 45.0
POLL_SECONDS = 0.5


async def close_account(user_id: UUID) -> None:
    """Closes an account: blocks new questions, stops and settles running answers, cancels subscriptions immediately,
    and deletes all conversations and documents. `erase` settles the answers that are still running after 45 seconds.

    Raises PaymentProviderUnavailable, before any conversation is deleted, while a subscription could still be charged.
    """
    await _stop_answers(user_id)
    await _stop_charges(user_id)
    await _delete_in_batches("select oneai.delete_conversations(%s, %s)", user_id, BATCH)
    await _delete_in_batches("select oneai.delete_documents(%s, %s)", user_id, DOCUMENT_BATCH)


async def _delete_in_batches(statement: LiteralString, user_id: UUID, batch: int) -> None:
    while True:
        (deleted,) = await db.call_long(statement, [user_id, batch], seconds=BATCH_SECONDS)
        if deleted < batch:
            return


async def _stop_answers(user_id: UUID) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        writing, expired = await db.call("select * from oneai.close_account(%s)", [user_id], idempotent=True)
        for message_id in expired:
            await expire_answer(message_id)
        if writing == len(expired) or time.monotonic() > deadline:
            return
        await asyncio.sleep(POLL_SECONDS)


async def _stop_charges(user_id: UUID) -> None:
    (ended,) = await db.call("select oneai.end_subscriptions(%s)", [user_id], idempotent=True)
    if ended:
        # Imported here because the nightly job of this package does not need billing.
        from oneai import billing

        await billing.reproject(user_id)
        await billing.run_pending(user_id, kinds=["cancel"])
    (charged,) = await db.call("select oneai.still_active_at_provider(%s)", [user_id], idempotent=True)
    if charged:
        raise PaymentProviderUnavailable(f"{', '.join(charged)} could not be cancelled at the payment provider yet.")


def delete_sign_in(connection: "OperatorConnection", user_id: UUID) -> None:
    """Deletes the user's sign-in, if it exists. Raises psycopg's InsufficientPrivilege if the role may not delete
    it."""
    if connection.execute("select from auth.users where id = %s", [user_id]).rowcount:
        connection.execute("delete from auth.users where id = %s", [user_id])


async def erase(user_id: UUID) -> None:
    """Deletes every file of a user whose sign-in is deleted, then removes their id from every table.

    Raises PreconditionFailed, before anything is deleted, while the sign-in still exists.
    """
    await db.call("select oneai.require_sign_in_deleted(%s)", [user_id], idempotent=True)
    for use in ("users", "uploads", "exports", "documents"):
        await s3.delete_all(f"{use}/{user_id}/")
    await db.call_long("select oneai.erase(%s)", [user_id], seconds=ERASE_SECONDS)
