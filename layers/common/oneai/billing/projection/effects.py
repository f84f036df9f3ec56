"""The effects of a billing status: operations at the provider, mails, invoices, history, syncs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from oneai.billing.facts import Status
from oneai.billing.merge import SyncRequest
from oneai.billing.projection import payments
from oneai.billing.projection.history import HistoryEntry, history
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.mails import Mail, mails
from oneai.billing.projection.operations import ProviderOperation, operations
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.quota_period import QuotaPeriod
from oneai.billing.projection.refunds import RefundAmounts
from oneai.billing.projection.status import BillingStatus, SubscriptionSummary
from oneai.billing.projection.sync_schedule import sync_requests
from oneai.billing.record import UsageQuery


@dataclass(frozen=True)
class BillingState:
    """All that follows from the facts of a user: the status (`BillingStatus`) and its effects. `quarantined`: refs of
    payments; `invoiceable`: payments for which an invoice is due; `missing_usage`: what has to be known before the
    refunds are right."""

    tier: str
    status: Status
    subscription_id: UUID | None
    quota_period: QuotaPeriod
    summaries: Mapping[UUID, SubscriptionSummary]
    lifecycles: Mapping[UUID, SubscriptionLifecycle]
    history: tuple[HistoryEntry, ...]
    operations: tuple[ProviderOperation, ...]
    mails: tuple[Mail, ...]
    quarantined: frozenset[str]
    invoiceable: tuple[payments.PaidPeriod, ...]
    sync_requests: frozenset[SyncRequest]
    missing_usage: frozenset[UsageQuery]


def derive_effects(status: BillingStatus, policy: BillingPolicy) -> BillingState:
    """The status with its effects."""
    timeline, now = status.timeline, status.now
    lifecycles = timeline.lifecycles
    amounts = RefundAmounts(lifecycles, policy, now)
    return BillingState(
        tier=status.tier,
        status=status.status,
        subscription_id=status.subscription_id,
        quota_period=status.quota_period,
        summaries=status.summaries,
        lifecycles=lifecycles.by_id,
        history=tuple(history(timeline, now)),
        operations=tuple(operations(lifecycles, amounts, now)),
        mails=tuple(mails(timeline, now)),
        quarantined=frozenset(_quarantined(lifecycles)),
        invoiceable=tuple(charge for each in lifecycles.all() for charge in (*each.accepted, *each.unexpected)),
        sync_requests=frozenset(sync_requests(timeline, now)),
        missing_usage=frozenset(amounts.missing),
    )


def _quarantined(lifecycles: Lifecycles) -> Iterator[str]:
    """The refs of payments that are in quarantine."""
    record = lifecycles.record
    for lifecycle in lifecycles.all():
        for payment in payments.payments(record, lifecycle.subscription):
            if payments.in_quarantine(record, lifecycle.subscription, payment):
                yield payment.ref
