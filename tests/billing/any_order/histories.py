"""Complete histories of people who pay, made by the stand-in's engine as the very bytes that Razorpay would send.

A history is a function that lives one life; what it did itself (asked for a subscription, to cancel it) stands in rows
of ours, with the moment at which it was done, and what Razorpay sends of it in `engine.events`. `ENDS` says by hand how
each of them has to end.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from stand_ins.razorpay import Engine
from stand_ins.razorpay.periods import DAY, moment
from stand_ins.razorpay.state import JsonObject, pseudo_id

START = int(datetime(2027, 1, 11, 9, 0, tzinfo=UTC).timestamp())
_OURS = UUID("6f6e6561-6900-4000-8000-000000000000")

# The price of each plan, and its plan at the provider, the same for all users.
PLANS = {
    (tier, period, currency): (amount, f"plan_{pseudo_id(f'{tier}.{period}.{currency}={amount}')}")
    for tier, period, currency, amount in (
        ("pro", "monthly", "INR", 79_900),
        ("pro", "yearly", "INR", 799_000),
        ("pro", "monthly", "USD", 999),
        ("enterprise", "monthly", "INR", 299_900),
        ("enterprise", "monthly", "USD", 3_999),
        ("team", "monthly", "INR", 69_900),
    )
}


@dataclass
class Ours:
    """A row of oneai.subscriptions, as we left it; the two wishes are moments as well."""

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
    quantity: int = 1


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


class Over(Exception):
    """The life has reached its `until`."""


class BillingScenario:
    """One user and what they pay, from START on. `seed` makes all ids their own."""

    def __init__(self, history: str, seed: str, until: int | None = None) -> None:
        self.history, self.seed, self.until = history, seed, until
        self.engine = Engine(seed, START)
        self.engine.account.event_delay = 2
        self.engine.account.refund_delay = 3600
        self.user_id = uuid5(_OURS, f"{seed}: the user")
        self.rows: list[Ours] = []
        self.orders: list[str] = []
        self.seats: list[OurSeats] = []
        self.is_team = False
        for (_, period, currency), (amount, plan_ref) in PLANS.items():
            item = {"name": "A plan", "amount": amount, "currency": currency}
            self.engine.make_plan({"period": period, "interval": 1, "item": item}, plan_ref)

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
        amount, plan_ref = PLANS[tier, period, currency]
        ours = uuid5(_OURS, f"{self.seed}:{len(self.rows)}")
        asked = {
            "plan_id": plan_ref,
            "total_count": 10 if period == "yearly" else 120,
            "quantity": quantity,
            "notes": {"oneai_subscription": str(ours)},
        }
        entity = self.engine.open(asked if start is None else {**asked, "start_at": start})
        starts = None if start is None else moment(start)
        row = Ours(
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
        self.rows.append(row)
        return row

    def pay(self, row: Ours, method: str = "card", *, ok: bool = True) -> JsonObject:
        """On the hosted page."""
        return self.engine.pay(row.ref, method, ok=ok)

    def order(self, what: str, amount: int) -> str:
        """Creates an order to be paid once. Returns its ref."""
        notes = {"oneai_order": what, "oneai_user": str(self.user_id)}
        self.orders.append(self.engine.make_order({"amount": amount, "currency": "INR", "notes": notes})["id"])
        return self.orders[-1]

    def order_seats(self, row: Ours, seats: int, amount: int) -> str:
        """Creates an order for seats for the rest of the current period. Returns its ref."""
        entity = self.engine.account.subscriptions[row.ref].entity
        starts, ends = moment(entity["current_start"]), moment(entity["current_end"])
        ref = self.order(f"{seats} more seats", amount)
        self.seats.append(OurSeats(row, ref, seats, amount, moment(self.engine.now), starts, ends))
        return ref

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
        if self.until is not None and self.until <= then:
            self.engine.run_until(self.until)
            raise Over
        self.engine.run_until(then)

    def payment_for(self, row: Ours) -> str:
        """The first payment of that subscription."""
        return str(self.engine.invoices_of(row.ref)[-1]["payment_id"])

    @property
    def last_payment(self) -> str:
        """The newest captured payment that was no token."""
        captured = [each for each in self.engine.account.payments.values() if each["invoice_id"] and each["captured"]]
        return str(captured[-1]["id"])


def renews(life: BillingScenario) -> None:
    """Subscribes after a first try that fails, and renews."""
    row = life.open()
    life.pay(row, ok=False)
    life.later(0.01)
    life.pay(row)
    life.later(34)


def recovers_in_time(life: BillingScenario) -> None:
    """A renewal fails twice; the user pays before the provider gives up."""
    row = life.open()
    life.pay(row, "upi")
    life.fail(row)
    life.later(33)
    life.pay(row, "upi")
    life.later(5)


def falls_back_and_recovers(life: BillingScenario) -> None:
    """A renewal fails four times, the plan is lost, regained with a payment in the next month, and renewed."""
    row = life.open()
    life.pay(row)
    life.fail(row)
    life.later(52)
    life.pay(row, "upi")
    life.later(10)


def never_comes_back(life: BillingScenario) -> None:
    """A renewal fails for good, and it is cancelled in the bank's app."""
    row = life.open()
    life.pay(row)
    life.fail(row)
    life.later(45)
    life.engine.customer(row.ref, "cancels")
    life.later(10)


