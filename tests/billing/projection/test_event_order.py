"""The same events, in any order and however often, give the same standing, whose history has no gap."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from oneai.billing.facts import Observation, Refund
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.history import HistoryEntry
from oneai.billing.projection.policy import tier_rank
from oneai.billing.projection.quota_period import LAPSED_WITHIN
from oneai.billing.record import BillingRecord
from tests import effort
from tests.billing.projection.builders import USER, BillingScenario, day, ours

LIVES, WAYS = effort.seeds(6, 100), effort.sample(8, 50)


class Chance:
    """A life as chance has it: months that are paid, fail, are paused, given back, cancelled, taken the place of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        # Whether and when it is learned what a mandate was given for.
        self.mandates = random.Random(-1 - seed)
        self.life = BillingScenario()
        self.at = 0.0

    def live(self) -> BillingScenario:
        """Two or three subscriptions, one after the other or across each other."""
        previous = None
        for name in "abc"[: self.random.randint(1, 3)]:
            self._open(name, previous)
            self._months(name)
            previous = name
            self.at += self.random.choice([-20, -3, 0.2, 4, 45])
            self.at = max(self.at, 0.0)
        self.life.observations += [more for each in self.life.observations for more in _told_otherwise(each)]
        return self.life

    def _open(self, name: str, previous: str | None) -> None:
        """To be charged at once, after a trial, or when another one is over."""
        more: dict[str, Any] = {}
        if previous is not None and self.random.random() < 0.5:
            more["replaces"] = previous
        opened_at = self.at
        if self.random.random() < 0.3:
            self.at += 7 if previous is None else self.random.choice([5, 20])
            more["start_at"] = day(self.at)
        if "start_at" in more and previous is None:
            more["trial_end"] = more["start_at"]
        plan = self.random.choice(["plan_pro", "plan_pro", "plan_large"])
        self.life.open(name, plan, at=opened_at, **more)
        if "start_at" in more:
            self.life.snapshot(name, "trial", opened_at)
        if "trial_end" in more and self.mandates.random() < 0.8:
            self.life.paid_with(name, opened_at + self.mandates.choice([0, 3]))

    def _months(self, name: str) -> None:
        start = self.at
        for month in range(self.random.randint(1, 4)):
            due = start + 30 * month
            paid_at = self._charge(name, due, first=month == 0)
            if paid_at is None:
                self.at = due + 6
                return
            self.at = paid_at + self.random.choice([1, 8, 15])
            if self.random.random() < 0.5 and not self._between(name, f"pay_{name}{due:g}"):
                return

    def _charge(self, name: str, due: float, *, first: bool) -> float | None:
        """When it was paid, after however many attempts; None where it never was."""
        fails = 0 if first else self.random.choice([0, 0, 0, 1, 3, 4])
        for n in range(fails):
            self.life.failed(name, due + n, n + 1, due)
        if fails == 4:
            self.life.halted(name, due + 3.001)
            if self.random.random() < 0.4:
                return None
        paid_at = due + (fails + self.random.choice([0, 0.5, 4]) if fails else 0.01)
        odd = {"amount": 77} if self.random.random() < 0.05 else {}
        self.life.charged(name, paid_at, due, due + 30, **odd)
        return paid_at

    def _between(self, name: str, payment: str) -> bool:
        """An event in a period; whether another period follows."""
        match self.random.choice(["pause", "refund", "part", "fails", "dispute", "cancel", "cancel at end", "end"]):
            case "pause":
                self.life.paused(name, self.at)
                self.life.resumed(name, self.at + self.random.choice([2, 25]))
            case "refund":
                self.life.refunded(payment, self.at)
            case "part":
                self.life.refunded(payment, self.at, amount=1_000)
            case "fails":
                back = Refund("razorpay", f"rfnd_{payment}", payment, 79_900, "pending", day(self.at))
                self.life.observations += [
                    Observation(refunds=(back,)),
                    Observation(refunds=(replace(back, status="failed"),)),
                ]
            case "dispute":
                self.life.disputed(payment, self.at, "open")
                self.life.disputed(payment, self.at + 1, self.random.choice(["won", "lost"]))
            case "cancel":
                self.life.ended(name, self.at)
                return False
            case "cancel at end":
                self.life.change(name, cancel_requested_at=self._now())
            case "end":
                self.life.change(name, access_ends_at=self._now())
        return True

    def _now(self) -> datetime:
        return day(self.at)


