"""Random chains of plans that replace each other, and how a provider reports them: late, more than once, in any order,
and not always the same."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from oneai.billing.facts import Observation
from oneai.billing.merge import Changes, has_unmatched, merge
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.record import BillingRecord, QuotaUse, Subscription, Trial, UsageQuery
from oneai.billing.record_rows import SUBSCRIPTION_COLUMNS
from oneai.billing.rows import projection_rows
from tests.billing.projection.builders import PRICES_BY_KEY, USER, BillingScenario, day, ours

LATER = timedelta(seconds=90)


class UsedByChance(dict[UsageQuery, Sequence[QuotaUse]]):
    """Some use of every tier between any two moments: the same whenever it is asked for."""

    def __missing__(self, query: UsageQuery) -> Sequence[QuotaUse]:
        used = random.Random(repr(query)).choice([0, 0, 30, 99, 100])
        return (QuotaUse("large_messages", 100, "monthly", used),)


BILLED_LATER = timedelta(hours=1)


@dataclass
class Chain:
    """The provider's reports and our own actions, each with its day; `at` is the current day."""

    chance: random.Random
    # Whether and when it is learned what a mandate was given for.
    mandates: random.Random
    life: BillingScenario = field(default_factory=BillingScenario)
    observations: list[tuple[float, Observation]] = field(default_factory=list)
    wishes: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    at: float = 0.0
    # Until when the newest one is paid for.
    until: float = 0.0

    def tell(self, at: float) -> None:
        """Reports on that day all observations added since the last report."""
        self.observations += [(at, each) for each in self.life.observations[len(self.observations) :]]

    def wish(self, name: str, **wish: Any) -> None:
        """We note what the user asked for."""
        self.wishes.append((self.at, name, wish))

    def record(self, at: float, observations: Iterable[Observation] | None = None) -> BillingRecord:
        """The record known on that day."""
        record = BillingRecord(USER, self._rows(at), prices=PRICES_BY_KEY, usage=UsedByChance())
        hear(record, [each for when, each in self.observations if when <= at] if observations is None else observations)
        return record

    def settled(self, at: float, observations: Iterable[Observation], now: float) -> BillingRecord:
        """The same, with what followed from each report stored before the next one arrived."""
        record = BillingRecord(USER, self._rows(at), prices=PRICES_BY_KEY, usage=UsedByChance())
        hear(record, observations, now)
        return record

    def _rows(self, at: float) -> dict[Any, Subscription]:
        rows = {each.id: each for each in self.life.subscriptions if each.created_at <= day(at)}
        for when, name, wish in self.wishes:
            row = rows.get(ours(name))
            if row is not None and when <= at:
                rows[row.id] = replace(row, **{what: to for what, to in wish.items() if getattr(row, what) is None})
        return rows


def hear(record: BillingRecord, observations: Iterable[Observation], settled_at: float | None = None) -> None:
    """What belongs to nothing known yet waits, as stored events do."""
    waiting = list(observations)
    while waiting:
        left = []
        for each in waiting:
            changes = merge(record, each)
            if settled_at is not None:
                _settle(record, project(record, day(settled_at), BillingPolicy()))
            if has_unmatched(each, [changes]):
                left.append(each)
        if len(left) == len(waiting):
            return
        waiting = left


def _settle(record: BillingRecord, found: BillingState) -> None:
    """What a settlement writes to the rows, and the next one reads."""
    names = ("tier", "period", "currency", "amount", "quantity", "plan_ref", "short_url", "expires_at")
    for row in projection_rows(record, Changes(), found, lambda *_: {})["subscriptions"]:
        before = record.subscriptions[row["id"]]
        now = {name: row[SUBSCRIPTION_COLUMNS.get(name, name)] for name in names}
        record.subscriptions[before.id] = replace(before, stored_status=row["status"], **now)
    for lifecycle in found.lifecycles.values():
        if lifecycle.trial is not None:
            started = [each.started_at for each in (lifecycle.trial, record.trial) if each is not None]
            record.trial = Trial(lifecycle.subscription.id, min(started))


def tellings(chain: Chain) -> list[Observation]:
    """All reports, and other reports of the same that disagree with them."""
    return [each for _, observation in chain.observations for each in (observation, *_otherwise(observation))]


def _otherwise(observation: Observation) -> Iterator[Observation]:
    for paid in observation.payments:
        none: dict[str, Any] = {"period_start": None, "period_end": None, "period_from": None}
        if paid.status == "captured":
            yield Observation(payments=(replace(paid, status="authorized", at=paid.at + LATER, **none),))
        if paid.period_start is not None and paid.period_end is not None:
            start, end = paid.period_start + BILLED_LATER, paid.period_end + BILLED_LATER
            yield Observation(payments=(replace(paid, at=paid.at + LATER, period_start=start, period_end=end),))
    for refund in observation.refunds:
        yield Observation(refunds=(replace(refund, status="pending", at=refund.at + LATER),))
    for dispute in observation.disputes:
        yield Observation(disputes=(replace(dispute, status="under_review", at=dispute.at + LATER),))


def chain_of(seed: int) -> Chain:
    """Two to four plans, each chosen instead of the one before, at once or from the end of its period, or had beside
    or after it, and what becomes of them."""
    chain = Chain(random.Random(seed), random.Random(-1 - seed))
    previous: str | None = None
    for name in "abcd"[: chain.chance.randint(2, 4)]:
        _one(chain, name, previous)
        previous = name
        chain.at += chain.chance.choice([0, 0.2, 3])
    return chain


