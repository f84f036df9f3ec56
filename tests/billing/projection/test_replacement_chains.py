"""In a chain of plans that replace each other, the state is the same for any order of events and projections.

The history has no gap, and each user gets once what they paid for.
"""

import random
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest

from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import BillingPolicy, tier_rank
from oneai.billing.projection.project import project
from oneai.billing.record import FOREVER, Subscription
from tests import effort
from tests.billing.projection.builders import day
from tests.billing.projection.replacement_chains import Chain, chain_of, tellings
from tests.billing.projection.test_event_order import seen, some_way, unbroken

CHAINS, WAYS, MOMENTS = effort.seeds(4, 50), 3, effort.sample(8, 25)
# The seed of a chain in which a smaller plan follows the larger one and is upgraded after its first charge.
UPGRADED_AFTER_ITS_FIRST_CHARGE = 1093014858
# The longest delay of a report, in days.
UNTIL_TOLD = 0.02


def last_day(chain: Chain) -> float:
    """When nothing of it can matter any longer."""
    ends = [
        each.period_end
        for _, observation in chain.observations
        for each in observation.payments
        if each.period_end is not None
    ]
    return (max([*ends, day(chain.at)]) - day(0)).days + 60


def moments(chain: Chain) -> list[float]:
    """Some days on which something was reported, or lapsed without a report, and on which no report is outstanding."""
    days = [at + later for at, _ in chain.observations for later in (0.0537, 0.6137, 30.0537, 38.0137)]
    days = [day for day in days if not any(day < at < day + UNTIL_TOLD for at, _ in chain.observations)]
    return sorted(chain.chance.sample(days, min(MOMENTS, len(days))))


def stand(chain: Chain, at: float) -> BillingState:
    """The billing state on that day, from the record of that day."""
    return project(chain.record(at), day(at), BillingPolicy())


@pytest.mark.parametrize("seed", CHAINS)
def test_the_projection_is_the_same_for_any_order_of_events_and_projections(seed: int) -> None:
    chain, chance = chain_of(seed), random.Random(seed)
    observation, end = tellings(chain), last_day(chain)
    for at in (chance.uniform(0, end), chance.uniform(0, end)):
        right = seen(project(chain.record(end, observation), day(at), BillingPolicy()))
        for _ in range(WAYS):
            way = some_way(observation, chance)
            assert seen(project(chain.record(end, way), day(at), BillingPolicy())) == right
        settled = chain.settled(end, some_way(observation, chance), at)
        assert seen(project(settled, day(at), BillingPolicy())) == right


@pytest.mark.parametrize("seed", CHAINS)
def test_each_history_entry_begins_where_the_previous_one_ended(seed: int) -> None:
    chain = chain_of(seed)
    end = last_day(chain)
    broken = [at for at in moments(chain) if not unbroken(stand(chain, at))]
    assert broken == []
    found = project(chain.record(end), day(end), BillingPolicy())
    assert unbroken(found)
    assert found.tier == "free"


@pytest.mark.parametrize("seed", CHAINS)
def test_a_past_tier_is_not_changed_by_later_events(seed: int) -> None:
    chain = chain_of(seed)
    record = chain.record(last_day(chain))
    for at in moments(chain):
        if not takes_no_place_any_more(chain, at):
            assert stand(chain, at).tier == project(record, day(at), BillingPolicy()).tier, at


def test_a_first_charge_is_awaited_on_its_own_plan_despite_a_later_upgrade() -> None:
    chain, at = chain_of(UPGRADED_AFTER_ITS_FIRST_CHARGE), 67.06
    record = chain.record(last_day(chain))
    assert stand(chain, at).tier == project(record, day(at), BillingPolicy()).tier == "pro"