def _told_otherwise(observation: Observation) -> list[Observation]:
    """Other reports of a charge that came in: its authorization, by a clock that is late; what it paid for, by a source
    less exact than its invoice."""
    if not observation.invoices:
        return []
    (paid,) = observation.payments
    end = paid.period_end and paid.period_end + timedelta(hours=5)
    authorized = replace(paid, status="authorized", at=paid.at + timedelta(minutes=2), period_start=None)
    return [
        Observation(payments=(replace(authorized, period_end=None, period_from=None),)),
        Observation(payments=(replace(paid, period_end=end, period_from="subscription"),)),
    ]


def some_way(observations: list[Observation], chance: random.Random) -> list[Observation]:
    """Everything at least once, in some order."""
    again = [each for each in observations for _ in range(chance.choice([1, 1, 2, 3]))]
    chance.shuffle(again)
    return again


def seen(found: BillingState) -> object:
    """All that a user could notice."""
    return (
        *(
            found.tier,
            found.status,
            found.subscription_id,
            found.quota_period,
            found.summaries,
            found.history,
            found.operations,
        ),
        *(found.quarantined, sorted(each.payment.ref for each in found.invoices)),
        *(found.mails, {ours: each.trial for ours, each in found.lifecycles.items()}),
    )


def unbroken(found: BillingState) -> bool:
    """Whether each entry begins where the one before it ended, and the last one ends where the user stands."""
    tiers = [("free", "free"), *((each.old_tier, each.new_tier) for each in found.history), (found.tier, found.tier)]
    return all(before[1] == after[0] for before, after in pairwise(tiers))


def fresh(life: BillingScenario) -> set[datetime]:
    """Since when use counted afresh, ever."""
    paid = {each.at for each in life.stand(400).history if "payment_id" in each.metadata}
    anchors = {life.stand((at - day(0)) / timedelta(days=1)).quota_period.anchor for at in paid}
    return {each for each in anchors if each is not None}


def raised(life: BillingScenario) -> set[datetime]:
    """When payments raised the tier: the first of a subscription, where none for as much was given back that month, or
    is of that month itself and was ever given back, and where as much did not lapse in the month before."""
    tiers, record = {each.id: each.tier for each in life.subscriptions}, life.record()
    found, paid, history = set[datetime](), list[HistoryEntry](), life.stand(400).history
    for entry in (each for each in history if each.cause.startswith("payment:")):
        mine = tiers[entry.subscription_id or USER]
        before = [each for each in paid if tier_rank(tiers[each.subscription_id or USER]) >= tier_rank(mine)]
        raises = tier_rank(entry.new_tier) > tier_rank(entry.old_tier) and not _renews(record, history, mine, entry.at)
        if raises and entry.subscription_id not in {each.subscription_id for each in paid}:
            found |= {entry.at} if not any(_given_back(record, each, entry.at) for each in before) else set()
        paid.append(entry)
    return found


def _renews(record: BillingRecord, history: Sequence[HistoryEntry], tier: str, at: datetime) -> bool:
    """Whether the user lost at least this tier in the month before, because what they had paid for, or its grace, was
    over."""
    ends = {each.period_end for each in record.payments.values()}
    return any(
        at - LAPSED_WITHIN < each.at <= at
        and tier_rank(each.new_tier) < tier_rank(tier) <= tier_rank(each.old_tier)
        and (each.at in ends or each.cause.startswith(("lapsed:", "paused_out:")))
        for each in history
    )


def _given_back(record: BillingRecord, entry: HistoryEntry, at: datetime) -> bool:
    """Whether that payment was given back, or lost, in this month, or was itself of it."""
    payment = record.payments["razorpay", entry.metadata["payment_id"]]
    back = [each.at for each in record.refunds.values() if each.payment_ref == payment.ref and each.status != "failed"]
    back += [each.at for each in record.disputes.values() if each.payment_ref == payment.ref and each.status == "lost"]
    return bool(back) and any((each.year, each.month) == (at.year, at.month) for each in (*back, payment.at))


@pytest.mark.parametrize("seed", LIVES)
def test_every_order_of_events_ends_in_the_same_state(seed: int) -> None:
    life = Chance(seed).live()
    chance = random.Random(seed)
    moments = [chance.uniform(0, 160) for _ in range(2)]
    right = [seen(life.stand(at)) for at in moments]
    for _ in range(WAYS):
        at = chance.randrange(len(moments))
        assert seen(life.stand(moments[at], some_way(life.observations, chance))) == right[at]


@pytest.mark.parametrize("seed", LIVES)
def test_history_has_no_gap_and_only_an_upgrade_grants_fresh_quota(seed: int) -> None:
    life = Chance(seed).live()
    found = [life.stand(at) for at in range(0, 200, 5)]
    assert [at for at, each in enumerate(found) if not unbroken(each)] == []
    assert fresh(life) == raised(life)
    assert all(tier_rank(each.tier) == 0 or each.subscription_id in set(map(ours, "abc")) for each in found)
