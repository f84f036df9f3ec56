"""The job that erases teams after their grace period, one by one, oldest first.

Every step can be repeated, so a run may stop at any point. A team remains in `oneai.workspace_deletions` until it is
erased; after a failed attempt the job claims it again half an hour later. One failure does not stop the others.
"""

import time
from typing import Literal
from uuid import UUID

from oneai import alerts, log
from oneai.accounts import closing
from oneai.clients import s3
from oneai.postgres import db

# One statement anonymizes all usage events of a team; a million events take more than fifteen seconds.
ERASE_SECONDS = 300

type WorkspaceDeletionOutcome = Literal["deleted", "failed"]


async def delete_due_workspaces(seconds: float) -> dict[str, int]:
    """Erases due teams and starts no new one after `seconds`. Returns the counts by outcome."""
    until = time.monotonic() + seconds
    counts = {"deleted": 0, "failed": 0}
    while time.monotonic() < until:
        (workspace_id,) = await db.call("select oneai.claim_workspace_deletion()", [])
        if workspace_id is None:
            break
        counts[await _delete(workspace_id)] += 1
    return counts


async def _delete(workspace_id: UUID) -> WorkspaceDeletionOutcome:
    try:
        await _erase(workspace_id)
    except Exception as error:  # noqa: BLE001  the other teams belong to other users
        log.exception("a workspace could not be deleted", workspace_id=str(workspace_id))
        await alerts.raise_alert("workspace_deletion_failed", str(workspace_id), error=type(error).__name__)
        return "failed"
    log.info("a workspace was deleted", workspace_id=str(workspace_id))
    return "deleted"


async def _erase(workspace_id: UUID) -> None:
    """Raises PaymentProviderUnavailable, before any conversation is deleted, while a subscription could be charged."""
    await closing.end_subscription(workspace_id)
    await closing.stop_answers("select * from oneai.stop_answers_of_workspace(%s)", workspace_id)
    await closing.stop_charges(workspace_id)
    await closing.delete_in_batches(
        "select oneai.delete_conversations_of_workspace(%s, %s)", workspace_id, closing.CONVERSATION_BATCH
    )
    await closing.delete_in_batches("select oneai.delete_documents(%s, %s)", workspace_id, closing.DOCUMENT_BATCH)
    await db.call("select oneai.delete_team(%s)", [workspace_id], idempotent=True)
    await s3.delete_all(f"documents/{workspace_id}/")
    await db.call_long("select oneai.erase_workspace(%s)", [workspace_id], seconds=ERASE_SECONDS)
