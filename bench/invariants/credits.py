"""Invariants of credits: the books agree, each purchase has one grant, and each answer that credits paid one charge."""

from typing import Any, LiteralString

import psycopg

from bench.invariants.checks import Check, of_rows

_CHECKS: dict[str, LiteralString] = {
    "no credits are held": """
        select 'hold', id::text, open_micro_usd::text from oneai.credit_holds where open_micro_usd > 0
        union all select 'balance', workspace_id::text, held_micro_usd::text from oneai.credit_balances
          where held_micro_usd <> 0
        union all select 'grant', id::text, held_micro_usd::text from oneai.credit_grants where held_micro_usd <> 0
        union all select 'day', day::text, sum(held_micro_usd)::text from oneai.credit_daily_spend
          group by day having sum(held_micro_usd) <> 0
    """,
    "a balance is the sum of its entries, and of what its grants have left": """
        select b.workspace_id, b.paid_micro_usd || ' ' || b.promotional_micro_usd || ' ' || b.owed_micro_usd,
          'entries ' || concat_ws(' ', e.paid, e.promotional, e.owed),
          'grants ' || concat_ws(' ', g.paid, g.promotional)
        from oneai.credit_balances as b
        cross join lateral (
          select coalesce(sum(amount_micro_usd) filter (where account = 'paid'), 0) as paid,
            coalesce(sum(amount_micro_usd) filter (where account = 'promotional'), 0) as promotional,
            coalesce(sum(amount_micro_usd) filter (where account = 'owed'), 0) as owed
          from oneai.ledger_entries as n where n.workspace_id = b.workspace_id) as e
        cross join lateral (
          select coalesce(sum(remaining_micro_usd + held_micro_usd) filter (where kind = 'paid'), 0) as paid,
            coalesce(sum(remaining_micro_usd + held_micro_usd) filter (where kind <> 'paid'), 0) as promotional
          from oneai.credit_grants as n where n.workspace_id = b.workspace_id) as g
        where (b.paid_micro_usd, b.promotional_micro_usd, b.owed_micro_usd) <> (e.paid, e.promotional, e.owed)
          or (b.paid_micro_usd, b.promotional_micro_usd) <> (g.paid, g.promotional)
    """,
    "the entries of a movement sum to zero, and each has the hash of the one before": """
        select 'movement', m.workspace_id::text, m.cause, coalesce(sum(e.amount_micro_usd)::text, 'no entries')
        from oneai.ledger_movements as m left join oneai.ledger_entries as e on e.movement_id = m.id
        group by m.id having sum(e.amount_micro_usd) is distinct from 0
        union all
        select 'entry', e.workspace_id::text, e.number::text, e.cause
        from (select n.*, lag(n.hash, 1, repeat('0', 64)) over chain as before, row_number() over chain as place
          from oneai.ledger_entries as n window chain as (partition by n.workspace_id order by n.number)) as e
        where (e.number, e.previous_hash) <> (e.place, e.before) or e.hash <> oneai.entry_hash(
          e.workspace_id, e.number, e.account, e.amount_micro_usd, e.cause, e.at, e.previous_hash)
    """,
    "a payment for credits has one grant and its bonus, and no other grant is of a payment": """
        select o.id, coalesce(p.provider_payment_id, 'no payment'), 'grants ' || count(g.id)
        from oneai.credit_orders as o left join oneai.payments as p on p.id = o.payment_id
        left join oneai.credit_grants as g on g.id = o.payment_id and g.kind = 'paid'
          and g.granted_micro_usd = o.credit_micro_usd or g.bonus_of = o.payment_id
          and g.granted_micro_usd = o.bonus_micro_usd
        where o.payment_id is not null or p.id is not null
        group by o.id, p.id having count(g.id) <> 1 + (o.bonus_micro_usd > 0)::integer
        union all
        select o.id, p.provider_payment_id, 'no grant' from oneai.credit_orders as o
        join oneai.payments as p on p.order_id = o.order_id
        where p.captured_at is not null and p.quarantined_at is null and p.amount_refunded = 0 and o.payment_id is null
        union all
        select g.id, g.kind, 'no order' from oneai.credit_grants as g join oneai.payments as p on p.id = g.id
        where not exists (select from oneai.credit_orders as o where o.payment_id = p.id)
    """,
    "what was used of grants and is owed is what answers were charged and not given back": """
        select h.workspace_id, 'charged ' || h.charged, 'booked ' || coalesce(e.used, 0),
          'events ' || coalesce(u.used, 0)
        from (select workspace_id, sum(charged_micro_usd - given_back_micro_usd) as charged
          from oneai.credit_holds group by workspace_id) as h
        left join (select workspace_id, sum(amount_micro_usd) as used from oneai.ledger_entries where account = 'used'
          group by workspace_id) as e on e.workspace_id = h.workspace_id
        left join (select workspace_id, sum(credits_micro_usd) as used from oneai.usage_events
          group by workspace_id) as u on u.workspace_id = h.workspace_id
        where h.charged <> coalesce(e.used, 0) or h.charged <> coalesce(u.used, 0)
    """,
    "an answer that credits paid has one hold and no unit of the plan": """
        select r.id, r.paid_by, 'held ' || (h.id is not null), 'units ' || coalesce(l.units, 0)
        from oneai.reservations as r left join oneai.credit_holds as h on h.id = r.id
        left join lateral (select sum(n.settled) as units from oneai.reservation_lines as n
          where n.reservation_id = r.id and oneai.unit_of(n.quota_key) = 'messages') as l on true
        where (r.paid_by = 'credits') <> (h.id is not null) and r.purpose <> 'document_embedding'
          or r.paid_by = 'credits' and coalesce(l.units, 0) <> 0
    """,
}


def check_credits(connection: psycopg.Connection[Any]) -> list[Check]:
    """The checks of all credits, which hold when nothing is running."""
    return [of_rows(sentence, connection.execute(query).fetchall()) for sentence, query in _CHECKS.items()]
