"""One user who pays, as the stand-in's engine lives it: subscriptions, orders and seats, with the very bytes that
Razorpay would send.

What the user did themselves (asked for a subscription, to cancel it) stands in rows of ours, with the moment at which
it was done, and what Razorpay sends of it in `engine.events`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from stand_ins.payments.state import Event, JsonObject, moment, pseudo_id
from stand_ins.razorpay import Engine
from stand_ins.razorpay.periods import DAY

START = int(datetime(2027, 1, 11, 9, 0, tzinfo=UTC).timestamp())
OURS = UUID("6f6e6561-6900-4000-8000-000000000000")

# The price of each plan at a provider, and its plan there, the same for all users.
PLANS = {
    ("razorpay", tier, period, currency): (amount, f"plan_{pseudo_id(f'{tier}.{period}.{currency}={amount}')}")
    for tier, period, currency, amount in (
        ("pro", "monthly", "INR", 79_900),
        ("pro", "yearly", "INR", 799_000),
        ("pro", "monthly", "USD", 999),
        ("enterprise", "monthly", "INR", 299_900),
        ("enterprise", "monthly", "USD", 3_999),
        ("team", "monthly", "INR", 69_900),
    )
} | {
    ("stripe", "pro", "monthly", "USD"): (1_100, f"price_1{pseudo_id('pro.monthly.USD=1100', 23)}"),
    ("midtrans", "pro", "monthly", "IDR"): (99_000, "pro.monthly.IDR.99000"),
}


@dataclass(frozen=True)
class SentEvent:
    """An event, and the provider that sends it."""

    payment_provider: str
    event: Event

    @property
    def event_id(self) -> str:
        """The provider's id of it, which is another one at each provider."""
        return self.event.event_id

    @property
    def name(self) -> str:
        """The provider's name of its kind."""
        return self.event.name

    @property
    def created_at(self) -> int:
        """When it happened, in seconds of the epoch."""
        return self.event.created_at


@dataclass
class Ours:
    """A row of oneai.subscriptions, as we left it; the wishes are moments as well. `pages`: when each payment page of a
    prepaid one was opened."""

    id: UUID
    ref: str
    plan_ref: str
    tier: str
    period: str
    currency: str
    amount: int
    created_at: datetime
    replaces: UUID | None = None
    start_at: datetime | None = None
    trial_end: datetime | None = None
    cancel_requested_at: datetime | None = None
    access_ends_at: datetime | None = None
    checkout_cancelled_at: datetime | None = None
    quantity: int = 1
    payment_provider: str = "razorpay"
    pages: list[datetime] = field(default_factory=list)


@dataclass
class OurSeats:
    """A row of oneai.seat_orders, as we left it."""

    row: Ours
    ref: str
    seats: int
    amount: int
    quoted_at: datetime
    period_start: datetime
    period_end: datetime


@dataclass
class OurCredits:
    """A row of oneai.credit_orders, as we left it; the wish is a moment as well."""

    id: UUID
    ref: str
    credit_micro_usd: int
    bonus_micro_usd: int
    amount: int
    opened_at: datetime
    payment_provider: str = "razorpay"
    currency: str = "INR"
    refund_requested_at: datetime | None = None


class Over(Exception):
    """The life has reached its `until`."""


