"""Invariants of payments: each charge and refund of the provider is recorded and invoiced once, and gives its plan."""

from typing import Any, LiteralString

import psycopg

from bench.invariants.checks import Check, of_rows
from stand_ins.razorpay.state import Account

_TAKEN = ("captured", "refunded", "disputed")
_QUERIES: dict[str, LiteralString] = {
    "a payment has one invoice over its amount": """
        select p.provider_payment_id, p.amount, count(i.id), coalesce(sum(i.total), 0)
        from oneai.payments as p left join oneai.invoices as i on i.payment_id = p.id and i.kind = 'invoice'
        where p.captured_at is not null and p.quarantined_at is null and p.amount_refunded < p.amount
        group by p.id having count(i.id) <> 1 or sum(i.total) <> p.amount
    """,
    "invoices and credit notes have numbers without a gap": """
        select s.kind, s.financial_year, 'last ' || s.last_number, count(i.id) || ' documents'
        from oneai.invoice_series as s
        left join oneai.invoices as i on i.kind = s.kind
          and substr(i.number, position('/' in i.number) + 1, 5)
            = left(s.financial_year, 2) || '-' || right(s.financial_year, 2)
        group by s.kind, s.financial_year, s.last_number having count(i.id) <> s.last_number
    """,
    "a payment is granted once: one entry in the history, one receipt": """
        select p.provider_payment_id, 'receipts ' || count(o.id) from oneai.payments as p
        join oneai.outbox as o on o.kind = 'payment_receipt' and o.data ->> 'payment_id' = p.provider_payment_id
        group by p.id having count(o.id) > 1
        union all
        select h.workspace_id::text, h.change_reason || ' ' || count(*) from oneai.subscription_history as h
        where h.change_reason = 'new_subscription' and h.subscription_id is not null
        group by h.workspace_id, h.subscription_id, h.change_reason having count(*) > 1
    """,
    "no event of the provider and no operation is left to do": """
        select 'event', event_id, kind, state, problem from oneai.provider_events where state = 'pending'
        union all select 'operation', id::text, kind, state, last_error from oneai.provider_operations
        where state = 'failed' or state = 'pending' and due_at <= oneai.now()
    """,
}


def check_payments(connection: psycopg.Connection[Any], account: Account) -> list[Check]:
    """The checks of all payments; `account` is the state of the provider.

    Before, every event has to be delivered or replaced by a reconciliation.
    """
    ours = {
        row[0]: row[1:]
        for row in connection.execute(
            "select provider_payment_id, amount, amount_refunded, currency from oneai.payments "
            "where captured_at is not null"
        ).fetchall()
    }
    theirs = {
        payment["id"]: (payment["amount"], payment["amount_refunded"] or 0, payment["currency"])
        for payment in account.payments.values()
        if payment["status"] in _TAKEN
    }
    unlike = [
        (ref, f"provider {theirs.get(ref, 'has none')}", f"recorded {ours.get(ref, 'none')}")
        for ref in sorted(ours.keys() | theirs.keys())
        if ours.get(ref) != theirs.get(ref)
    ]
    queried = [of_rows(sentence, connection.execute(query).fetchall()) for sentence, query in _QUERIES.items()]
    return [
        of_rows("every payment and refund of the provider is recorded once, and no other", unlike),
        of_rows("a user has the plan that the provider is paid for", _unlike_plans(connection, account)),
        *queried,
    ]


def _unlike_plans(connection: psycopg.Connection[Any], account: Account) -> list[tuple[str, str, str]]:
    """Workspaces whose tier differs from that of their active subscription at the provider, without those that an
    operator granted a plan."""
    active: dict[str, str] = {}
    for record in account.subscriptions.values():
        notes = record.entity["notes"]
        if record.status == "active" and isinstance(notes, dict):
            active[str(notes["oneai_user"])] = record.entity["id"]
    not_granted = (
        "select id::text, subscription_tier from oneai.workspaces as w "
        "where not exists (select from oneai.plan_grants as g where g.workspace_id = w.id)"
    )
    tiers = dict(connection.execute(not_granted).fetchall())
    return [
        (user, f"tier {tiers.get(user, 'of no user')}", f"active at the provider: {ref}")
        for user, ref in active.items()
        if tiers.get(user) in ("free", "none")
    ] + [
        (user, f"tier {tier}", "nothing active at the provider")
        for user, tier in tiers.items()
        if tier not in ("free", "none") and user not in active
    ]