def pauses(life: BillingScenario) -> None:
    """Pauses within the paid period, resumes, and renews."""
    row = life.open()
    life.pay(row)
    life.later(5)
    life.engine.pause(row.ref)
    life.later(3)
    life.engine.resume(row.ref)
    life.later(30)


def stays_paused(life: BillingScenario) -> None:
    """Pauses in the second month, and leaves it at that."""
    row = life.open()
    life.pay(row)
    life.later(40)
    life.engine.pause(row.ref)
    life.later(6)


def upgrades(life: BillingScenario) -> None:
    """Takes a larger plan, which replaces the one there is at once; some of that is given back."""
    small = life.open()
    life.pay(small)
    life.later(3)
    large = life.open("enterprise", replaces=small)
    life.later(0.01)
    life.pay(large)
    life.later(0.01)
    life.engine.cancel(small.ref)
    life.engine.refund(life.payment_for(small), {"amount": 72_000})
    life.later(8)


def upgrades_twice(life: BillingScenario) -> None:
    """Takes a year instead of a month, and a day later the larger plan; Razorpay does not know of either yet."""
    month = life.open()
    life.pay(month)
    life.later(2)
    year = life.open(period="yearly", replaces=month)
    life.later(0.01)
    life.pay(year, "upi")
    life.later(1)
    large = life.open("enterprise", replaces=year)
    life.later(0.01)
    life.pay(large)
    life.later(6)


def subscribes_twice(life: BillingScenario) -> None:
    """Pays two of the same; the older one is cancelled, and a part of it given back."""
    older = life.open()
    life.pay(older)
    life.later(4)
    newer = life.open()
    life.later(0.01)
    life.pay(newer, "upi")
    life.later(0.02)
    life.engine.cancel(older.ref)
    life.engine.refund(life.payment_for(older), {"amount": 69_000})
    life.later(8)


def upgrades_in_place(life: BillingScenario) -> None:
    """A card from elsewhere: the plan is changed, and the difference paid, without another subscription."""
    row = life.open(currency="USD")
    life.pay(row, "foreign_card")
    life.later(10)
    life.engine.update(row.ref, {"plan_id": PLANS["enterprise", "monthly", "USD"][1]})
    life.later(30)


def cancels_and_is_charged(life: BillingScenario) -> None:
    """Cancels at the end of the period; a charge is made anyway, and is refunded."""
    row = life.open()
    life.pay(row, "upi")
    life.later(28)
    life.engine.script(row.ref, "slips_through")
    life.cancel(row, at_end=True)
    life.later(5)
    life.engine.refund(life.last_payment)
    life.later(20)


def subscribes_again(life: BillingScenario) -> None:
    """Is given all the money back, cancelled, and subscribes again in the same month."""
    first = life.open()
    life.pay(first)
    life.later(4)
    life.engine.refund(life.last_payment)
    life.cancel(first, at_end=False)
    life.later(1)
    second = life.open()
    life.pay(second, "upi")
    life.later(10)


def buys_once_beside(life: BillingScenario) -> None:
    """Beside a subscription, buys credits at the second attempt with a partial refund, then pays twice for others."""
    row = life.open()
    life.pay(row)
    life.later(2)
    first = life.order("Credits", 118_000)
    life.engine.pay_order(first, ok=False)
    life.later(0.01)
    paid = life.engine.pay_order(first)
    life.later(3)
    life.engine.refund(paid["id"], {"amount": 18_000})
    second = life.order("More credits", 59_000)
    life.engine.pay_order(second, "upi")
    life.later(0.01)
    twice = life.engine.pay_order(second)
    life.later(1)
    life.engine.refund(twice["id"])
    life.later(10)


def tries_first(life: BillingScenario) -> None:
    """A trial of eight days, whose first charge fails twice and then comes."""
    row = life.open(start=START + 8 * DAY, trial=True)
    life.pay(row, "upi")
    life.fail(row)
    life.later(9.5)
    life.fail(row, really=False)
    life.later(10)


def is_charged_what_nobody_sold(life: BillingScenario) -> None:
    """The renewal is of another sum than the plan's; the month is over, and nothing was paid for the next."""
    row = life.open()
    life.pay(row)
    life.later(20)
    life.engine.account.plans[row.plan_ref]["item"]["amount"] = 55_500
    life.later(24)


