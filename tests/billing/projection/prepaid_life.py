"""A workspace that pays ahead, for tests of the projection."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.facts import Observation, Order, Payment, Refund
from oneai.billing.merge import merge
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.record import BillingRecord, KnownPrice, QuotaUse, SeatOrder, Subscription, UsageQuery
from oneai.plans.limits_and_prices import WorkspaceKind
from tests.billing.projection.builders import UNUSED, USER, day, ours

PRICES = {
    ("midtrans", each.plan_ref): each
    for each in (
        KnownPrice("midtrans", "pro", "pro", "monthly", "IDR", 99_000),
        KnownPrice("midtrans", "year", "pro", "yearly", "IDR", 990_000),
        KnownPrice("midtrans", "large", "enterprise", "monthly", "IDR", 396_000),
    )
}
TEAM = KnownPrice("midtrans", "team", "team", "monthly", "IDR", 80_000)


class Life:
    """A workspace that pays ahead: its subscriptions, and what the status API showed."""

    def __init__(self) -> None:
        self.subscriptions: dict[UUID, Subscription] = {}
        self.observations: list[Observation] = []
        self.used: dict[str, int] = {}
        self.seat_orders: list[SeatOrder] = []
        self.kind: WorkspaceKind = "personal"

    def open(self, name: str = "a", plan: str = "pro", at: float = 0, **more: Any) -> None:
        """A checkout."""
        price = PRICES["midtrans", plan]
        if "replaces" in more:
            more["replaces"] = ours(more["replaces"])
        self.subscriptions[ours(name)] = Subscription(
            ours(name),
            price.tier,
            day(at),
            "midtrans",
            ref=f"sub_{name}",
            period=price.period,
            currency="IDR",
            amount=price.amount,
            plan_ref=plan,
            **more,
        )

    def change(self, name: str, **more: Any) -> None:
        """Changes made by us."""
        self.subscriptions[ours(name)] = replace(self.subscriptions[ours(name)], **more)

    def paid(self, name: str, at: float, ref: str = "", method: str = "qris_gopay", **more: Any) -> str:
        """One page was paid; the payment's ref."""
        subscription, ref = self.subscriptions[ours(name)], ref or f"tx_{name}{at:g}"
        terms: dict[str, Any] = {"amount": (subscription.amount or 0) * subscription.quantity, "status": "captured"}
        terms |= {"subscription_ref": f"sub_{name}", "order_ref": f"sub_{name}-1", "method": method} | more
        self.observations.append(Observation(payments=(Payment("midtrans", ref, at=day(at), currency="IDR", **terms),)))
        return ref

    def denied(self, ref: str, name: str, at: float, paid_at: float) -> None:
        """The status API shows a payment as denied since."""
        terms: dict[str, Any] = {"subscription_ref": f"sub_{name}", "denied_at": day(at)}
        amount = self.subscriptions[ours(name)].amount or 0
        denied = Payment("midtrans", ref, "failed", day(paid_at), amount, "IDR", **terms)
        self.observations.append(Observation(payments=(denied,)))

    def added_seats(self, name: str, at: float, start: datetime, end: datetime, method: str, **more: Any) -> None:
        """Two seats are ordered for the rest of a period, and paid for."""
        ref, paid_at = f"oneai-o-{len(self.seat_orders)}", day(more.pop("paid_at", at))
        order = SeatOrder(ours(ref), ours(name), "midtrans", 2, day(at), start, end, day(at + 1), ref=ref)
        self.seat_orders.append(order)
        paid = Payment("midtrans", f"tx_{ref}", "captured", paid_at, 50_000, "IDR", order_ref=ref, method=method)
        self.observations.append(
            Observation(orders=(Order("midtrans", ref, USER, 50_000, "IDR", "seats"),), payments=(paid,))
        )

    def refunded(self, ref: str, at: float, amount: int) -> None:
        """Money went back."""
        back = Refund("midtrans", f"back_{ref}{at:g}", ref, amount, "processed", day(at))
        self.observations.append(Observation(refunds=(back,)))

    def stand(self, at: float, observations: list[Observation] | None = None) -> BillingState:
        """The billing state on that day."""
        record = self.record(observations)
        while (state := project(record, day(at), BillingPolicy())).missing_usage:
            record.usage = {**record.usage, **{each: self._use_of(each) for each in state.missing_usage}}
        return state

    def record(self, observations: list[Observation] | None = None) -> BillingRecord:
        """All of it, in this order; what belongs to nothing known yet waits."""
        usage = {} if self.used else UNUSED
        orders = {each.key: each for each in self.seat_orders if each.key is not None}
        record = BillingRecord(
            USER, dict(self.subscriptions), prices=PRICES, usage=usage, seat_orders=orders, kind=self.kind
        )
        waiting = list(self.observations if observations is None else observations)
        for _ in range(2):
            waiting = [each for each in waiting if not merge(record, each).matched]
        return record

    def _use_of(self, query: UsageQuery) -> list[QuotaUse]:
        return [QuotaUse(key, 100, "monthly", used) for key, used in self.used.items()] if query.tier == "pro" else []
