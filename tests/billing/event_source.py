"""Events of a provider without a format of its own: what one says is looked up by its body."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai.billing import processing
from oneai.billing.facts import (
    Event,
    LifecycleEvent,
    Observation,
    ObservedInvoice,
    Payment,
    Refund,
    Snapshot,
)
from oneai.billing.providers import razorpay as provider
from tests.world import Database

AMOUNT = 79_900


@dataclass
class EventSource:
    """Stores events as the webhook does and applies them; the provider can be asked about what it `shows`."""

    database: Database
    events: dict[bytes, Event] = field(default_factory=dict)
    shows: dict[str, Observation] = field(default_factory=dict)
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """In place of the provider's own words."""

        async def look(ref: str, *, with_payments: bool, **_: Any) -> Observation:
            self.asked.append((ref, with_payments))
            return self.shows[ref]

        patch.setattr(provider, "event_of", lambda _, body: self.events[body])
        patch.setattr(provider, "fetch_subscription", look)

    @property
    def now(self) -> datetime:
        """The database's time, to the second."""
        now: datetime = self.database.one("select oneai.now()")
        return now.astimezone(UTC).replace(microsecond=0)

    def user(self, name: str) -> UUID:
        """A user who has signed up."""
        return self.database.user(f"{name}@example.com")

    def opened(self, user: UUID, ref: str | None = "sub_1", **more: Any) -> UUID:
        """An unpaid subscription; our id of it."""
        (ours,) = self.database.rows(
            "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, "
            "provider_subscription_id, period, currency, amount, provider_plan_id, replaces) "
            "values (%s, %s, 'none', 'razorpay', %s, 'monthly', 'INR', %s, %s, %s) returning id",
            *(user, more.get("tier", "pro"), ref, more.get("amount", AMOUNT), more.get("plan", "plan_pro")),
            more.get("replaces"),
        )
        return UUID(str(ours))

    def store(self, name: str, observation: Observation, *, undated: bool = False, **refs: str) -> str:
        """Stores an event as the webhook does. Returns its id."""
        named = {"subscription_ref": None, "payment_ref": None, "invoice_ref": None, **refs}
        if not refs:
            named["subscription_ref"] = next((each.ref for each in observation.snapshots), None)
            named["payment_ref"] = next((each.ref for each in observation.payments), None)
        self.events[name.encode()] = Event(
            "razorpay", name, "sent", None if undated else self.now, observation, **named
        )
        self.database.rows(
            "select oneai.store_event('razorpay', %s, 'sent', %s, %s, %s, %s)",
            *(name, name.encode(), named["subscription_ref"], named["payment_ref"], named["invoice_ref"]),
        )
        return name

    async def process(self, name: str, observation: Observation, **more: Any) -> str:
        """Stores it and applies it; what became of it."""
        return await processing.process_and_follow_up("razorpay", self.store(name, observation, **more))

    def charge(self, ref: str = "sub_1", at: datetime | None = None, **more: Any) -> Observation:
        """A month that was paid for, with the subscription as it is then."""
        at = at or self.now
        fields: dict[str, Any] = {"amount": AMOUNT, "currency": "INR", "invoice_ref": f"inv_{ref}"}
        paid = Payment(
            "razorpay",
            more.pop("payment", f"pay_{ref}"),
            "captured",
            at,
            subscription_ref=ref,
            period_start=at,
            period_end=at + timedelta(days=30),
            period_from="subscription",
            **fields | more,
        )
        return Observation(snapshots=(self.snapshot(ref, at=at),), payments=(paid,))

    def snapshot(self, ref: str = "sub_1", status: Any = "active", at: datetime | None = None, **more: Any) -> Snapshot:
        """The subscription as it is at that moment."""
        fields: dict[str, Any] = {"our_id": None, "plan_ref": "plan_pro", "paid_count": 1}
        return Snapshot("razorpay", ref=ref, status=status, at=at or self.now, **fields | more)

    def refund(self, payment: str = "pay_sub_1", amount: int = AMOUNT, ref: str = "rfnd_1") -> Observation:
        """Money went back."""
        return Observation(refunds=(Refund("razorpay", ref, payment, amount, "processed", self.now),))

    def failure(self, ref: str = "sub_1", n: int = 1) -> Observation:
        """An attempt to charge failed."""
        return Observation(
            snapshots=(self.snapshot(ref, "past_due", failed_attempts=n),),
            lifecycle_events=(LifecycleEvent("razorpay", ref, "attempt_failed", self.now, n),),
        )

    def bill(self, payment: str = "pay_sub_1", ref: str = "sub_1") -> Observation:
        """The provider's invoice of a payment, which comes without it."""
        at = self.now
        seen = ObservedInvoice(
            "razorpay", f"inv_{ref}", ref, payment, None, AMOUNT, "INR", at, at + timedelta(days=31), True
        )
        return Observation(invoices=(seen,))

    # ------------------------------------------------------------------------------------------------ what one sees

    def tier_and_status(self, user: UUID) -> tuple[str, str]:
        """Tier and status."""
        found: tuple[str, str] = self.database.one(
            "select subscription_tier, subscription_status from oneai.workspaces where id = %s", user
        )
        return found

    def history(self, user: UUID) -> list[tuple[str, str, str]]:
        """Why, from what, to what."""
        return self.database.rows(
            "select change_reason, old_tier, new_tier from oneai.subscription_history where workspace_id = %s "
            "order by changed_at, id",
            user,
        )

    def event(self, name: str) -> tuple[str, int, str | None]:
        """State, attempts, problem."""
        found: tuple[str, int, str | None] = self.database.one(
            "select state, attempts, problem from oneai.provider_events where event_id = %s", name
        )
        return found

    def alerts(self) -> list[tuple[str, str]]:
        """Open alerts, by kind and subject."""
        return self.database.rows("select kind, subject from oneai.operator_alerts order by 1, 2")
