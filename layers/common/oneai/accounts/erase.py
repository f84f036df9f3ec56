"""Erasing a person, so that nothing of ours knows their id but payments and sums that name nobody.

In steps of which each may be the last: `close`; then the sign-in is deleted, which is Supabase's and takes with it all
that hangs on the person's row; then `erase`. Each does what is left to do, and nothing where all is done.
"""

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import UUID

from oneai import chat
from oneai.clients import s3
from oneai.errors import PaymentProviderUnavailable
from oneai.postgres import db

if TYPE_CHECKING:
    from oneai.postgres.operators import OperatorConnection

# Conversations in one statement: their messages and words go with them.
BATCH = 50
SECONDS_FOR_BATCH = 60
# All usage of somebody loses its name at once: a million events take fifteen seconds and more.
SECONDS_FOR_ROWS = 300
# A running answer hears at its next checkpoint that it is to stop; one whose process died lapses in half a minute.
SECONDS_TO_STOP = 45.0
SECONDS_BETWEEN = 0.5


async def close(user_id: UUID) -> None:
    """Ends an account: nothing can be asked any more, what is being written is stopped and settled, what is paid for
    is cancelled at once, and all conversations are deleted. Answers that have not ended within 45 seconds are left to
    `erase`.

    Raises PaymentProviderUnavailable, before any conversation is gone, while something would still be charged for.
    """
    await _stop_answers(user_id)
    await _stop_charges(user_id)
    while True:
        (gone,) = await db.work(
            "select oneai.delete_conversations(%s, %s)", [user_id, BATCH], seconds=SECONDS_FOR_BATCH
        )
        if gone < BATCH:
            return


async def _stop_answers(user_id: UUID) -> None:
    deadline = time.monotonic() + SECONDS_TO_STOP
    while True:
        writing, lapsed = await db.call("select * from oneai.close_account(%s)", [user_id], idempotent=True)
        for message_id in lapsed:
            await chat.expire_answer(message_id)
        if writing == len(lapsed) or time.monotonic() > deadline:
            return
        await asyncio.sleep(SECONDS_BETWEEN)


async def _stop_charges(user_id: UUID) -> None:
    (ending,) = await db.call("select oneai.end_subscriptions(%s)", [user_id], idempotent=True)
    if ending:
        # The nightly job that shares this package needs no payments.
        from oneai.billing import provider_operations

        for call_id in ending:
            await provider_operations.make_due(call_id)
    (charged,) = await db.call("select oneai.still_active_at_provider(%s)", [user_id], idempotent=True)
    if charged:
        raise PaymentProviderUnavailable(f"{', '.join(charged)} could not be cancelled at the payment provider yet.")


def delete_sign_in(connection: "OperatorConnection", user_id: UUID) -> None:
    """Deletes the user's sign-in, if it exists. Raises psycopg's InsufficientPrivilege where the role may not."""
    if connection.execute("select from auth.users where id = %s", [user_id]).rowcount:
        connection.execute("delete from auth.users where id = %s", [user_id])


async def erase(user_id: UUID) -> None:
    """Removes every file of somebody whose sign-in is deleted, and then their id from every table.

    Raises PreconditionFailed, before anything is removed, while they can still sign in.
    """
    await db.call("select oneai.require_sign_in_deleted(%s)", [user_id], idempotent=True)
    for use in ("users", "uploads", "exports"):
        await s3.delete_all(f"{use}/{user_id}/")
    await db.work("select oneai.erase(%s)", [user_id], seconds=SECONDS_FOR_ROWS)
