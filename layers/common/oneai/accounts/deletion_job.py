"""The job that deletes accounts whose days of grace are over, one after the other, the oldest first.

Every step can be repeated, so that a run may end at any point: `oneai.account_deletions` has the account until it is
erased, and it is claimed again half an hour after an attempt that did not get there. One that fails stops no other.
"""

import time
from contextlib import suppress
from typing import Literal
from uuid import UUID

from oneai import alerts, log
from oneai.accounts.erase import close_account, erase
from oneai.clients import supabase_admin
from oneai.clients.supabase_admin import SecretKeyRefused
from oneai.conversations.archive import Owner
from oneai.errors import PaymentProviderUnavailable, PreconditionFailed, SubscriptionNotChangeable
from oneai.postgres import db

type DeletionOutcome = Literal["deleted", "waiting", "failed"]


async def delete_due_accounts(seconds: float) -> dict[str, int]:
    """Deletes accounts, and begins with none after `seconds`. Counts them: `waiting` ones are closed, and an operator
    has to delete their sign-in."""
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
        await _end_subscription(user_id)
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


async def _end_subscription(user_id: UUID) -> None:
    """Ends what still runs at once, with the refund that a cancellation brings, and waits for refunds to be made.

    Raises PaymentProviderUnavailable until they are, or were given up.
    """
    # Imported here because the package's other jobs do not need billing.
    from oneai import billing
    from oneai.billing import subscriptions
    from oneai.billing.subscriptions import Cancellation

    with suppress(SubscriptionNotChangeable):
        await subscriptions.cancel_subscription(Owner(user_id), Cancellation(at_period_end=False))
    # What was ended before, when the deletion was requested, may not have been projected yet.
    await billing.reproject(user_id)
    (pending,) = await db.call("select oneai.has_pending_refunds(%s)", [user_id], idempotent=True)
    if pending:
        raise PaymentProviderUnavailable
