"""A business as chance makes it: users, answers, ratings and payments, as the service's triggers and jobs find them.

Hours are any of the day, so that some days of India are others in UTC.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tests.database.billing_rows import payment, refund
from tests.world import Database

INDIA = ZoneInfo("Asia/Kolkata")
FIRST = date(2026, 8, 1)
DAYS = 70
MODELS = ("maker/small", "maker/large", "other/fast")
PROVIDERS = ("One", "Two")
PRICES = {("pro", "INR", "monthly"): 79_900, ("pro", "USD", "monthly"): 999, ("pro", "INR", "yearly"): 799_000}
PRICES |= {("enterprise", "INR", "monthly"): 399_900}


def day_of(at: datetime) -> date:
    """The operator's day of a moment."""
    return at.astimezone(INDIA).date()


def end_of(day: date) -> datetime:
    """The end of the operator's day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), INDIA)


@dataclass
class Business:
    """The rows of a business, beside its database."""

    database: Database
    chance: random.Random
    users: dict[UUID, datetime] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[tuple[date, str, int]] = field(default_factory=list)

    def moment(self) -> datetime:
        """Any moment of the days there are."""
        return datetime.combine(FIRST, datetime.min.time(), INDIA) + timedelta(
            seconds=self.chance.randrange(DAYS * 86_400)
        )

    def sign_up(self, count: int) -> None:
        """Signs up this many users."""
        for _ in range(count):
            user, at = self.database.user(f"{uuid4().hex}@example.com"), self.moment()
            self.database.rows("update oneai.users set created_at = %s where id = %s", at, user)
            self.users[user] = at
        self.database.rows("truncate oneai.pending_user_changes")
        for at in self.users.values():
            self.database.rows("insert into oneai.pending_user_changes (at, deleted) values (%s, false)", at)

    def make_team(self) -> datetime:
        """Creates a team; when."""
        at = self.moment()
        self.database.rows("insert into oneai.workspaces (kind, created_at) values ('team', %s)", at)
        return at

    def use(self, count: int) -> None:
        """Inserts this many usage events, of any purpose and outcome."""
        for _ in range(count):
            outcome = self.chance.choices(("complete", "stopped", "truncated", "failed"), (8, 1, 1, 1))[0]
            event = {
                "created_at": self.moment(),
                "user_id": self.chance.choice([*self.users, None]),
                "purpose": self.chance.choices(("answer", "correction", "embedding", "title"), (8, 1, 1, 1))[0],
                "outcome": outcome,
                "error_code": self.chance.choice(("upstream_error", "upstream_timeout", None))
                if outcome in ("failed", "truncated")
                else None,
                "subscription_tier": self.chance.choice(("free", "pro", "enterprise")),
                "charged": self.chance.randrange(2),
                "model_asked": self.chance.choice(MODELS),
                "model_served": self.chance.choice((*MODELS, None)),
                "provider": self.chance.choice((*PROVIDERS, None)),
                "prompt_tokens": self.chance.randrange(1000),
                "completion_tokens": self.chance.randrange(500),
                "cost_micro_usd": self.chance.randrange(-50, 5000),
                "first_token_ms": self.chance.choice((None, self.chance.randrange(1, 20_000))),
                "duration_ms": self.chance.randrange(1, 90_000) if outcome == "complete" else None,
            }
            if event["purpose"] == "correction":
                event |= {"charged": 0, "first_token_ms": None, "duration_ms": None}
            self.events.append(event)
            self.database.rows(
                "insert into oneai.usage_events (created_at, user_id, purpose, outcome, error_code, subscription_tier, "
                "charged, model_asked, model_served, provider, prompt_tokens, completion_tokens, cost_micro_usd, "
                "first_token_ms, duration_ms, workspace_id, price_version) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'v1')",
                *(*event.values(), event["user_id"]),
            )

    def rate(self, count: int) -> None:
        """Inserts this many ratings, which the trigger adds up."""
        for _ in range(count):
            day, model, rating = day_of(self.moment()), self.chance.choice(MODELS), self.chance.choice((1, 1, -1))
            self.ratings.append((day, model, rating))
            self.database.rows(
                "insert into oneai.daily_ratings as d values (%s, %s, %s, %s) on conflict (day, model) do update "
                "set positive = d.positive + excluded.positive, negative = d.negative + excluded.negative",
                *(day, model, int(rating == 1), int(rating == -1)),
            )

    def pay(self, count: int) -> None:
        """Subscribes this many users, with renewals, failures, refunds, disputes, ends and changes of plan."""
        for user in self.chance.sample([*self.users], count):
            for _ in range(self.chance.choice((1, 1, 2))):
                self._subscription(user)

    def _subscription(self, user: UUID) -> None:
        (tier, currency, period), amount = self.chance.choice([*PRICES.items()])
        begins = self.moment()
        status = self.chance.choice(("active", "past_due", "unpaid", "paused", "cancelled"))
        ends = begins + timedelta(days=self.chance.randrange(1, 60))
        subscription = self.database.one(
            "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, "
            "provider_subscription_id, period, currency, amount, cancel_requested_at, cancelled_at, access_ends_at, "
            "superseded_at) "
            "values (%s, %s, %s, 'razorpay', %s, %s, %s, %s, %s, %s, %s, %s) returning id",
            *(user, tier, status, f"sub_{uuid4().hex[:14]}", period, currency, amount),
            self.chance.choice((None, None, begins)) if status == "active" else None,
            ends if status == "cancelled" else None,
            self.chance.choice((None, None, None, ends)),
            self.chance.choice((None, None, None, ends)),
        )
        length = timedelta(days=365 if period == "yearly" else 30)
        for n in range(1 if period == "yearly" else self.chance.randrange(1, 4)):
            start = begins + n * length
            columns: dict[str, Any] = {
                "currency": currency,
                "tier": tier,
                "created_at": start,
                "captured_at": start + timedelta(hours=self.chance.randrange(60)),
                "period_start": start,
                "period_end": start + length,
            }
            if self.chance.random() < 0.15:
                columns |= {"status": "failed", "captured_at": None}
            elif self.chance.random() < 0.1:
                columns |= {"quarantined_at": start, "released_at": self.chance.choice((None, start))}
            paid = payment(self.database, user, amount, of=subscription, **columns)
            if columns.get("status") != "failed":
                self._take_back(paid, amount, columns["captured_at"])

    def _take_back(self, paid: UUID, amount: int, captured_at: datetime) -> None:
        """Refunds and disputes of some payments, and invoices of others."""
        at = captured_at + timedelta(days=self.chance.randrange(20))
        if self.chance.random() < 0.2:
            back = self.chance.choice((amount, amount // 3))
            made = refund(self.database, paid, back, self.chance.choice(("processed", "processed", "pending")))
            self.database.rows("update oneai.refunds set refunded_at = %s where id = %s", at, made)
            (status,) = self.database.rows("select status from oneai.refunds where id = %s", made)
            if status == "processed":
                self.database.rows("update oneai.payments set amount_refunded = %s where id = %s", back, paid)
        elif self.chance.random() < 0.1:
            status = self.chance.choice(("lost", "lost", "won"))
            dispute = f"disp_{uuid4().hex[:10]}"
            self.database.rows(
                "insert into oneai.disputes values (%s, 'razorpay', %s, %s, %s)", paid, dispute, status, at
            )
        if self.chance.random() < 0.5:
            self.database.rows(
                "insert into oneai.invoices (kind, number, payment_id, currency, total, taxable, igst, tax_rate, sac, "
                "place_of_supply, description, seller, buyer) "
                "select 'invoice', %s, id, currency, amount, amount - %s, %s, 1800, '998315', 'KA', 'Pro', '{}', '{}' "
                "from oneai.payments where id = %s",
                *(uuid4().hex[:16], amount // 8, amount // 8, paid),
            )
