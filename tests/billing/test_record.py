"""The facts of a user are read as written, and every field has a column."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from oneai.billing import record_rows, rows
from oneai.billing.facts import Dispute, Payment, Refund, Snapshot
from oneai.billing.merge import Changes
from oneai.billing.record import KnownPrice, Subscription
from oneai.billing.record_rows import read_row
from tests.billing.projection.builders import BillingScenario
from tests.world import Database

COMPUTED = {"payment_ref", "subscription_ref", "checkout_cancelled", "ended_by_user", "snapshot_history"}


@pytest.mark.parametrize(
    ("table", "kind", "columns"),
    [
        ("subscriptions", Subscription, record_rows.SUBSCRIPTION_COLUMNS),
        ("payments", Payment, record_rows.PAYMENT_COLUMNS),
        ("refunds", Refund, record_rows.REFUND_COLUMNS),
        ("disputes", Dispute, record_rows.DISPUTE_COLUMNS),
        ("prices", KnownPrice, record_rows.PRICE_COLUMNS),
    ],
)
def test_every_field_is_read_from_a_column(
    database: Database, table: str, kind: type[Any], columns: dict[str, str]
) -> None:
    query = "select column_name::text from information_schema.columns where table_schema = 'oneai' and table_name = %s"
    named = {columns.get(each.name, each.name) for each in fields(kind) if each.name not in COMPUTED}
    assert named <= set(database.rows(query, table))


def test_facts_are_read_as_written() -> None:
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30)
    life.refunded("pay_a0", 2)
    life.disputed("pay_a0", 3, "open")
    life.paid_with("a", 0)
    record = life.record()
    (ours,) = record.subscriptions
    changes = Changes({ours}, set(record.payments), set(record.refunds), set(record.disputes))

    written = json.loads(json.dumps(rows.fact_rows(record, changes), default=rows.to_json))

    for kind, columns, name in (
        (Payment, record_rows.PAYMENT_COLUMNS, "payments"),
        (Refund, record_rows.REFUND_COLUMNS, "refunds"),
        (Dispute, record_rows.DISPUTE_COLUMNS, "disputes"),
    ):
        stored = [*getattr(record, name).values()]
        assert [read_row(kind, each, columns) for each in written[name]] == stored
    (subscription,) = written["subscriptions"]
    assert read_row(Snapshot, subscription["snapshot"]) == record.subscriptions[ours].snapshot
    instrument = {"id": subscription["id"], "instrument": subscription["mandate_instrument_hash"]}
    began = datetime(2026, 11, 1, tzinfo=UTC)
    as_stored = read_row(Subscription, instrument, tier="pro", created_at=began, payment_provider="razorpay")
    assert (as_stored.id, as_stored.instrument) == (UUID(str(ours)), b"card")
