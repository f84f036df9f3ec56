"""The effects of a billing status: operations at the provider, mails, invoices, history, syncs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai import currencies
from oneai.billing.facts import Key, Payment, Status, SyncRequest
from oneai.billing.projection import bought_credits, offers, orders, payments, prepaid
from oneai.billing.projection.alerts import quarantined
from oneai.billing.projection.bought_credits import CreditPurchase
from oneai.billing.projection.history import HistoryEntry, history
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.mails import Mail, mails
from oneai.billing.projection.operations import ProviderOperation, operations
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.pool import Pool
from oneai.billing.projection.quota_period import QuotaPeriod
from oneai.billing.projection.refunds import RefundAmounts
from oneai.billing.projection.returned import ReturnedCredits, returned_credits
from oneai.billing.projection.status import BillingStatus, SubscriptionSummary
from oneai.billing.projection.sync_schedule import sync_requests
from oneai.billing.record import BillingRecord, Subscription, UsageQuery
from oneai.plans.limits_and_prices import PLANS


@dataclass(frozen=True)
class InvoiceDue:
    """A payment that needs an invoice, with the text of its line."""

    payment: Payment
    description: str


@dataclass(frozen=True)
class OfferState:
    """What the payment of an offer bought, None without one; `project_at`: when time changes that next."""

    id: UUID
    paid_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    project_at: datetime | None = None


@dataclass(frozen=True)
class BillingState:
    """Everything that follows from the facts of a user: the status (`BillingStatus`) and its effects. `quarantined`:
    references of payments; `order_syncs`: when to fetch each order; `missing_usage`: usage that must be loaded before
    the refunds are correct; `undecided`: payments that need a decision before they buy credits, with our ids of their
    orders."""

    tier: str
    status: Status
    subscription_id: UUID | None
    quota_period: QuotaPeriod
    pool: Pool
    summaries: Mapping[UUID, SubscriptionSummary]
    lifecycles: Mapping[UUID, SubscriptionLifecycle]
    history: tuple[HistoryEntry, ...]
    operations: tuple[ProviderOperation, ...]
    mails: tuple[Mail, ...]
    quarantined: frozenset[Key]
    invoices: tuple[InvoiceDue, ...]
    offers: tuple["OfferState", ...]
    credits: tuple[CreditPurchase, ...]
    undecided: tuple[tuple[UUID, Payment], ...]
    returned_credits: tuple[ReturnedCredits, ...]
    order_syncs: Mapping[UUID, datetime | None]
    sync_requests: frozenset[SyncRequest]
    missing_usage: frozenset[UsageQuery]


def derive_effects(status: BillingStatus, policy: BillingPolicy) -> BillingState:
    """Adds the effects to the status."""
    timeline, now = status.timeline, status.now
    lifecycles, record = timeline.lifecycles, timeline.record
    amounts, purchases = RefundAmounts(lifecycles, policy, now), tuple(offers.all_purchases(record))
    return BillingState(
        tier=status.tier,
        status=status.status,
        subscription_id=status.subscription_id,
        quota_period=status.quota_period,
        pool=status.pool,
        summaries=status.summaries,
        lifecycles=lifecycles.by_id,
        history=tuple(history(timeline, now)),
        operations=tuple(operations(lifecycles, purchases, amounts, now, policy)),
        mails=tuple(mails(timeline, now)),
        quarantined=frozenset(quarantined(record)),
        invoices=tuple(sorted(_invoices(lifecycles, purchases), key=lambda each: (each.payment.at, each.payment.ref))),
        offers=tuple(_offer_states(record, now)),
        credits=tuple(bought_credits.credit_purchases(record, purchases, now, policy)),
        undecided=tuple((order.id, payment) for order, payment in bought_credits.undecided(record, purchases)),
        returned_credits=tuple(returned_credits(amounts, lifecycles)),
        order_syncs={ours: orders.next_sync_at(record, each, now) for ours, each in record.orders.items()},
        sync_requests=frozenset(sync_requests(timeline, now)),
        missing_usage=frozenset(amounts.missing),
    )


def _offer_states(record: BillingRecord, now: datetime) -> Iterator[OfferState]:
    paid = {each.offer.id: each for each in offers.paid_offers(record)}
    for offer in record.offers:
        found = paid.get(offer.id)
        if found is None:
            yield OfferState(offer.id)
        else:
            later = min((each for each in (found.start, found.ends) if each > now), default=None)
            yield OfferState(offer.id, found.payment.at, found.start, max(found.start, found.ends), later)


def _invoices(lifecycles: Lifecycles, purchases: Iterable[orders.Purchase]) -> Iterator[InvoiceDue]:
    """The invoices of all valid payments, including refunded ones."""
    record = lifecycles.record
    for lifecycle in lifecycles.all():
        period = _period_name(record, lifecycle.subscription)
        # The text of added seats is their order's.
        for charge in (each for each in (*lifecycle.accepted, *lifecycle.unexpected) if not each.added):
            yield InvoiceDue(charge.payment, f"{charge.tier.capitalize()}, {period}{_seats(charge)}")
    for each in purchases:
        yield InvoiceDue(each.payment, each.order.description or "One-off payment")


def _seats(charge: PaidPeriod) -> str:
    """The seats and the price of each, if the plan is sold by the seat: `, 5 seats × INR 699.00`."""
    plan = PLANS.get(charge.tier)
    if plan is None or not plan.per_seat:
        return ""
    each = charge.payment.amount // charge.seats
    # The document of a period that is paid ahead in Indonesia is in two languages.
    named = "seats" if charge.windows is None else "kursi / seats"
    return f", {charge.seats} {named} × {charge.payment.currency} {currencies.number(each, charge.payment.currency)}"


def _period_name(record: BillingRecord, subscription: Subscription) -> str:
    """The subscription's text on the invoice, such as `monthly subscription`, or the days of a prepaid period."""
    price = payments.current_price(record, subscription)
    every = (price.period if price is not None else subscription.period) or "monthly"
    if prepaid.is_prepaid(subscription):
        days = prepaid.LENGTHS[every].days
        return f"{days} hari / {days} days"
    return f"{every} subscription"
