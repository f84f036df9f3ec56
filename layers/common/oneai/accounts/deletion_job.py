"""The job that deletes accounts after their grace period, one by one, oldest first.

Every step can be repeated, so a run may stop at any point. An account remains in `oneai.account_deletions` until it is
erased; after a failed attempt the job claims it again half an hour later. One failure does not stop the others.
"""

import time
from contextlib import suppress
from typing import Literal
from uuid import UUID

from oneai import alerts, log
from oneai.accounts import closing
from oneai.accounts.erase import close_account, erase
from oneai.clients import supabase_admin
from oneai.clients.supabase_admin import SecretKeyRefused
from oneai.errors import PreconditionFailed
from oneai.postgres import db

type DeletionOutcome = Literal["deleted", "waiting", "failed"]


async def delete_due_accounts(seconds: float) -> dict[str, int]:
    """Deletes due accounts and starts no new one after `seconds`. Returns the counts by outcome: `waiting` accounts are
    closed, but an operator has to delete their sign-in."""
    until = time.monotonic() + seconds
    counts = {"deleted": 0, "waiting": 0, "failed": 0}
    await db.call("select oneai.cancel_for_requested_deletions()", [], idempotent=True)
    while time.monotonic() < until:
        (user_id,) = await db.call("select oneai.claim_account_deletion()", [])
        if user_id is None:
            break
        counts[await _delete(user_id)] += 1
    return counts


async def _delete(user_id: UUID) -> DeletionOutcome:
    try:
        await closing.end_subscription(user_id)
        await close_account(user_id)
        with suppress(SecretKeyRefused):
            await supabase_admin.delete_user(user_id)
        await erase(user_id)
    except PreconditionFailed:  # the sign-in is still there
        await alerts.raise_alert("sign_in_not_deleted", str(user_id))
        return "waiting"
    except Exception as error:  # noqa: BLE001  the other accounts belong to other users
        log.exception("an account could not be deleted", user_id=str(user_id))
        await alerts.raise_alert("account_deletion_failed", str(user_id), error=type(error).__name__)
        return "failed"
    log.info("an account was deleted", user_id=str(user_id))
    return "deleted"