@pytest.mark.parametrize("seed", CHAINS)
def test_a_paid_plan_is_active_and_only_an_upgrade_grants_fresh_quota(seed: int) -> None:
    chain = chain_of(seed)
    record, end = chain.record(last_day(chain)), last_day(chain)
    history = project(record, day(end), BillingPolicy()).history
    raised = {
        each.at for each in history if tier_rank(each.new_tier) > tier_rank(each.old_tier) and each.reason != "recovery"
    }
    for at in moments(chain):
        now = project(record, day(at), BillingPolicy())
        had = [charge for lifecycle in now.lifecycles.values() for charge in running(chain, lifecycle, day(at))]
        assert all(tier_rank(now.tier) >= tier_rank(charge.tier) for charge in had), at
        assert now.quota_period.usage_since is None or now.quota_period.usage_since in raised, at


@pytest.mark.parametrize("seed", CHAINS)
def test_no_period_is_paid_twice_without_a_refund(seed: int) -> None:
    chain = chain_of(seed)
    found = project(chain.record(last_day(chain)), day(last_day(chain)), BillingPolicy())
    for lifecycle in found.lifecycles.values():
        periods = [(each.start, each.end, each.tier) for each in lifecycle.accepted if stays(chain, each)]
        assert len(periods) == len(set(periods))
    for one, other in combinations(found.lifecycles.values(), 2):
        # A user may subscribe again while an ended subscription is still paid for.
        if not (one.subscription.ended or other.subscription.ended):
            assert both(chain, one, other) < timedelta(days=0.1)


def takes_no_place_any_more(chain: Chain, at: float) -> bool:
    """Whether a payment that was there on that day was refunded or lost after it, of a subscription that ran beside
    another without replacing it: that other is then had as if it had been the only one."""
    subscriptions = {each.id: each for each in chain.life.subscriptions}
    beside = {each.ref for each in subscriptions.values() if len(line_of(each, subscriptions)) < older(each, chain)}
    found = project(chain.record(at), day(at), BillingPolicy()).lifecycles.values()
    paid = [charge for lifecycle in found if lifecycle.subscription.ref in beside for charge in lifecycle.accepted]
    return any(charge.reversed_at is None and not stays(chain, charge) for charge in paid)


def line_of(newest: Subscription, subscriptions: dict[UUID, Subscription]) -> list[UUID]:
    """All subscriptions before it in the chain of replacements."""
    if newest.replaces is None:
        return []
    return [newest.replaces, *line_of(subscriptions[newest.replaces], subscriptions)]


def older(subscription: Subscription, chain: Chain) -> int:
    """The number of subscriptions before it."""
    return sum(each.created_at < subscription.created_at for each in chain.life.subscriptions)


def stays(chain: Chain, charge: PaidPeriod) -> bool:
    """Whether any of it was not refunded or lost to the payer's bank, by the reports."""
    refunds = {each.ref: each for _, observation in chain.observations for each in observation.refunds}
    back = sum(each.amount for each in refunds.values() if each.payment_ref == charge.payment.ref)
    lost = {
        each.payment_ref
        for _, observation in chain.observations
        for each in observation.disputes
        if each.status == "lost"
    }
    return back < charge.payment.amount and charge.payment.ref not in lost


def running(chain: Chain, lifecycle: SubscriptionLifecycle, at: datetime) -> list[PaidPeriod]:
    """The charges that are valid at that time and were not given up."""
    ended_early_at = lifecycle.ended_early_at or FOREVER
    paid = [each for each in lifecycle.accepted if lifecycle.begins(each) <= at < min(each.end, ended_early_at)]
    return [each for each in paid if stays(chain, each)]


def both(chain: Chain, one: SubscriptionLifecycle, other: SubscriptionLifecycle) -> timedelta:
    """For how long at most both were paid for at once, and neither gave way. A plan that is debited early and raised at
    the provider before its start, which only an operator can do, is paid for from then on."""
    most = timedelta(0)
    for a in (each for each in one.accepted if stays(chain, each)):
        for b in (each for each in other.accepted if stays(chain, each)):
            if any(plan.begins(charge) < (plan.begins_at or FOREVER) for plan, charge in ((one, a), (other, b))):
                continue
            end = min(a.end, b.end, one.ended_early_at or FOREVER, other.ended_early_at or FOREVER)
            most = max(most, end - max(one.begins(a), other.begins(b)))
    return most
