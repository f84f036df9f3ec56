"""Lives of subscriptions at Stripe, whose events arrive in any order, twice and beside fetches, lead to one state."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation
from oneai.billing.merge import has_unmatched, merge
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.providers import stripe as provider
from oneai.billing.providers.face import Fetch
from oneai.billing.providers.stripe import reading
from oneai.billing.record import BillingRecord, KnownPrice, Subscription
from oneai.clients import stripe as client
from stand_ins.payments.state import moment
from stand_ins.stripe import Engine, routes
from stand_ins.stripe.cards import OK
from stand_ins.stripe.catalogue import DAY
from stand_ins.stripe.form import parse
from tests import effort
from tests.billing.projection.builders import UNUSED

OURS, WORKSPACE = UUID(int=7), UUID(int=8)
START, AMOUNT = 1_764_000_000, 900
LATER, SECURE = "4000000000000341", "4000002500003155"
LIVES, WAYS = effort.seeds(30, 5_000), effort.sample(4, 3)


class Life:
    """One subscription from its checkout on: every event's bytes, and what a fetch showed after each step."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.engine = Engine(f"any order {seed}", START)
        self.bodies: list[bytes] = []
        self.fetches: list[Observation] = []
        self.price = self._post(
            "prices", {"currency": "usd", "unit_amount": AMOUNT, "recurring": {"interval": "month"}, **_named("Pro")}
        )
        named = {"oneai_subscription": OURS, "oneai_workspace": WORKSPACE}
        session = self._post(
            "checkout/sessions",
            {
                "mode": "subscription",
                "success_url": "https://oneai.example",
                "line_items": [{"price": self.price["id"], "quantity": 1}],
                "metadata": named | {"oneai_price": self.price["id"], "oneai_quantity": 1},
                "subscription_data": {"metadata": named},
            },
        )
        self.session = str(session["id"])
        self.row = Subscription(
            id=OURS,
            tier="pro",
            created_at=moment(START),
            payment_provider="stripe",
            ref=self.session,
            period="monthly",
            currency="USD",
            amount=AMOUNT,
            plan_ref=self.price["id"],
            expires_at=moment(session["expires_at"]),
        )
        self._look()

    def live(self) -> "Life":
        """It is paid, or expires; then months pass in which anything may happen."""
        if self.chance.random() < 0.1:
            self._pass(1.1)
            return self
        card = self.chance.choice([OK, OK, LATER, SECURE])
        if self.engine.pay(self.session, card) == "requires_action":
            self._pass(0.01)
            self.engine.pay(self.session, card, authenticated=True)
        self._look()
        for _ in range(self.chance.randint(0, 3)):
            self._something()
            self._pass(self.chance.choice([0.5, 9, 31, 45]))
        return self

    def _something(self) -> None:
        engine, account = self.engine, self.engine.account
        subscription = next(iter(account.all("subscription").values()))
        paid = [each["id"] for each in account.all("payment_intent").values() if each["status"] == "succeeded"]
        match self.chance.randrange(6):
            case 0 if subscription["status"] not in ("canceled", "incomplete_expired"):
                engine.cancel_now(subscription["id"])
            case 1:
                engine.cancel_at_period_end(subscription["id"])
            case 2 if not account.all("dispute"):
                charge = engine.charge_of(self.chance.choice(paid))
                if charge["amount_refunded"] < charge["amount_captured"]:
                    refund = engine.refund(charge["id"], self.chance.choice([1, None]))
                    if self.chance.random() < 0.5:
                        self._look()
                        engine.run_until(engine.now + 1)
                        engine.return_refund(refund["id"])
            case 3:
                engine.dispute(
                    self.chance.choice(paid), self.chance.choice(["needs_response", "warning_needs_response"])
                )
            case 4 if account.all("dispute"):
                dispute = next(iter(account.all("dispute").values()))
                if dispute["status"] == "needs_response":
                    engine.dispute(dispute["charge"], self.chance.choice(["won", "lost"]))
            case 5 if subscription["status"] == "past_due":
                engine.pay_invoice(subscription["latest_invoice"], "4111111111111111")
        self._look()

    def _pass(self, days: float) -> None:
        self.engine.run_until(self.engine.now + int(days * DAY) + 1)
        self._look()

    def _look(self) -> None:
        """What is new: events, and what a fetch shows now."""
        self.bodies += [each.body.encode() for each in self.engine.events]
        self.engine.events.clear()
        self.fetches.append(asyncio.run(self._fetch()))

    async def _fetch(self) -> Observation:
        async def get(path: str, params: Any = None) -> Any:
            return routes.read(self.engine, path.strip("/").split("/"), parse(client.encode(params or {})))

        async def now() -> datetime:
            return moment(self.engine.now)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "get", get)
            patch.setattr(reading, "now", now)
            return await provider.fetch(Fetch(self.session, with_payments=True))

    def _post(self, path: str, form: dict[str, Any]) -> dict[str, Any]:
        return routes.write(self.engine, "POST", path.split("/"), parse(client.encode(form)))

    def observed(self, observations: Sequence[Observation]) -> tuple[BillingRecord, BillingState]:
        """The record and its state after these. Each is kept until what it refers to is known."""
        record = BillingRecord(workspace_id=WORKSPACE, subscriptions={OURS: self.row}, usage=UNUSED)
        price = KnownPrice("stripe", self.price["id"], "pro", "monthly", "USD", AMOUNT)
        record.prices[("stripe", self.price["id"])] = price
        merge(record, self.fetches[0])  # as it was opened
        parked: list[Observation] = []
        for each in observations:
            parked = [one for one in (*parked, each) if has_unmatched(one, [merge(record, one)])]
        known = -1
        while parked and known != len(parked):
            known = len(parked)
            parked = [one for one in parked if has_unmatched(one, [merge(record, one)])]
        return record, project(record, moment(self.engine.now), BillingPolicy())


