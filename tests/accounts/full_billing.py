"""Payments, credits and operations at a provider of a user with something in every table."""

import json
from uuid import UUID, uuid4

from tests.billing.offers.offer_makers import insert_offer
from tests.world import Database

TERMS = {
    "rate": 1800,
    "export_rate": 0,
    "sac": "998315",
    "description": "Pro, a month",
    "seller": {"name": "OneAI", "address": "1 MG Road", "state": "KA", "gstin": None},
}


SNAPSHOT = {
    "payment_provider": "razorpay",
    "our_id": None,
    "plan_ref": "plan_pro",
    "status": "cancelled",
    "at": "2026-11-01T00:00:00+00:00",
    "ended": True,
    "short_url": "https://rzp.io/i/x",
}


def insert_billing_rows(database: Database, user: UUID) -> None:
    mine = json.dumps({"notes": {"user_id": str(user)}})
    ref = str(user)[:18]
    database.rows(
        "insert into oneai.billing_details (workspace_id, legal_name, address, state, country) "
        "values (%s, 'Asha Rao', '2 Church Street', 'KA', 'IN')",
        user,
    )
    subscription = database.one(
        "insert into oneai.subscriptions "
        "(workspace_id, plan_id, status, payment_provider, provider_subscription_id, cancel_reason, snapshot, "
        "metadata, mandate_instrument_hash) "
        "values (%s, 'pro', 'cancelled', 'razorpay', %s, 'I am leaving', %s, %s, sha256('card')) returning id",
        *(user, f"sub_{ref}", json.dumps(SNAPSHOT | {"ref": f"sub_{ref}"}), mine),
    )
    database.rows(
        "insert into oneai.subscription_history (workspace_id, new_tier, change_reason, metadata) "
        "values (%s, 'pro', 'new_subscription', %s)",
        *(user, mine),
    )
    payment = database.one(
        "insert into oneai.payments (workspace_id, subscription_id, payment_provider, provider_payment_id, amount, "
        "currency, status, captured_at, metadata, period_start, period_end) "
        "values (%s, %s, 'razorpay', %s, 49900, 'INR', 'captured', oneai.now(), %s, oneai.now(), "
        "oneai.now() + interval '1 month') returning id",
        *(user, subscription, f"pay_{ref}", mine),
    )
    database.rows("select oneai.issue_invoice(%s, %s)", payment, json.dumps(TERMS))
    database.rows("select oneai.roll_up_revenue(1000)")
    _provider_rows(database, user, subscription, payment)
    database.rows(
        "insert into oneai.orders (id, workspace_id, payment_provider, provider_order_id, amount, currency, "
        "description) "
        "values (gen_random_uuid(), %s, 'razorpay', %s, 118000, 'INR', 'Credits')",
        *(user, f"order_{ref}"),
    )
    database.rows(
        "insert into oneai.seat_orders (workspace_id, subscription_id, payment_provider, provider_order_id, seats, "
        "amount, currency, quoted_at, period_start, period_end, expires_at) "
        "values (%s, %s, 'razorpay', %s, 2, 118000, 'INR', "
        "oneai.now(), oneai.now(), oneai.now() + interval '1 month', oneai.now() + interval '1 hour')",
        *(user, subscription, f"order_{ref}"),
    )
    database.rows(
        "insert into oneai.provider_customers (payment_provider, workspace_id, ref) values ('stripe', %s, %s)",
        *(user, f"cus_{ref}"),
    )
    insert_offer(database, user)
    _credit_rows(database, user)
    database.rows("update oneai.payments set method = 'card' where id = %s", payment)


def _credit_rows(database: Database, user: UUID) -> None:
    """Credits that were bought, and an answer that they paid."""
    hold = uuid4()
    database.rows(
        "select oneai.grant_credits(%s, gen_random_uuid(), 'paid', 5000, oneai.now() + interval '1 year')", user
    )
    database.rows("select oneai.hold_credits(%s, %s, 300)", user, hold)
    database.rows("select oneai.settle_credits(%s, 200)", hold)
    database.rows("select oneai.seal_ledger_part(current_date, ('x' || left(%s, 2))::bit(8)::integer)", str(user))
    database.rows("insert into oneai.credit_prices (workspace_id, pattern, markup_percent) values (%s, '*', 200)", user)
    database.rows(
        "insert into oneai.credit_limits (workspace_id, kind, subject_id, micro_usd_per_month, month_start) "
        "values (%s, 'member', %s, 5000, oneai.now())",
        *(user, user),
    )
    # Of a team one of its owners bought them.
    buyer = database.one(
        "select user_id from oneai.workspace_members where workspace_id = %s order by role <> 'owner', user_id limit 1",
        user,
    )
    database.rows(
        "insert into oneai.credit_orders (id, workspace_id, user_id, credit_micro_usd, bonus_micro_usd, listed, "
        "amount, tax, currency, description, payment_provider, address_hash, expires_at) "
        "values (gen_random_uuid(), %s, %s, 10000000, 0, 99900, 99900, 0, "
        "'INR', 'Prepaid credits, USD 10.00', "
        "'razorpay', sha256('an address'), oneai.now())",
        *(user, buyer),
    )
    database.rows(
        "insert into oneai.credit_blocks (payment_id, workspace_id, user_id) values (gen_random_uuid(), %s, %s)",
        *(user, buyer),
    )
    database.rows("insert into oneai.credit_buying_limits (workspace_id, max_micro_usd) values (%s, 0)", user)
    database.rows(
        "insert into oneai.credit_warnings (workspace_id, refill_id, left_percent) values (%s, gen_random_uuid(), 50)",
        user,
    )
    database.rows(
        "insert into oneai.credit_recharges (workspace_id, user_id, payment_provider, is_on, turned_on_at, "
        "below_micro_usd, package_id, currency, per_month, needs_mandate) "
        "values (%s, %s, 'razorpay', false, oneai.now(), 0, 'credits_10', 'INR', 99900, true)",
        *(user, buyer),
    )


def _provider_rows(database: Database, user: UUID, subscription: UUID, payment: UUID) -> None:
    """Events of the payment provider, and operations."""
    ref = str(user)[:18]
    database.rows("insert into oneai.lifecycle_events values (%s, 'halted', '2026-11-01')", subscription)
    database.rows(
        "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
        "values (%s, 'razorpay', %s, 100, 'processed', '2026-11-01')",
        *(payment, f"rfnd_{ref}"),
    )
    database.rows("insert into oneai.disputes values (%s, 'razorpay', %s, 'won', '2026-11-01')", payment, f"disp_{ref}")
    database.rows(
        "insert into oneai.trials values (%s, %s, %s, %s, '2026-11-01')",
        *(user, user, f"card of {ref}".encode(), subscription),
    )
    database.rows(
        "insert into oneai.provider_operations (dedupe_key, kind, subscription_id, reason, state) "
        "values (%s, 'cancel', %s, 'requested', 'succeeded')",
        *(f"cancel:{subscription}", subscription),
    )
    database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, reason) values (%s, 'enterprise', 'a friend')", user
    )
    for name, state, refs in (
        ("1", "processed", (f"sub_{ref}", None)),
        ("2", "parked", (None, f"pay_{ref}")),
    ):
        database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, subscription_ref, "
            "payment_ref) values ('razorpay', %s, 'subscription.charged', %s, %s, %s, %s)",
            *(f"evt_{name}_{ref}", f'{{"email": "{user}"}}'.encode(), state, *refs),
        )
