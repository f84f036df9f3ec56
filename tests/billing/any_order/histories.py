"""Complete histories of people who pay. A history is a function that lives one life; `ENDS` says by hand how each of
them has to end.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from stand_ins.razorpay.periods import DAY
from tests.billing.any_order.mixed_histories import MISSED, MIXED
from tests.billing.any_order.mixed_scenario import MixedScenario
from tests.billing.any_order.scenario import PLANS, START, BillingScenario, Over


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
    life.engine.update(row.ref, {"plan_id": PLANS["razorpay", "enterprise", "monthly", "USD"][1]})
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


def buys_credits_twice(life: BillingScenario) -> None:
    """Buys credits twice, pays a third order too late, and asks for a refund of the first."""
    first = life.order_credits(10, 99_900)
    life.engine.pay_order(first.ref)
    life.later(2)
    life.engine.pay_order(life.order_credits(20, 199_900, bonus=4).ref, "upi")
    life.later(1)
    late = life.order_credits(10, 99_900)
    life.later(0.2)
    life.engine.refund(life.engine.pay_order(late.ref)["id"])
    life.later(1)
    life.ask_for_refund(first)
    life.later(2)


def wins_credits_back(life: BillingScenario) -> None:
    """A bank asks about a payment for credits, and finds that it was right."""
    paid = life.engine.pay_order(life.order_credits(10, 99_900, bonus=1).ref)["id"]
    life.later(3)
    life.engine.dispute(paid, "created")
    life.later(9)
    life.engine.dispute(paid, "won")
    life.later(2)


def loses_credits(life: BillingScenario) -> None:
    """A bank takes the money for credits back, and later finds that it should not have."""
    paid = life.engine.pay_order(life.order_credits(10, 99_900, bonus=1).ref)["id"]
    life.later(3)
    life.engine.dispute(paid, "created")
    life.later(4)
    life.engine.dispute(paid, "lost")
    life.later(5)
    life.engine.dispute(paid, "won")
    life.later(2)


# Separate groups, so that they can be tested in parallel.
RENEWALS = {each.__name__: each for each in (renews, pauses, stays_paused, tries_first)}
FAILURES = {each.__name__: each for each in (recovers_in_time, falls_back_and_recovers, never_comes_back)}
CHANGES = {each.__name__: each for each in (upgrades, upgrades_twice, upgrades_in_place, subscribes_twice)}
REFUNDS = {
    each.__name__: each
    for each in (cancels_and_is_charged, subscribes_again, is_charged_what_nobody_sold, disputes, buys_once_beside)
}
SEATS = {each.__name__: each for each in (adds_seats, adds_seats_and_renews)}
CREDITS = {each.__name__: each for each in (buys_credits_twice, wins_credits_back, loses_credits)}
HISTORIES: dict[str, Callable[[BillingScenario], None]] = {
    **RENEWALS,
    **FAILURES,
    **CHANGES,
    **REFUNDS,
    **SEATS,
    **CREDITS,
}


@dataclass(frozen=True)
class End:
    """The expected end of a history: tier, status, the amount charged and not refunded (of several currencies, their
    sum in the smallest units), and the number of fresh quotas there were in it: one for each payment that raised the
    tier."""

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
    "buys_credits_twice": End("free", "active", 99_900 + 199_900, 0),
    "wins_credits_back": End("free", "active", 99_900, 0),
    "loses_credits": End("free", "active", 99_900, 0),
    "disputes": End("free", "cancelled", 79_900 + 79_900 - 10_000, 1),
    "lapses_and_moves_to_stripe": End("pro", "active", 74_900 + 2 * 1_100, 1),
    "moves_to_stripe_at_the_turn": End("pro", "active", 79_900 + 1_100, 1),
    "is_debited_by_the_old_mandate_too": End("pro", "active", 79_900 + 1_100, 1),
    "pays_two_checkouts": End("pro", "active", 1_100, 1),
    # A prepaid period has units of its own, besides those of the first payment.
    "lives_at_all_three": End("pro", "active", 69_900 + 1_000 + 90_000 + 99_000, 2),
    "moves_to_rupiah_at_once": End("pro", "active", 100 + 99_000, 2),
    "buys_credits_everywhere": End("free", "active", 99_900 + 1_000, 0),
}


def lived(history: str, seed: str, until: int | None = None) -> BillingScenario:
    """The same history with its own ids, to its end or up to a moment."""
    of_several = MIXED | MISSED
    mixed = MixedScenario(history, seed, until) if history in of_several else None
    life = mixed or BillingScenario(history, seed, until)
    with suppress(Over):
        if mixed is not None:
            of_several[history](mixed)
        else:
            HISTORIES[history](life)
    return life