def disputes(life: BillingScenario) -> None:
    """A payment is questioned and lost, another one partly given back."""
    row = life.open()
    life.pay(row)
    life.later(31)
    life.engine.refund(life.last_payment, {"amount": 10_000})
    life.later(3)
    life.engine.dispute(life.last_payment, "created")
    life.later(6)
    life.engine.dispute(life.last_payment, "lost")
    life.later(2)


def adds_seats(life: BillingScenario) -> None:
    """A team pays for two seats, adds three and then five, one of them paid twice, and renews the two."""
    life.is_team = True
    row = life.open("team", quantity=2)
    life.pay(row)
    life.later(10)
    first = life.order_seats(row, 3, 140_000)
    life.later(0.01)
    life.engine.pay_order(first)
    life.later(5)
    second = life.order_seats(row, 5, 170_000)
    life.engine.pay_order(second, ok=False)
    life.later(0.01)
    life.engine.pay_order(second)
    life.later(0.01)
    life.engine.refund(life.engine.pay_order(second, "upi")["id"])
    life.later(6)


def adds_seats_and_renews(life: BillingScenario) -> None:
    """A team adds seats, which end with their period, and a bank takes the money for others back."""
    life.is_team = True
    row = life.open("team", quantity=2)
    life.pay(row)
    life.later(10)
    life.engine.pay_order(life.order_seats(row, 3, 140_000))
    life.later(24)
    lost = life.engine.pay_order(life.order_seats(row, 4, 250_000))["id"]
    life.later(2)
    life.engine.dispute(lost, "created")
    life.later(3)
    life.engine.dispute(lost, "lost")
    life.later(1)


# Separate groups, so that they can be tested in parallel.
RENEWALS = {each.__name__: each for each in (renews, pauses, stays_paused, tries_first)}
FAILURES = {each.__name__: each for each in (recovers_in_time, falls_back_and_recovers, never_comes_back)}
CHANGES = {each.__name__: each for each in (upgrades, upgrades_twice, upgrades_in_place, subscribes_twice)}
REFUNDS = {
    each.__name__: each
    for each in (cancels_and_is_charged, subscribes_again, is_charged_what_nobody_sold, disputes, buys_once_beside)
}
SEATS = {each.__name__: each for each in (adds_seats, adds_seats_and_renews)}
HISTORIES: dict[str, Callable[[BillingScenario], None]] = {**RENEWALS, **FAILURES, **CHANGES, **REFUNDS, **SEATS}


@dataclass(frozen=True)
class End:
    """The expected end of a history: tier, status, the amount charged and not refunded, and the number of fresh
    quotas there were in it: one for each payment that raised the tier."""

    tier: str
    status: str
    kept: int
    fresh: int


ENDS = {
    "renews": End("pro", "active", 2 * 79_900, 1),
    "pauses": End("pro", "active", 2 * 79_900, 1),
    "stays_paused": End("pro", "paused", 2 * 79_900, 1),
    "tries_first": End("pro", "active", 79_900, 1),
    "recovers_in_time": End("pro", "active", 2 * 79_900, 1),
    "falls_back_and_recovers": End("pro", "active", 3 * 79_900, 1),
    "never_comes_back": End("free", "cancelled", 79_900, 1),
    "upgrades": End("enterprise", "active", 79_900 - 72_000 + 299_900, 2),
    "upgrades_twice": End("enterprise", "active", 79_900 + 799_000 + 299_900, 2),
    # The difference for 20.4 of 30.4 days: Razorpay's days end at midnight in India.
    "upgrades_in_place": End("enterprise", "active", 999 + 2_013 + 3_999, 2),
    "subscribes_twice": End("pro", "active", 2 * 79_900 - 69_000, 1),
    "cancels_and_is_charged": End("free", "cancelled", 79_900, 1),
    "subscribes_again": End("pro", "active", 79_900, 1),
    "is_charged_what_nobody_sold": End("free", "unpaid", 79_900 + 55_500, 1),
    "buys_once_beside": End("pro", "active", 79_900 + 118_000 - 18_000 + 59_000, 1),
    "adds_seats": End("team", "active", 2 * 69_900 + 140_000 + 170_000, 1),
    "adds_seats_and_renews": End("team", "active", 2 * 2 * 69_900 + 140_000 + 250_000, 1),
    "disputes": End("free", "cancelled", 79_900 + 79_900 - 10_000, 1),
}


def lived(history: str, seed: str, until: int | None = None) -> BillingScenario:
    """The same history with its own ids, to its end or up to a moment."""
    life = BillingScenario(history, seed, until)
    with suppress(Over):
        HISTORIES[history](life)
    return life