class BillingScenario:
    """One user and what they pay, from START on. `seed` makes all ids their own."""

    def __init__(self, history: str, seed: str, until: int | None = None) -> None:
        self.history, self.seed, self.until = history, seed, until
        self.engine = Engine(seed, START)
        self.engine.account.event_delay = 2
        self.engine.account.refund_delay = 3600
        self.user_id = uuid5(OURS, f"{seed}: the user")
        self.rows: list[Ours] = []
        # The provider and its ref of each order.
        self.orders: list[tuple[str, str]] = []
        self.seats: list[OurSeats] = []
        self.credits: list[OurCredits] = []
        self.is_team = False
        for (provider, _, period, currency), (amount, plan_ref) in PLANS.items():
            if provider == "razorpay":
                item = {"name": "A plan", "amount": amount, "currency": currency}
                self.engine.make_plan({"period": period, "interval": 1, "item": item}, plan_ref)

    @property
    def now(self) -> int:
        """Seconds of the epoch."""
        return self.engine.now

    @property
    def events(self) -> list[SentEvent]:
        """All that the provider says, in the order in which it happened."""
        return [SentEvent("razorpay", each) for each in self.engine.events]

    @property
    def refunds(self) -> list[tuple[str, str]]:
        """The provider and its ref of each refund, as our facts have them."""
        return [("razorpay", ref) for ref in self.engine.account.refunds]

    def events_of(self, row: Ours) -> list[SentEvent]:
        """What its provider says of a subscription."""
        return [each for each in self.events if each.event.subscription_id == row.ref]

    @property
    def things(self) -> dict[str, list[str]]:
        """The provider's ids of all that there is, by kind."""
        account = self.engine.account
        return {
            "order": list(account.orders),
            "payment": list(account.payments),
            "refund": list(account.refunds),
            "invoice": list(account.invoices),
            "dispute": list(account.disputes),
        }

    def open(
        self,
        tier: str = "pro",
        period: str = "monthly",
        currency: str = "INR",
        *,
        replaces: Ours | None = None,
        start: int | None = None,
        trial: bool = False,
        quantity: int = 1,
    ) -> Ours:
        """An unpaid subscription; `start` is its first charge, `trial` says that it is tried till then."""
        amount, plan_ref = PLANS["razorpay", tier, period, currency]
        ours = uuid5(OURS, f"{self.seed}:{len(self.rows)}")
        asked = {
            "plan_id": plan_ref,
            "total_count": 10 if period == "yearly" else 120,
            "quantity": quantity,
            "notes": {"oneai_subscription": str(ours)},
        }
        entity = self.engine.open(asked if start is None else {**asked, "start_at": start})
        starts = None if start is None else moment(start)
        return self._keep(
            Ours(
                ours,
                entity["id"],
                plan_ref,
                tier,
                period,
                currency,
                amount,
                moment(self.engine.now),
                replaces=replaces.id if replaces is not None else None,
                start_at=starts,
                trial_end=starts if trial else None,
                quantity=quantity,
            )
        )

    def pay(self, row: Ours, method: str = "card", *, ok: bool = True) -> JsonObject:
        """On the hosted page."""
        return self.engine.pay(row.ref, method, ok=ok)

    def order(self, what: str, amount: int) -> str:
        """Creates an order to be paid once. Returns its ref."""
        notes = {"oneai_order": what, "oneai_user": str(self.user_id)}
        ref = str(self.engine.make_order({"amount": amount, "currency": "INR", "notes": notes})["id"])
        self.orders.append(("razorpay", ref))
        return ref

    def order_seats(self, row: Ours, seats: int, amount: int) -> str:
        """Creates an order for seats for the rest of the current period. Returns its ref."""
        entity = self.engine.account.subscriptions[row.ref].entity
        starts, ends = moment(entity["current_start"]), moment(entity["current_end"])
        ref = self.order(f"{seats} more seats", amount)
        self.seats.append(OurSeats(row, ref, seats, amount, moment(self.engine.now), starts, ends))
        return ref

    def order_credits(self, dollars: int, amount: int, *, bonus: int = 0) -> OurCredits:
        """Creates an order for credits."""
        self.order(f"Prepaid credits, USD {dollars}", amount)
        return self._keep_credits(dollars, amount, "INR", bonus)

    def ask_for_refund(self, row: OurCredits) -> None:
        """The user's own request for the price of credits."""
        row.refund_requested_at = moment(self.engine.now)

    def cancel(self, row: Ours, *, at_end: bool) -> None:
        """The user's own request, passed on to the provider."""
        at = moment(self.engine.now)
        if at_end:
            row.cancel_requested_at = at
        else:
            row.access_ends_at = at
        self.engine.cancel(row.ref, at_cycle_end=at_end)

    def fail(self, row: Ours, *, really: bool = True) -> None:
        """From now on its charges fail."""
        self.engine.script(row.ref, "fail" if really else "ok")

    def later(self, days: float) -> None:
        """Time goes by."""
        then = self.engine.now + int(days * DAY)
        # What the user does at the moment `until` is part of the life.
        if self.until is not None and self.until < then:
            self._run_until(self.until)
            raise Over
        self._run_until(then)

    def abandon(self, row: Ours) -> None:
        """The user opens another checkout instead of this one, which is not paid."""
        row.access_ends_at = row.checkout_cancelled_at = moment(self.now)

    def payment_for(self, row: Ours) -> str:
        """The first payment of that subscription."""
        return str(self.engine.invoices_of(row.ref)[-1]["payment_id"])

    @property
    def last_payment(self) -> str:
        """The newest captured payment that was no token."""
        captured = [each for each in self.engine.account.payments.values() if each["invoice_id"] and each["captured"]]
        return str(captured[-1]["id"])

    def _run_until(self, now: int) -> None:
        self.engine.run_until(now)

    def _keep(self, row: Ours) -> Ours:
        self.rows.append(row)
        return row

    def _keep_credits(self, dollars: int, amount: int, currency: str, bonus: int = 0) -> OurCredits:
        """The newest order is one for credits."""
        provider, ref = self.orders[-1]
        ours = uuid5(OURS, f"{self.seed}: credits {len(self.credits)}")
        bought = (dollars * 1_000_000, bonus * 1_000_000)
        row = OurCredits(ours, ref, *bought, amount, moment(self.now), provider, currency)
        self.credits.append(row)
        return row