def _named(name: str) -> dict[str, Any]:
    return {"product_data": {"name": name}}


def _proof(record: BillingRecord, state: BillingState) -> dict[str, Any]:
    """What has to be the same. Failed attempts are only seen by a fetch while they are the newest."""
    lifecycle = state.lifecycles[OURS]
    return {
        "tier": state.tier,
        "status": state.status,
        "periods": [(each.payment.ref, each.start, each.end) for each in lifecycle.accepted],
        "rejected": [(each.payment.ref, each.rejection) for each in lifecycle.unexpected],
        "ended": lifecycle.ended_at,
        "operations": sorted((each.dedupe_key, each.kind) for each in state.operations),
        "payments": sorted(
            (each.ref, each.amount, each.at, each.period_start, each.period_end, each.instrument)
            for each in record.payments.values()
            if each.status == "captured"
        ),
        "refunds": sorted((each.ref, each.status, each.amount, each.returned) for each in record.refunds.values()),
        "disputes": sorted((each.ref, each.status) for each in record.disputes.values()),
        "attempts": sorted((each.kind, each.at, each.n or 0) for each in record.lifecycle_events.values()),
    }


@pytest.mark.parametrize("seed", LIVES)
def test_events_in_any_order_beside_any_fetches_lead_to_one_state(seed: int) -> None:
    life = Life(seed).live()
    events = [provider.observe(f"evt_{n}", body).observation for n, body in enumerate(life.bodies)]
    *between, last = life.fetches
    wanted = _proof(*life.observed([*events, last]))
    chance = random.Random(seed)

    for _ in range(WAYS):
        way = [*events, last, *chance.sample(between, chance.randint(0, len(between)))]
        way += chance.choices(events, k=2)
        chance.shuffle(way)
        assert _proof(*life.observed(way)) == wanted


def test_a_fetch_alone_leads_to_the_same_access_as_all_events() -> None:
    for seed in LIVES[:10]:
        life = Life(seed).live()
        events = [provider.observe(f"evt_{n}", body).observation for n, body in enumerate(life.bodies)]
        if any(each.disputes for each in events):
            continue  # they come by events alone

        _, from_events = life.observed([*events, life.fetches[-1]])
        _, fetched = life.observed([life.fetches[-1]])

        assert (from_events.tier, from_events.status) == (fetched.tier, fetched.status)


def test_a_lost_event_about_its_end_is_replaced_by_a_fetch() -> None:
    life = Life(1)
    life.engine.pay(life.session, OK)
    life._look()
    life.engine.cancel_now(next(iter(life.engine.account.all("subscription"))))
    life._look()
    events = [provider.observe("evt", body).observation for body in life.bodies]
    kept = [each for each in events if not any(snapshot.ended for snapshot in each.snapshots)]

    _, state = life.observed([*kept, life.fetches[-1]])

    assert len(kept) < len(events)
    assert state.lifecycles[OURS].subscription.ended
