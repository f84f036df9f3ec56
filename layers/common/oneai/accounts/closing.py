"""What happens before a workspace, personal or a team, is erased: its answers stop, its subscription ends, and its
conversations and documents are deleted. Each step can be repeated.
"""

import asyncio
import time
from contextlib import suppress
from typing import LiteralString
from uuid import UUID

from oneai.billing_errors import PaymentProviderUnavailable, SubscriptionNotChangeable
from oneai.chat.turn.settle import expire_answer
from oneai.postgres import db

# Conversations deleted per statement, with their messages and search entries; documents, with their chunks and vectors.
CONVERSATION_BATCH = 50
DOCUMENT_BATCH = 5
BATCH_SECONDS = 60
# A running answer stops at its next checkpoint; one whose process died expires within half a minute.
STOP_SECONDS = 45.0
POLL_SECONDS = 0.5


async def stop_answers(statement: LiteralString, owner_id: UUID) -> None:
    """Stops and settles running answers. `statement` requests that of a user or a workspace, and returns how many still
    run, and the ids of those whose process died. Returns after 45 seconds, even if some are still running."""
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        writing, expired = await db.call(statement, [owner_id], idempotent=True)
        for message_id in expired:
            await expire_answer(message_id)
        if writing == len(expired) or time.monotonic() > deadline:
            return
        await asyncio.sleep(POLL_SECONDS)


async def end_subscription(workspace_id: UUID) -> None:
    """Ends every running subscription immediately, with the refund that follows, and waits until refunds are made.

    Raises PaymentProviderUnavailable while a refund is still pending.
    """
    # Imported here because the package's other modules do not need billing.
    from oneai import billing
    from oneai.billing import subscriptions

    with suppress(SubscriptionNotChangeable):
        await subscriptions.end_subscription(workspace_id)
    # A subscription that the deletion request ended may not have been projected yet.
    await billing.reproject(workspace_id)
    (pending,) = await db.call("select oneai.has_pending_refunds(%s)", [workspace_id], idempotent=True)
    if pending:
        raise PaymentProviderUnavailable


async def stop_charges(workspace_id: UUID) -> None:
    """Cancels all subscriptions at the payment provider. Raises PaymentProviderUnavailable while one could still be
    charged."""
    (ended,) = await db.call("select oneai.end_subscriptions(%s)", [workspace_id], idempotent=True)
    if ended:
        # Imported here because the package's other modules do not need billing.
        from oneai import billing

        await billing.reproject(workspace_id)
        await billing.run_pending(workspace_id, kinds=["cancel"])
    (charged,) = await db.call("select oneai.still_active_at_provider(%s)", [workspace_id], idempotent=True)
    if charged:
        raise PaymentProviderUnavailable(f"{', '.join(charged)} could not be cancelled at the payment provider yet.")


async def delete_in_batches(statement: LiteralString, owner_id: UUID, batch: int) -> None:
    """Repeats a statement that deletes at most `batch` rows of a user or a workspace and returns how many."""
    while True:
        (deleted,) = await db.call_long(statement, [owner_id, batch], seconds=BATCH_SECONDS)
        if deleted < batch:
            return