def _one(chain: Chain, name: str, previous: str | None) -> None:
    chance = chain.chance
    plan = chance.choice(["plan_pro", "plan_year", "plan_large"])
    how = chance.choice(["instead", "from then on", "beside", "after"] if previous else ["now", "tried"])
    more: dict[str, Any] = {}
    if how == "after" and chain.until:
        chain.at = chain.until + chance.choice([0.5, 9])
    if how in ("instead", "from then on"):
        more["replaces"] = previous
    start = chain.at + 7 if how == "tried" else chain.until if how == "from then on" else 0
    if start > chain.at:
        more["start_at"] = day(start)
    if how == "tried":
        more["trial_end"] = day(start)
    if chance.random() < 0.1:
        more["offer_ref"] = "offer_1"
    chain.life.open(name, plan, at=chain.at, **more)
    first = start = chain.at + 0.01
    if "start_at" in more:
        start = chain.until if how == "from then on" else chain.at + 7
        chain.life.snapshot(name, "trial", chain.at + 0.01, start_at=more["start_at"])
        chain.tell(chain.at + 0.01)
        if how == "tried" and chain.mandates.random() < 0.8:
            known_at = chain.at + chain.mandates.choice([0.01, 3])
            chain.life.paid_with(name, known_at)
            chain.tell(known_at)
        first = start + chance.choice([0.003, 2, -2] if how == "from then on" else [0.003, 1])
        if how == "from then on" and previous is not None:
            chain.wish(previous, cancel_requested_at=day(chain.at))
    if chance.random() > 0.1:
        _periods(chain, name, start, first, 365 if plan == "plan_year" else 30, offer="offer_ref" in more)


def _periods(chain: Chain, name: str, start: float, first: float, length: int, *, offer: bool) -> None:
    for n in range(chain.chance.randint(1, 3)):
        due = start + length * n
        paid_at = _paid_at(chain, name, due) if n else first
        if paid_at is None:
            chain.at = due + 5
            return
        sums = {"amount": 39_900} if offer and chain.chance.random() < 0.7 else {}
        if chain.chance.random() < 0.04:
            sums = {"amount": 77}
        payment = chain.life.charged(name, paid_at, due, due + length, **sums)
        chain.tell(paid_at + 0.002)
        if chain.chance.random() < 0.1:
            chain.life.charged(name, paid_at + 0.01, due, due + length, ref=f"{payment}again", **sums)
            chain.tell(paid_at + 0.012)
        chain.until = due + length
        chain.at = paid_at + chain.chance.choice([0.5, 3, 8, 15, 26])
        if not _between(chain, name, payment) or chain.chance.random() < 0.35:
            return


def _paid_at(chain: Chain, name: str, due: float) -> float | None:
    """When a renewal was paid, after however many attempts; None where it never was."""
    fails = chain.chance.choice([0, 0, 0, 1, 3, 4])
    for n in range(fails):
        chain.life.failed(name, due + n, n + 1, due)
        chain.tell(due + n + 0.002)
    if fails == 4:
        chain.life.halted(name, due + 3.01)
        chain.tell(due + 3.012)
        if chain.chance.random() < 0.4:
            return None
    return due + (fails - 1 + chain.chance.choice([0.3, 1, 6, 20, 45]) if fails else 0.002)


def _between(chain: Chain, name: str, payment: str) -> bool:
    """An event in a period; whether another period follows."""
    life, at = chain.life, chain.at
    paid = next(each for observation in life.observations for each in observation.payments if each.ref == payment)
    goes_on, later = True, at
    match chain.chance.choice(["", "", "up", "part", "full", "steps", "dispute", "pause", "up", "last", "now", "end"]):
        case "part":
            life.refunded(payment, at, amount=50)
        case "full":
            life.refunded(payment, at, amount=paid.amount)
        case "steps":
            life.refunded(payment, at, amount=paid.amount // 2, name="1")
            chain.tell(at + 0.012)
            later = at + 1
            life.refunded(payment, later, amount=paid.amount - paid.amount // 2, name="2")
        case "dispute":
            life.disputed(payment, at, "open")
            chain.tell(at + 0.012)
            later = at + 1
            life.disputed(payment, later, chain.chance.choice(["won", "lost"]))
        case "pause":
            life.paused(name, at)
            chain.tell(at + 0.012)
            later = at + chain.chance.choice([1, 5, 40])
            life.resumed(name, later)
            goes_on = later < chain.until
        case "up" if paid.amount == 79_900 and at < chain.until:
            _up(chain, name)
        case "last":
            chain.wish(name, cancel_requested_at=day(at))
        case "now" | "end" as how:
            if how == "now":
                chain.wish(name, access_ends_at=day(at), cancel_requested_at=day(at))
            life.ended(name, at + 0.01)
            goes_on = False
    chain.tell(later + 0.012)
    return goes_on


def _up(chain: Chain, name: str) -> None:
    """Changed in place until the period ends, for a part of the larger plan's price."""
    ref = f"pay_{name}{chain.until:g}up"
    chain.life.charged(name, chain.at, chain.at, chain.until, ref=ref, amount=20_000, invoice_ref=f"inv_{ref}")
    bill = replace(chain.life.observations[-1].invoices[0], ref=f"inv_{ref}", extras=("proration",))
    chain.life.observations[-1] = Observation(payments=chain.life.observations[-1].payments, invoices=(bill,))
    chain.life.snapshot(name, "active", chain.at + 0.01, plan_ref="plan_large", fetched=True)
