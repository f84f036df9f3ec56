"""Trials: one for each user and instrument, started when mandate and instrument are both known."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.projection.payments import Charges
from oneai.billing.record import FOREVER, Subscription, Trial

# The provider is asked for a mandate's instrument for this long; then only the checkout can start a trial.
INSTRUMENT_WAIT = timedelta(hours=1)

# `unknown`: the mandate's instrument is not known (in time); `used`: the user or the instrument had a trial.
type NoTrial = Literal["unknown", "used", "checkout_cancelled"]


def trial(charges: Charges, subscription: Subscription) -> tuple[Trial | None, NoTrial | None]:
    """The trial of a subscription, or why it has none. Both are None before it is authorized, and without an offer."""
    if subscription.trial_end is None or subscription.snapshot_history.authorized_at is None:
        return None, None
    if subscription.checkout_cancelled:
        return None, "checkout_cancelled"
    if subscription.instrument in charges.record.instruments_with_trial:
        return None, "used"
    start = _start(charges, subscription)
    if start is None:
        return None, "unknown"
    earlier = charges.record.trial
    if earlier is not None and earlier.subscription_id == subscription.id:
        return Trial(subscription.id, min(earlier.started_at, start)), None
    if earlier is not None or subscription.id != _first_possible(charges):
        return None, "used"
    return Trial(subscription.id, start), None


def instrument_deadline(subscription: Subscription, now: datetime) -> datetime:
    """Until when to fetch the mandate's instrument from the provider."""
    return (subscription.mandate_noted_at or now) + INSTRUMENT_WAIT


def _start(charges: Charges, subscription: Subscription) -> datetime | None:
    """When mandate and instrument were both known, if that was before any charge or end; else None."""
    instrument_at, authorized_at = subscription.instrument_at, subscription.snapshot_history.authorized_at
    if (
        instrument_at is None
        or authorized_at is None
        or subscription.trial_end is None
        or subscription.checkout_cancelled
    ):
        return None
    start = max(authorized_at, instrument_at)
    charged_at = min((each.at for each in charges.of[subscription.id]), default=FOREVER)
    ends = (subscription.trial_end, charged_at, subscription.access_ends_at, subscription.ended_at)
    return start if all(start < each for each in ends if each is not None) else None


def _first_possible(charges: Charges) -> UUID | None:
    """Of several subscriptions that could have the trial, the one whose trial could start first."""
    starts = [(_possible_start(charges, each), str(each.id), each.id) for each in charges.record.subscriptions.values()]
    return min(((start, name, ours) for start, name, ours in starts if start), default=(None, "", None))[2]


def _possible_start(charges: Charges, subscription: Subscription) -> datetime | None:
    known = subscription.instrument in charges.record.instruments_with_trial
    return None if known else _start(charges, subscription)
