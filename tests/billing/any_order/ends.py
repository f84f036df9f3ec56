"""The final state of a user's subscriptions: what they see and were charged, without random values."""

import json
from typing import Any, LiteralString

from oneai.billing.facts import our_id
from tests.billing.any_order.many_ways import User
from tests.world import Database

# Of each: whose it is, and what has to be the same. A trial begins when it is known what its mandate was given for,
# which depends on when it is asked about; so does a cancellation for a replacement that starts later, and a receipt for
# a debit that comes before it is known.
_SEEN: dict[str, LiteralString] = {
    "person": """
        select id, jsonb_build_array(jsonb_build_array(
          subscription_tier, subscription_status, subscription_id, quota_since, quota_anchor, plan_limits, seats))
        from oneai.workspaces where id = any(%s)""",
    "subscriptions": """
        select workspace_id, jsonb_agg(jsonb_build_array(id, status, plan_id, amount, current_period_start,
          current_period_end, case when not exists (
            select from oneai.subscriptions as n where n.replaces = s.id and n.start_at is not null)
          then cancel_requested_at end, cancelled_at, access_ends_at, superseded_at, trial_start is not null,
          trial_end))
        from oneai.subscriptions as s where workspace_id = any(%s) group by 1""",
    # To the minute: a window of three hours without a payment starts when it is read.
    "quotas": """
        select workspace_id, jsonb_agg(jsonb_build_array(quota_key, subscription_tier, quota_limit, used, reserved,
          reset_frequency, date_trunc('minute', window_start), date_trunc('minute', next_reset_at)))
        from oneai.usage_quotas where workspace_id = any(%s) group by 1""",
    "history": """
        select workspace_id, jsonb_agg(jsonb_build_array(
          case when cause not like 'trial:%%' then changed_at end, change_reason, old_tier, new_tier, subscription_id,
          cause, metadata - 'found_by'))
        from oneai.subscription_history where workspace_id = any(%s) group by 1""",
    "payments": """
        select workspace_id, jsonb_agg(jsonb_build_array(provider_payment_id, subscription_id, order_id, status, amount,
          amount_refunded, captured_at, period_start, period_end, tier, quarantined_at is not null))
        from oneai.payments where workspace_id = any(%s) group by 1""",
    "refunds": """
        select p.workspace_id, jsonb_agg(jsonb_build_array(r.provider_refund_id, p.provider_payment_id, r.amount,
          r.status,
          r.refunded_at))
        from oneai.refunds as r join oneai.payments as p on p.id = r.payment_id
        where p.workspace_id = any(%s) group by 1""",
    "asked back": """
        select p.workspace_id, jsonb_agg(jsonb_build_array(c.dedupe_key, c.reason, c.payment_id, c.amount, c.as_of,
          c.state))
        from oneai.provider_operations as c join oneai.payments as p on p.id = c.payment_id
        where p.workspace_id = any(%s) and c.kind = 'refund' and c.state <> 'cancelled' group by 1""",
    "orders": """
        select workspace_id, jsonb_agg(jsonb_build_array(id, provider_order_id, amount, currency, description))
        from oneai.orders where workspace_id = any(%s) group by 1""",
    "to be ended": """
        select s.workspace_id, jsonb_agg(jsonb_build_array(c.dedupe_key, c.kind, c.reason, c.state))
        from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        where s.workspace_id = any(%s) and c.kind <> 'refund' and c.state <> 'cancelled'
          and not (s.snapshot ->> 'ended')::boolean group by 1""",
    "trials": """
        select user_id, jsonb_agg(jsonb_build_array(subscription_id, instrument_hash is not null))
        from oneai.trials where user_id = any(%s) group by 1""",
    "invoices": """
        select i.workspace_id, jsonb_agg(jsonb_build_array(p.provider_payment_id, i.kind, i.total, i.period_start))
        from oneai.invoices as i join oneai.payments as p on p.id = i.payment_id
        where i.workspace_id = any(%s) group by 1""",
    # Without times: credits are booked when their payment is known, and an end moves by the days of a dispute.
    "credits": """
        select workspace_id, jsonb_agg(jsonb_build_array(kind, granted_micro_usd, remaining_micro_usd, used_micro_usd,
          voided_at is not null, refunded_micro_usd, disputed, frozen_at is not null, owed_micro_usd))
        from oneai.credit_grants where workspace_id = any(%s) group by 1""",
    "ledger": """
        select workspace_id, jsonb_agg(jsonb_build_array(account, amount)) from (
          select workspace_id, account, sum(amount_micro_usd) as amount from oneai.ledger_entries
          group by 1, 2) as booked
        where workspace_id = any(%s) group by 1""",
    "blocks": """
        select b.workspace_id, jsonb_agg(p.provider_payment_id)
        from oneai.credit_blocks as b join oneai.payments as p on p.id = b.payment_id
        where b.workspace_id = any(%s) group by 1""",
    "receipts": """
        select user_id, jsonb_agg(cause_key)
        from oneai.outbox where kind = 'payment_receipt' and user_id = any(%s) and not exists (
          select from oneai.payments as p join oneai.subscriptions as n on n.replaces = p.subscription_id
          where p.id::text = cause_key and n.start_at is not null and p.amount_refunded = p.amount) group by 1""",
    "alerts": """
        select p.workspace_id, jsonb_agg(jsonb_build_array(a.kind, a.subject))
        from oneai.operator_alerts as a join oneai.payments as p on p.provider_payment_id = a.subject
        where p.workspace_id = any(%s) and a.kind in ('payment_refunded', 'payment_disputed', 'payment_quarantined')
          and (a.kind <> 'payment_quarantined' or p.quarantined_at is not null) group by 1""",
}
# Of each there may be fewer than in the right way, never more: a failure that arrives after its payment causes no
# reminder, and an end or a refund that arrives first leaves no provider call to make. What a later start replaces is
# cancelled at its end, and again if the start is known before that end. A lost dispute whose later win arrives first is
# mailed as won before it is mailed as lost.
AT_MOST: dict[str, LiteralString] = {
    "reminders": """
        select user_id, jsonb_agg(cause_key)
        from oneai.outbox where kind <> 'payment_receipt' and user_id = any(%s) and not exists (
          select from oneai.subscriptions as n where n.replaces::text = cause_key and n.start_at is not null)
          and not exists (select from oneai.disputes as d
            where d.status = 'lost' and kind = 'credit_dispute' and starts_with(cause_key, d.payment_id || '/won/'))
        group by 1""",
    "ever notified": """
        select s.workspace_id, jsonb_agg(jsonb_build_array(c.dedupe_key, c.kind, c.reason))
        from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        where s.workspace_id = any(%s) and not (c.kind = 'cancel' and exists (
          select from oneai.subscriptions as n where n.replaces = s.id and n.start_at is not null)) group by 1""",
    "alerts of calls": """
        select s.workspace_id, jsonb_agg(distinct jsonb_build_array(a.kind, a.subject))
        from oneai.operator_alerts as a join oneai.subscriptions as s on a.subject = s.provider_subscription_id
          or a.subject in (select p.provider_payment_id from oneai.payments as p where p.subscription_id = s.id)
        where s.workspace_id = any(%s) and a.kind in ('two_subscriptions', 'payment_slipped_through') group by 1""",
}


