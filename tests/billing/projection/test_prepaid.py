"""Prepaid periods: a payment buys one, in any order of what is known, and carries its units once."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from oneai.billing.facts import Dispute, Observation
from tests import effort
from tests.billing.projection.builders import START, day, ours
from tests.billing.projection.prepaid_life import PRICES, TEAM, Life


@pytest.fixture
def life() -> Life:
    """A checkout of Pro."""
    life = Life()
    life.open()
    return life


def test_a_payment_buys_thirty_days_without_grace(life: Life) -> None:
    life.paid("a", 1)

    assert [life.stand(at).tier for at in (0.5, 1, 30.9, 31)] == ["free", "pro", "pro", "free"]
    assert life.stand(31).summaries[ours("a")].status == "cancelled"
    assert life.stand(31).operations == ()


def test_an_early_purchase_is_added_at_the_end_and_a_late_one_begins_itself(life: Life) -> None:
    life.paid("a", 0)
    life.paid("a", 20)
    life.paid("a", 75)

    assert [life.stand(at).tier for at in (29, 59, 61, 75, 104, 105.1)] == ["pro", "pro", "free", "pro", "pro", "free"]


def test_a_second_payment_of_an_order_extends_the_period_and_is_not_refunded(life: Life) -> None:
    life.paid("a", 0, "first")
    life.paid("a", 0.01, "second")

    state = life.stand(45)
    assert (state.tier, state.operations) == ("pro", ())
    assert state.summaries[ours("a")].period_end == day(60)


def test_a_years_windows_are_thirty_days_and_the_last_one_lasts_to_its_end(life: Life) -> None:
    life.open("b", "year")
    life.paid("b", 0)

    windows = [life.stand(at).quota_period for at in (0, 29.9, 30, 331, 364)]
    assert [(each.usage_since, each.window_end) for each in windows] == [
        (day(0), day(30)),
        (day(0), day(30)),
        (day(30), day(60)),
        (day(330), day(365)),
        (day(330), day(365)),
    ]
    assert life.stand(365).quota_period.window_end is None


def test_a_plan_that_lapsed_and_is_bought_again_has_one_window(life: Life) -> None:
    # On the 24th, so that the turn of the month is within both periods.
    first = (datetime(2026, 11, 24, tzinfo=START.tzinfo) - START) / timedelta(days=1)
    life.paid("a", first)
    life.open("b", at=first + 31)
    life.paid("b", first + 31)

    for begun in (first, first + 31):
        for at in (begun, begun + 8, begun + 29):
            found = life.stand(at).quota_period
            assert (found.usage_since, found.window_end) == (day(begun), day(begun + 30))


def test_a_payment_that_its_bank_took_back_ends_its_period_in_any_order(life: Life) -> None:
    ref = life.paid("a", 0, method="bank_transfer")
    life.denied(ref, "a", 0.003, 0)

    for observations in (life.observations, list(reversed(life.observations))):
        state = life.stand(1, observations)
        assert (state.tier, state.operations) == ("free", ())
        (refund,) = life.record(observations).refunds.values()
        assert (refund.amount, refund.at, refund.status) == (99_000, day(0.003), "processed")


def test_a_denied_payment_that_was_never_captured_is_no_refund(life: Life) -> None:
    life.denied("tx", "a", 1, 0)

    assert life.record().refunds == {}


def test_a_later_period_begins_where_a_reversed_one_ended(life: Life) -> None:
    first = life.paid("a", 0)
    life.paid("a", 5)
    life.refunded(first, 10, 99_000)

    state = life.stand(12)
    assert (state.tier, state.summaries[ours("a")].period_end) == ("pro", day(40))


def test_a_refund_counts_the_unused_time_and_units(life: Life) -> None:
    life.paid("a", 0)
    life.change("a", access_ends_at=day(3), ended_by_user=True)
    (refund,) = life.stand(3).operations
    assert (refund.kind, refund.amount) == ("refund", 99_000 * 27 // 30)

    life.used = {"large_messages": 60}
    (refund,) = life.stand(3).operations
    assert refund.amount == 99_000 * 40 // 100


@pytest.mark.parametrize(("method", "at", "goes_back"), [("gopay", 3, True), ("bank_transfer", 3, False)])
def test_money_of_a_virtual_account_is_not_sent_back(life: Life, method: str, at: float, *, goes_back: bool) -> None:
    life.paid("a", 0, method=method)
    life.change("a", access_ends_at=day(at), ended_by_user=True)

    assert len(life.stand(at).operations) == goes_back


def test_what_cannot_go_back_becomes_time_of_the_plan_that_follows(life: Life) -> None:
    life.paid("a", 0, method="bank_transfer")
    life.open("b", "large", at=15, replaces="a")
    life.paid("b", 15, method="bank_transfer")

    state = life.stand(16)
    # Half of 99,000 buys an eighth of thirty days at 396,000.
    assert (state.tier, state.summaries[ours("b")].period_end) == ("enterprise", day(45 + 3.75))
    assert state.operations == ()
    assert life.stand(48).tier == "enterprise"
    assert life.stand(48.8).tier == "free"


def test_what_can_go_back_is_refunded_and_gives_no_time(life: Life) -> None:
    life.paid("a", 0, method="gopay")
    life.open("b", "large", at=15, replaces="a")
    life.paid("b", 15, method="bank_transfer")

    state = life.stand(16)
    assert state.summaries[ours("b")].period_end == day(45)
    assert [(each.kind, each.amount) for each in state.operations] == [("refund", 49_500)]


def test_time_that_was_taken_over_is_taken_over_again(life: Life) -> None:
    life.paid("a", 0, method="bank_transfer")
    life.open("b", "large", at=0, replaces="a")
    life.paid("b", 0.001, method="bank_transfer")
    life.open("c", "pro", at=0, replaces="b")
    life.paid("c", 0.002, method="bank_transfer")

    # 99,000 + 396,000 + 99,000 rupiah, at 99,000 for thirty days, less what a few minutes cost.
    end = life.stand(1).summaries[ours("c")].period_end
    assert end is not None
    assert timedelta(days=179) < end - START <= timedelta(days=180)


def test_a_checkout_that_was_given_up_closes_its_page_and_its_payment_buys_nothing(life: Life) -> None:
    life.change("a", access_ends_at=day(0.5), checkout_cancelled=True)
    assert [each.kind for each in life.stand(1).operations] == ["cancel"]

    life.paid("a", 2, method="gopay")
    state = life.stand(3)
    assert (state.tier, {each.kind for each in state.operations}) == ("free", {"refund", "cancel"})


def test_a_payment_of_another_amount_is_quarantined(life: Life) -> None:
    ref = life.paid("a", 0, amount=98_999)

    assert life.stand(1).tier == "free"
    assert life.stand(1).quarantined == {("midtrans", ref)}


def test_a_lost_dispute_ends_its_period_and_stops_no_later_payment(life: Life) -> None:
    first = life.paid("a", 0, method="credit_card")
    life.observations.append(Observation(disputes=(Dispute("midtrans", "d", first, "lost", day(4)),)))
    assert life.stand(5).tier == "free"

    life.paid("a", 6)
    assert life.stand(7).tier == "pro"


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Life:
    """A team, whose plan has prices too."""
    for price in (TEAM, replace(TEAM, plan_ref="team year", period="yearly", amount=800_000)):
        monkeypatch.setitem(PRICES, ("midtrans", price.plan_ref), price)
    life = Life()
    life.kind = "team"
    return life


def test_seats_of_a_period_are_those_that_were_paid_for(team: Life) -> None:
    team.open("t", "team", quantity=498)
    team.paid("t", 0)
    state = team.stand(1)

    assert (state.tier, state.pool.seats) == ("team", 498)


def test_added_seats_are_found_in_a_period_that_money_made_longer(team: Life) -> None:
    team.open("a", "team", quantity=3)
    team.paid("a", 0, method="bank_transfer")
    team.open("b", "team year", at=15, replaces="a", quantity=3)
    team.paid("b", 15, method="bank_transfer")
    end = team.stand(16).summaries[ours("b")].period_end
    assert end is not None
    assert end > day(15 + 365)

    team.added_seats("b", 20, day(15), end, "bank_transfer")

    assert (team.stand(21).pool.seats, team.stand(360).pool.seats) == (5, 5)


def test_a_longer_period_keeps_its_end_when_use_is_no_longer_known(team: Life) -> None:
    team.open("a", "team", quantity=3)
    team.paid("a", 0, method="bank_transfer")
    team.open("b", "team year", at=15, replaces="a", quantity=3)
    team.paid("b", 15, method="bank_transfer")
    end = team.stand(16).summaries[ours("b")].period_end
    assert end is not None

    # As it is stored with the payment.
    team.observations.pop()
    team.paid("b", 15, method="bank_transfer", period_start=day(15), period_end=end)

    assert team.stand(390).summaries[ours("b")].period_end == end
    assert (team.stand(390).pool.seats, team.stand(400).tier) == (3, "none")


@pytest.mark.parametrize(
    ("method", "paid_at", "seats", "refunds"),
    [("bank_transfer", 8, 5, 0), ("qris_gopay", 8, 3, 1), ("qris_gopay", 5.5, 5, 0), ("bank_transfer", 31, 3, 1)],
)
def test_seats_paid_late_count_where_their_money_cannot_go_back_and_the_period_lasts(
    team: Life, method: str, paid_at: float, seats: int, refunds: int
) -> None:
    team.open("a", "team", quantity=3)
    team.paid("a", 0)
    team.paid("a", 2, ref="next")
    team.added_seats("a", 5, day(0), day(30), method, paid_at=paid_at)

    state = team.stand(paid_at + 0.1)

    assert (state.pool.seats, len(state.operations)) == (seats, refunds)


def test_credits_are_what_is_due_and_cannot_go_back_until_its_bank_takes_it(life: Life) -> None:
    ref = life.paid("a", 0, method="bank_transfer")
    life.change("a", access_ends_at=day(3), ended_by_user=True, rest_as_credits=True)

    def given(at: float) -> list[tuple[int, bool]]:
        return [(each.amount, each.reversed) for each in life.stand(at).returned_credits]

    assert given(3) == given(20) == [(99_000 * 27 // 30, False)]
    life.denied(ref, "a", 4, 0)
    assert given(5) == [(0, True)]
    life.change("a", rest_as_credits=False)
    assert given(5) == []


def test_its_payer_is_reminded_once_before_the_end_unless_they_paid_or_cancelled(life: Life) -> None:
    life.paid("a", 0)

    def reminders(at: float) -> list[tuple[str, Any]]:
        return [(each.cause, each.data["ends_at"]) for each in life.stand(at).mails if each.kind == "period_ending"]

    assert (reminders(24.9), reminders(30)) == ([], [])
    assert reminders(25) == reminders(29.9) == [(f"{ours('a')}:2026-12-03T09:00:00Z", day(30).isoformat())]
    life.change("a", cancel_requested_at=day(26))
    assert reminders(27) == []

    life.change("a", cancel_requested_at=None)
    life.paid("a", 27)
    assert reminders(28) == []
    assert [ends_at for _, ends_at in reminders(56)] == [day(60).isoformat()]


def some_life(seed: int) -> Life:
    """A year of payments, changes, refunds and reversals."""
    rng, life = random.Random(seed), Life()
    names, at, payments = ["a"], 0.0, list[tuple[str, str, float]]()
    life.open("a", rng.choice(["pro", "year", "large"]))
    for number in range(rng.randint(3, 9)):
        at += rng.choice([0.01, 3, 12, 25, 31, 60])
        match rng.choice(["pay", "pay", "pay", "replace", "refund", "deny", "end", "again"]):
            case "pay" | "again":
                method = rng.choice(["gopay", "bank_transfer", "qris", "credit_card"])
                payments.append((life.paid(names[-1], at, method=method), names[-1], at))
            case "replace":
                names.append(f"s{number}")
                life.open(names[-1], rng.choice(["pro", "large"]), at=at, replaces=names[-2])
            case "refund" if payments:
                ref, name, _ = rng.choice(payments)
                life.refunded(ref, at, rng.choice([10_000, life.subscriptions[ours(name)].amount or 0]))
            case "deny" if payments:
                ref, name, paid_at = rng.choice(payments)
                life.denied(ref, name, at, paid_at)
            case "end":
                life.change(names[-1], access_ends_at=day(at), ended_by_user=True)
                names.append(f"s{number}")
                life.open(names[-1], "pro", at=at)
    return life


def test_two_payments_in_the_same_second_are_two_periods_in_any_order() -> None:
    life = Life()
    life.open()
    for ref in ("t2", "t1"):
        life.paid("a", 3, ref=ref)
    forward, backward = (life.stand(40, order) for order in (life.observations, life.observations[::-1]))

    assert forward == backward
    first, second = (each for lifecycle in forward.lifecycles.values() for each in lifecycle.accepted)
    assert (first.start, first.end, second.end) == (day(3), day(33), day(63))
    assert (first.end, forward.tier) == (second.start, "pro")


def test_order_and_repetition_of_what_is_known_do_not_matter() -> None:
    for seed in effort.seeds(60, 5_000):
        life, rng = some_life(seed), random.Random(seed)
        at = rng.uniform(0, 400)
        expected = life.stand(at)
        for _ in range(3):
            shuffled = life.observations + rng.sample(life.observations, len(life.observations) // 2)
            rng.shuffle(shuffled)
            assert life.stand(at, shuffled) == expected, seed


def test_no_paid_day_is_lost_and_none_is_given_twice() -> None:
    for seed in effort.seeds(40, 2_000):
        life = some_life(seed)
        lifecycle_of = life.stand(400).lifecycles
        for lifecycle in lifecycle_of.values():
            spans = sorted((each.start, each.end) for each in lifecycle.accepted if each.reversed_at is None)
            for before, after in pairwise(spans):
                assert before[1] <= after[0], seed
