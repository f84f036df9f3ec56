"""Records a change of plan at the end of a period as a fact, once it is authorized, or paid where plans are paid ahead.

The replacement starts then and ends the subscription that it replaces, but not before it is authorized: a user who
never authorizes it keeps the current plan. Earlier replacements for the same end are cancelled. The end is requested as
of the authorization, which may be known late, so that no later debit of the old mandate counts.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from oneai.billing.projection import prepaid
from oneai.billing.projection.effects import BillingState
from oneai.billing.record import BillingRecord, Subscription


def record_scheduled_changes(record: BillingRecord, state: BillingState, now: datetime) -> set[UUID]:
    """Records the changes that newly authorized replacements request, and returns the changed subscriptions."""
    changed: set[UUID] = set()
    for replacement in list(record.subscriptions.values()):
        if replacement.replaces is None:
            continue
        replaced = record.subscriptions.get(replacement.replaces)
        authorized_at = _authorized_at(replacement, replaced, state)
        if authorized_at is None:
            continue
        for earlier in list(record.subscriptions.values()):
            if earlier.replaces == replacement.replaces and _is_given_up(earlier, replacement, state):
                record.subscriptions[earlier.id] = replace(earlier, access_ends_at=now, checkout_cancelled=True)
                changed.add(earlier.id)
        if replaced is None or replaced.cancel_requested_at is not None:
            continue
        if _paid_through(replaced, state, authorized_at):
            record.subscriptions[replaced.id] = replace(replaced, cancel_requested_at=authorized_at)
            changed.add(replaced.id)
    return changed


def _authorized_at(replacement: Subscription, replaced: Subscription | None, state: BillingState) -> datetime | None:
    """When it was authorized, to be charged later, or paid ahead after a plan that is paid ahead; None if it was not,
    or is known to have ended. A mandate that a paid plan replaces is cancelled at once instead."""
    at = replacement.snapshot_history.authorized_at
    if at is None and replaced is not None and prepaid.is_prepaid(replaced) and prepaid.is_prepaid(replacement):
        at = state.lifecycles[replacement.id].began_at
    if at is None or replacement.start_at is None or replacement.access_ends_at is not None:
        return None
    return at if state.summaries[replacement.id].status != "cancelled" else None


def _is_given_up(earlier: Subscription, replacement: Subscription, state: BillingState) -> bool:
    """Whether it is an earlier, unpaid replacement."""
    unpaid = earlier.access_ends_at is None and state.summaries[earlier.id].status in ("none", "trial")
    return unpaid and earlier.created_at < replacement.created_at


def _paid_through(subscription: Subscription, state: BillingState, now: datetime) -> bool:
    """Whether it gives its plan for some time without further payments, as `oneai.paid_through` defines it."""
    summary = state.summaries[subscription.id]
    end = summary.period_end or (subscription.start_at if summary.status == "trial" else None)
    return summary.status != "unpaid" and end is not None and end > now
