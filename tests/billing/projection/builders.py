"""Builds the observations of one user, and projects them without a database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID, uuid5

from oneai.billing.facts import (
    Dispute,
    LifecycleEvent,
    Observation,
    ObservedInstrument,
    ObservedInvoice,
    Order,
    Payment,
    Refund,
    Snapshot,
)
from oneai.billing.merge import merge
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.record import BillingRecord, KnownPrice, Offer, QuotaUse, SeatOrder, Subscription, UsageQuery
from oneai.plans.limits_and_prices import WorkspaceKind

USER = UUID("00000000-0000-4000-8000-00000000a5a5")
START = datetime(2026, 11, 3, 9, tzinfo=UTC)
MONTH = timedelta(days=30)
PRICES = {
    each.plan_ref: each
    for each in (
        KnownPrice("razorpay", "plan_pro", "pro", "monthly", "INR", 79_900),
        KnownPrice("razorpay", "plan_year", "pro", "yearly", "INR", 799_000),
        KnownPrice("razorpay", "plan_large", "enterprise", "monthly", "INR", 299_900),
        KnownPrice("razorpay", "plan_team", "team", "monthly", "INR", 69_900),
        KnownPrice("razorpay", "plan_team_year", "team", "yearly", "INR", 699_000),
    )
}
PRICES_BY_KEY = {(each.payment_provider, each.plan_ref): each for each in PRICES.values()}


def day(number: float) -> datetime:
    """The moment this many days after the start."""
    return START + timedelta(seconds=round(number * 86_400))


# Usage of a user without questions.
UNUSED: Mapping[UsageQuery, Sequence[QuotaUse]] = defaultdict(tuple)


@dataclass
class BillingScenario:
    """A user's subscriptions as we have them, and all that the provider reported, in order."""

    subscriptions: list[Subscription] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    trials: frozenset[bytes] = frozenset()
    seat_orders: list[SeatOrder] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    kind: WorkspaceKind = "personal"

    def open(self, name: str = "a", plan: str = "plan_pro", at: float = 0, **more: Any) -> str:
        """An unpaid subscription; its ref at the provider."""
        price = PRICES[plan]
        if "replaces" in more:
            more["replaces"] = ours(more["replaces"])
        self.subscriptions.append(
            Subscription(
                id=ours(name),
                tier=price.tier,
                created_at=day(at),
                payment_provider="razorpay",
                ref=f"sub_{name}",
                period=price.period,
                currency=price.currency,
                amount=price.amount,
                plan_ref=plan,
                **more,
            )
        )
        return f"sub_{name}"

    def change(self, name: str, **more: Any) -> None:
        """Changes made by us."""
        self.subscriptions = [replace(each, **more) if each.id == ours(name) else each for each in self.subscriptions]

    def snapshot(self, name: str, status: str, at: float, **more: Any) -> None:
        """A bare word about the subscription."""
        self.observations.append(Observation(snapshots=(self.shown(name, status, at, **more),)))

    def shown(self, name: str, status: Any, at: float, **more: Any) -> Snapshot:
        """The subscription as the provider has it."""
        plan = next(each.plan_ref for each in self.subscriptions if each.id == ours(name))
        return Snapshot(
            "razorpay",
            **{"ref": f"sub_{name}", "our_id": ours(name), "plan_ref": plan, "status": status, "at": day(at)} | more,
        )

    def charged(self, name: str, at: float, start: float, end: float, **more: Any) -> str:
        """A payment came in, and what it paid for is known; its ref."""
        ref = str(more.pop("ref", f"pay_{name}{start:g}"))
        subscription = next(each for each in self.subscriptions if each.id == ours(name))
        terms: dict[str, Any] = {
            "amount": (subscription.amount or 0) * subscription.quantity,
            "currency": subscription.currency,
            "subscription_ref": f"sub_{name}",
            "invoice_ref": f"inv_{name}{start:g}",
            "period_start": day(start),
            "period_end": day(end),
            "period_from": "subscription",
        }
        paid = Payment("razorpay", ref=ref, status="captured", at=day(at), **terms | more)
        seen = self.shown(
            name,
            "active",
            at + 0.001,
            paid_count=int(start // 30) + 1,
            period_start=day(start),
            period_end=day(end),
        )
        self.observations.append(Observation(snapshots=(seen,), payments=(paid,)))
        self.observations.append(
            Observation(payments=(replace(paid, period_start=None, period_end=None, period_from=None),))
        )
        bill = ObservedInvoice(
            "razorpay",
            f"inv_{name}{start:g}",
            f"sub_{name}",
            ref,
            None,
            paid.amount,
            paid.currency,
            day(start),
            day(end),
            True,
        )
        self.observations.append(Observation(payments=(paid,), invoices=(bill,)))
        return ref

    def added_seats(self, name: str, seats: int, at: float, start: float, end: float, **more: Any) -> str:
        """Seats are ordered for the rest of a period and paid for a minute later; the payment's ref."""
        number = len(self.seat_orders)
        ref, paid_at = f"order_{number}", more.pop("paid_at", at + 0.001)
        subscription = next(each for each in self.subscriptions if each.id == ours(name))
        amount = floor((subscription.amount or 0) * seats * Fraction(end - at) / Fraction(end - start))
        terms = {"quoted_at": day(at), "period_start": day(start), "period_end": day(end), "ref": ref}
        self.seat_orders.append(
            SeatOrder(ours(f"{name} {number}"), ours(name), "razorpay", seats, expires_at=day(at + 1 / 24), **terms)  # type: ignore[arg-type]
        )
        order = Order("razorpay", ref, USER, amount, "INR", "seats")
        paid = Payment(
            "razorpay", f"pay_{ref}", "captured", day(paid_at), more.pop("amount", amount), "INR", order_ref=ref
        )
        self.observations.append(Observation(orders=(Order("razorpay", ref, USER),)))
        self.observations.append(Observation(orders=(order,), payments=(paid,)))
        return paid.ref

    def failed(self, name: str, at: float, n: int, due: float) -> None:
        """An attempt to charge failed: the payment, and the subscription that says so."""
        lost = Payment(
            "razorpay", f"pay_{name}{due:g}x{n}", "failed", day(at), 79_900, "INR", f"sub_{name}", f"inv_{name}{due:g}"
        )
        self.observations.append(Observation(payments=(lost,)))
        seen = self.shown(
            name, "past_due", at + 0.001, failed_attempts=n, period_start=day(due), period_end=day(due + 30)
        )
        event = LifecycleEvent("razorpay", f"sub_{name}", "attempt_failed", day(at + 0.001), n)
        self.observations.append(Observation(snapshots=(seen,), lifecycle_events=(event,)))

    def halted(self, name: str, at: float) -> None:
        """The provider gave up."""
        event = LifecycleEvent("razorpay", f"sub_{name}", "halted", day(at))
        self.observations.append(Observation(snapshots=(self.shown(name, "unpaid", at),), lifecycle_events=(event,)))

    def paused(self, name: str, at: float) -> None:
        """Records a mandate without a charge."""
        event = LifecycleEvent("razorpay", f"sub_{name}", "paused", day(at))
        self.observations.append(Observation(snapshots=(self.shown(name, "paused", at),), lifecycle_events=(event,)))

    def resumed(self, name: str, at: float) -> None:
        """Charged again."""
        event = LifecycleEvent("razorpay", f"sub_{name}", "resumed", day(at))
        self.observations.append(Observation(snapshots=(self.shown(name, "active", at),), lifecycle_events=(event,)))

    def paid_with(self, name: str, at: float, instrument: bytes = b"card") -> None:
        """It was learned what the mandate was given for."""
        self.observations.append(
            Observation(instruments=(ObservedInstrument("razorpay", f"sub_{name}", instrument, day(at)),))
        )

    def ended(self, name: str, at: float, **more: Any) -> None:
        """Cancelled at the provider."""
        self.snapshot(name, "cancelled", at, ended=True, ended_at=day(at), **more)

    def refunded(
        self, payment: str, at: float, amount: int = 79_900, name: str = "", provider: str = "razorpay"
    ) -> None:
        """Money went back, in two steps."""
        ref = f"rfnd_{payment}{name}"
        self.observations.append(Observation(refunds=(Refund(provider, ref, payment, amount, "pending", day(at)),)))
        self.observations.append(Observation(refunds=(Refund(provider, ref, payment, amount, "processed", day(at)),)))

    def disputed(self, payment: str, at: float, status: Any) -> None:
        """The payer's bank questions it."""
        self.observations.append(
            Observation(disputes=(Dispute("razorpay", f"disp_{payment}", payment, status, day(at)),))
        )

    def record(self, observations: Iterable[Observation] | None = None, **more: Any) -> BillingRecord:
        """All of it, in this order. What belongs to nothing known yet waits, as stored events do."""
        record = BillingRecord(
            USER,
            {each.id: each for each in self.subscriptions},
            prices=PRICES_BY_KEY,
            instruments_with_trial=self.trials,
            seat_orders={each.key: each for each in self.seat_orders if each.key is not None},
            offers=tuple(self.offers),
            kind=self.kind,
            **{"usage": UNUSED} | more,
        )
        waiting = list(self.observations if observations is None else observations)
        while waiting:
            left = [each for each in waiting if not _all_heard(each, merge(record, each).matched)]
            if len(left) == len(waiting):
                break
            waiting = left
        return record

    def stand(self, at: float, observations: Iterable[Observation] | None = None, **more: Any) -> BillingState:
        """The billing state of the user on that day."""
        return project(self.record(observations, **more), day(at), BillingPolicy())


def ours(name: str) -> UUID:
    """The id of a subscription of ours."""
    return uuid5(USER, name)


def _all_heard(observation: Observation, matched: set[tuple[str, int]]) -> bool:
    kinds = ("snapshots", "payments", "invoices", "refunds", "disputes", "lifecycle_events", "instruments", "orders")
    return len(matched) == sum(len(getattr(observation, kind)) for kind in kinds)


def story(found: BillingState) -> list[tuple[str, str, str]]:
    """The history: why, from what, to what."""
    return [(each.reason, each.old_tier, each.new_tier) for each in found.history]


def refund_operations(life: BillingScenario, at: float) -> list[tuple[str, str]]:
    """Payments that are to be given back, and why."""
    refs = {each.id: each.ref for each in life.record().payments.values()}
    calls = [each for each in life.stand(at).operations if each.kind == "refund"]
    return [(refs[each.payment_id], each.reason) for each in calls if each.payment_id is not None]
