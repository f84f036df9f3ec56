"""Subscriptions and payments as they are once facts have been noted."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from tests.world import Database

TERMS = {
    "rate": 1800,
    "export_rate": 0,
    "sac": "998315",
    "description": "Pro, monthly",
    "seller": {"name": "OneAI", "address": "1 MG Road", "state": "KA", "gstin": "29AAAAA0000A1ZV"},
}


def move_to(database: Database, moment: datetime) -> None:
    """Lets it be `moment`."""
    database.rows("update local.clock set ahead = %s - pg_catalog.now()", moment)


def now(database: Database) -> datetime:
    """The time of the database."""
    found: datetime = database.one("select oneai.now()")
    return found


def subscription(database: Database, user: UUID, *, tier: str = "pro", period: str = "monthly") -> UUID:
    """One that is active."""
    found: UUID = database.one(
        "insert into oneai.subscriptions "
        "(workspace_id, plan_id, status, payment_provider, provider_subscription_id, period) "
        "values (%s, %s, 'active', 'razorpay', %s, %s) returning id",
        *(user, tier, f"sub_{uuid4().hex[:14]}", period),
    )
    return found


def payment(database: Database, user: UUID, amount: int = 118_000, *, of: UUID | None = None, **columns: Any) -> UUID:
    """Captured just now, for a month, in rupees; `columns` where it differs."""
    row = {
        "id": uuid4(),
        "workspace_id": user,
        "subscription_id": of or subscription(database, user),
        "payment_provider": "razorpay",
        "provider_payment_id": f"pay_{uuid4().hex[:14]}",
        "amount": amount,
        "amount_refunded": 0,
        "currency": "INR",
        "status": "captured",
        "captured_at": now(database),
        "created_at": now(database),
        "metadata": {},
        "invoiced_extras": [],
    } | columns
    database.rows(
        "insert into oneai.payments select * from jsonb_populate_record(null::oneai.payments, %s)",
        json.dumps(row, default=str),
    )
    found = row["id"]
    assert isinstance(found, UUID)
    return found


def refund(database: Database, paid: UUID, amount: int, status: str = "processed") -> UUID:
    """Some of it, given back."""
    found: UUID = database.one(
        "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
        "values (%s, 'razorpay', %s, %s, %s, oneai.now()) returning id",
        *(paid, f"rfnd_{uuid4().hex[:14]}", amount, status),
    )
    return found