def ends(database: Database, people: list[User]) -> list[dict[str, Any]]:
    """The final state of each user, in current quota windows, with ids replaced by their position in the history."""
    for frequency in ("3hour", "daily", "monthly"):
        database.rows("select oneai.reset_due_quotas(%s, 10000)", frequency)
    ids = [user.id for user in people]
    found = {name: dict(database.rows(query, ids)) for name, query in (_SEEN | AT_MOST).items()}
    own = _ids_of_payments(database, people)
    return [
        {name: _named(found[name].get(user.id), _places(user) | own[str(user.id)]) for name in found} for user in people
    ]


def differing(end: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The differences from the expected state."""
    unlike = {name: (end[name], wanted[name]) for name in _SEEN if end[name] != wanted[name]}
    more = {name: [each for each in end[name] if each not in wanted[name]] for name in AT_MOST}
    return unlike | {name: found for name, found in more.items() if found}


def by_hand(database: Database, user: User) -> tuple[str, str, int]:
    """Tier, status, and what was taken and not given back."""
    found: tuple[str, str, int] = database.one(
        "select subscription_tier, subscription_status, (select sum(p.amount - p.amount_refunded)::integer "
        "from oneai.payments as p where p.workspace_id = u.id and p.captured_at is not null) "
        "from oneai.workspaces as u where u.id = %s",
        user.id,
    )
    return found


def _places(user: User) -> dict[str, str]:
    """The meaning of each id of this history."""
    found = {str(user.id): "the user"}
    for number, row in enumerate(user.life.rows):
        found |= {str(row.id): f"subscription {number}", row.ref: f"subscription {number} there"}
    found |= {str(our_id("order", *key)): f"order {number}" for number, key in enumerate(user.life.orders)}
    for kind, refs in user.life.things.items():
        found |= {ref: f"{kind} {number} there" for number, ref in enumerate(refs)}
    for number, (provider, ref) in enumerate(user.life.refunds):
        found[str(our_id("refund", provider, ref))] = f"refund {number}"
    return found


def _ids_of_payments(database: Database, people: list[User]) -> dict[str, dict[str, str]]:
    """Our own ids of payments, which are made by chance, by the provider's."""
    found: dict[str, dict[str, str]] = {str(user.id): {} for user in people}
    places = {str(user.id): _places(user) for user in people}
    query: LiteralString = """
        select workspace_id::text, id::text, provider_payment_id from oneai.payments where workspace_id = any(%s)"""
    for user, ours, ref in database.rows(query, [user.id for user in people]):
        found[user][ours] = places[user].get(ref, ref).removesuffix(" there")
    return found


def _named(value: Any, places: dict[str, str]) -> Any:
    """Each id replaced by what it stands for, which is also the order of what happened at one moment."""
    text = json.dumps(value)
    for record, place in places.items():
        text = text.replace(record, place)
    named = json.loads(text)
    return sorted(named or [], key=json.dumps)
