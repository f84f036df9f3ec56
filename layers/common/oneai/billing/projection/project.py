"""Projects the billing state of a user from all facts and the time. It is a pure function, so the order in which facts
arrive does not matter. Each step is a file and takes the value of the step before it."""

from datetime import datetime

from oneai.billing.projection.dunning import find_dunning
from oneai.billing.projection.effects import BillingState, derive_effects
from oneai.billing.projection.entitlements import build_timeline
from oneai.billing.projection.lifecycle import build_lifecycles
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.prepaid import read_charges
from oneai.billing.projection.replacement import resolve_replacements
from oneai.billing.projection.returned import give_time
from oneai.billing.projection.status import derive_status
from oneai.billing.record import BillingRecord


def project(record: BillingRecord, now: datetime, policy: BillingPolicy) -> BillingState:
    """The billing state at the moment `now`."""
    charges = read_charges(record)
    alone = build_lifecycles(charges)
    lifecycles = give_time(resolve_replacements(alone), policy, now)
    dunning = find_dunning(lifecycles, policy)
    timeline = build_timeline(dunning)
    status = derive_status(timeline, now)
    return derive_effects(status, policy)
