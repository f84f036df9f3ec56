"""Erases a user: only payments and anonymous totals remain, without the user's id.

There are three steps, and each can be repeated: `close_account`; delete the sign-in at Supabase, which cascades to all
rows that reference the user; then `erase`.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from oneai.accounts import closing
from oneai.clients import s3
from oneai.postgres import db

if TYPE_CHECKING:
    from oneai.postgres.operators import OperatorConnection

# One statement anonymizes all usage events of a user; a million events take more than fifteen seconds.
ERASE_SECONDS = 300


async def close_account(user_id: UUID) -> None:
    """Closes an account: blocks new questions, stops and settles running answers, cancels subscriptions immediately,
    and deletes all conversations and documents. `erase` settles the answers that are still running after 45 seconds.

    Raises PaymentProviderUnavailable, before any conversation is deleted, while a subscription could still be charged.
    """
    await closing.stop_answers("select * from oneai.close_account(%s)", user_id)
    await closing.stop_charges(user_id)
    await closing.delete_in_batches("select oneai.delete_conversations(%s, %s)", user_id, closing.CONVERSATION_BATCH)
    await closing.delete_in_batches("select oneai.delete_documents(%s, %s)", user_id, closing.DOCUMENT_BATCH)


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
