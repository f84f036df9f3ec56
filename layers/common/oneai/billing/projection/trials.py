"""The trial of a subscription: one for a person and an instrument, begun when mandate and instrument are both known."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.record import FOREVER, BillingRecord, Subscription, Trial

# The provider is asked for so long what a mandate was given for; after that only the checkout's word begins a trial.
ASKED_FOR = timedelta(hours=1)

# `unknown`: what the mandate was given for is not known (in time); `used`: the person or the instrument had a trial;
# `withdrawn`: the page was given up.
type NoTrial = Literal["unknown", "used", "withdrawn"]


def trial(known: BillingRecord, subscription: Subscription) -> tuple[Trial | None, NoTrial | None]:
    """The trial a subscription was opened with and has, or why it has none; neither before it is authorized, or where
    it was opened without one."""
    if subscription.trial_end is None or subscription.seen.authorized_at is None:
        return None, None
    if subscription.withdrawn:
        return None, "withdrawn"
    if subscription.instrument in known.taken:
        return None, "used"
    start = _start(known, subscription)
    if start is None:
        return None, "unknown"
    had = known.trial
    if had is not None and had.subscription_id == subscription.id:
        return Trial(subscription.id, min(had.started_at, start)), None
    if had is not None or subscription.id != _first(known):
        return None, "used"
    return Trial(subscription.id, start), None


def asked_until(subscription: Subscription, now: datetime) -> datetime:
    """Until when the provider is asked what the mandate was given for."""
    return (subscription.mandate_noted_at or now) + ASKED_FOR


def _start(known: BillingRecord, subscription: Subscription) -> datetime | None:
    """When mandate and instrument were both known, before anything was charged or ended; None where they were not."""
    learned_at, authorized_at = subscription.instrument_at, subscription.seen.authorized_at
    if learned_at is None or authorized_at is None or subscription.trial_end is None or subscription.withdrawn:
        return None
    start = max(authorized_at, learned_at)
    charged_at = min((each.at for each in payments.charges(known, subscription)), default=FOREVER)
    ends = (subscription.trial_end, charged_at, subscription.access_ends_at, subscription.ended_at)
    return start if all(start < each for each in ends if each is not None) else None


def _first(known: BillingRecord) -> UUID | None:
    """Of several that could be tried, the one of which all was known first."""
    could = [(_possible(known, each), str(each.id), each.id) for each in known.subscriptions.values()]
    return min(((start, name, ours) for start, name, ours in could if start), default=(None, "", None))[2]


def _possible(known: BillingRecord, subscription: Subscription) -> datetime | None:
    return None if subscription.instrument in known.taken else _start(known, subscription)
