"""Invariants of answers, quotas and usage: every answer is final, nothing is reserved, and used units equal charged
ones.

They are read as superuser, without running answers and after expired leases are settled.
"""

from typing import Any, LiteralString

import psycopg

from bench.invariants.checks import Check, of_rows

_CHECKS: dict[str, LiteralString] = {
    "every answer is in a final state": """
        select 'message', id, state from oneai.chat_messages where state = 'streaming'
        union all select 'conversation', id, answering_message_id::text from oneai.conversations
          where answering_message_id is not null or answering_until is not null
        union all select distinct 'pieces', message_id, kind from oneai.answer_pieces
        union all select 'follower of', message_id, expires_at::text from oneai.answer_followers
          where expires_at > oneai.now()
    """,
    "nothing is reserved": """
        select 'reservation', id::text, held_until::text from oneai.reservations where settled_at is null
        union all select 'quota', workspace_id || ' ' || quota_key, reserved::text from oneai.usage_quotas
          where reserved <> 0
        union all select 'member', workspace_id || ' ' || user_id || ' ' || quota_key, reserved::text
          from oneai.member_usage where reserved <> 0
        union all select 'line', l.reservation_id || ' ' || l.quota_key, l.held::text
          from oneai.reservation_lines as l join oneai.reservations as r on r.id = l.reservation_id
          where r.settled_at is not null and l.settled is null
        union all select 'spend of', day::text, sum(held_micro_usd)::text from oneai.daily_spend
          group by day having sum(held_micro_usd) <> 0
    """,
    "a search finds what was said, or the index has it in its queue": """
        select m.id, m.role, length(m.content) || ' characters'
        from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id and not c.temporary
        where oneai.search_vector(m.workspace_id, m.content) <> ''
          and m.visitor_id is null and not exists (select from oneai.search_entries as e where e.message_id = m.id)
          and not exists (
            select from oneai.search_queue as q join oneai.chat_messages as a on a.id = q.message_id
            where m.id in (a.id, a.parent_message_id))
    """,
    # `used` counts the current window; a line always belongs to the window that it was made in.
    "what a quota has used is what the answers of its window were charged": """
        select q.workspace_id, q.quota_key, 'used ' || q.used, 'charged ' || coalesce(sum(l.settled), 0)
        from oneai.usage_quotas as q
        left join oneai.reservations as r on r.workspace_id = q.workspace_id
        left join oneai.reservation_lines as l
          on l.reservation_id = r.id and l.quota_key = q.quota_key and l.window_start = q.window_start
        group by q.workspace_id, q.quota_key, q.used having q.used <> coalesce(sum(l.settled), 0)
    """,
    # A member's count belongs to the window that it names, which may be an earlier one than the pool's.
    "what a member has used is what their answers of its window were charged": """
        select m.workspace_id || ' ' || m.user_id, m.quota_key, 'used ' || m.used,
          'charged ' || coalesce(sum(l.settled), 0)
        from oneai.member_usage as m
        left join oneai.reservations as r
          on r.workspace_id = m.workspace_id and oneai.member_of(r) = m.user_id and r.counts_member
        left join oneai.reservation_lines as l
          on l.reservation_id = r.id and l.quota_key = m.quota_key and l.window_start = m.window_start
        where m.quota_key <> 'document_pages'
        group by m.workspace_id, m.user_id, m.quota_key, m.used having m.used <> coalesce(sum(l.settled), 0)
    """,
    "the members of a team have used what its pool has": """
        select w.id, q.quota_key, 'pool ' || q.used, 'members ' || coalesce(sum(m.used), 0)
        from oneai.workspaces as w join oneai.usage_quotas as q on q.workspace_id = w.id
        left join oneai.member_usage as m
          on m.workspace_id = w.id and m.quota_key = q.quota_key and m.window_start = q.window_start
        where w.personal_of is null group by w.id, q.quota_key, q.used having q.used <> coalesce(sum(m.used), 0)
    """,
    "no quota has used more than its limit": """
        select workspace_id, quota_key, 'used ' || used, 'limit ' || oneai.effective_limit(q, oneai.now()) + grace_units
        from oneai.usage_quotas as q where used + reserved > oneai.effective_limit(q, oneai.now()) + grace_units
    """,
    "every answer has one usage event, which charges what its reservation settled": """
        select r.id, 'events ' || count(e.id), 'charged ' || coalesce(sum(e.charged), 0), 'settled ' || l.settled
        from oneai.reservations as r
        join oneai.reservation_lines as l on l.reservation_id = r.id and oneai.unit_of(l.quota_key) = 'messages'
        left join oneai.usage_events as e
          on e.message_id = r.id and e.purpose in ('answer', 'embedding', 'page_reading', 'summary')
        where r.settled_at is not null
        group by r.id, l.settled having count(e.id) <> 1 or sum(e.charged) <> l.settled
        union all
        select e.message_id, 'events 1', 'charged ' || e.charged, 'no reservation' from oneai.usage_events as e
        where e.purpose in ('answer', 'embedding', 'page_reading', 'summary')
          and not exists (select from oneai.reservations as r where r.id = e.message_id)
    """,
    "a search of the web is charged as its reservation settled it, and only with its answer": """
        select r.id, 'charged ' || e.web_searches_charged, 'settled ' || coalesce(l.settled, 0)
        from oneai.reservations as r
        join oneai.usage_events as e on e.message_id = r.id and e.purpose = 'answer'
        left join oneai.reservation_lines as l on l.reservation_id = r.id and l.quota_key = 'web_searches'
        where r.settled_at is not null and (e.web_searches_charged <> coalesce(l.settled, 0)
          or e.web_searches_charged > 0 and e.charged = 0)
    """,
    # Embeddings, pages and summaries, which store nothing while they work.
    "a request whose process died after it was sent costs what was held for its prompt": """
        select r.id, r.purpose, 'held ' || r.prompt_micro_usd, 'cost ' || coalesce(e.cost_micro_usd, 0)
        from oneai.reservations as r left join oneai.usage_events as e on e.message_id = r.id and e.purpose = r.purpose
        where r.purpose <> 'answer' and r.sent_at is not null and r.settled_at > r.held_until
          and coalesce(e.cost_micro_usd, 0) < r.prompt_micro_usd and e.error_code = 'internal_error'
    """,
    # Text, an image, a tool call or a stop costs a unit; a failure costs none.
    "a failed answer is not charged, and one that has text is": """
        select m.id, m.state, 'charged ' || e.charged, length(m.content) || ' characters'
        from oneai.chat_messages as m join oneai.usage_events as e on e.message_id = m.id and e.purpose = 'answer'
        where (e.outcome = 'failed') <> (e.charged = 0) and e.outcome <> 'stopped'
          or m.state = 'failed' and m.content <> ''
    """,
    "the day's spend is what its usage events cost": """
        select coalesce(s.day, e.day), 'spend ' || coalesce(s.settled, 0), 'events ' || coalesce(e.cost, 0)
        from (select day, sum(settled_micro_usd) as settled from oneai.daily_spend group by day) as s
        full join (
          select (created_at at time zone 'UTC')::date as day, sum(cost_micro_usd) as cost
          from oneai.usage_events group by 1) as e using (day)
        where coalesce(s.settled, 0) <> coalesce(e.cost, 0)
    """,
    "a conversation has cost what its answers have cost": """
        select c.id, 'total ' || c.total_cost_micro_usd, 'events ' || coalesce(sum(e.cost_micro_usd), 0)
        from oneai.conversations as c
        left join oneai.usage_events as e on e.conversation_id = c.id and e.purpose in ('answer', 'correction')
        group by c.id having c.total_cost_micro_usd <> coalesce(sum(e.cost_micro_usd), 0)
    """,
    "usage that was rolled up adds up to its events": """
        select 'answers', 'rollups ' || r.n, 'events ' || e.n, 'cost ' || r.cost || ' and ' || e.cost,
          'credits ' || r.credits || ' and ' || e.credits
        from (select coalesce(sum(charged), 0) as n, coalesce(sum(cost_micro_usd), 0) as cost,
                coalesce(sum(credits_micro_usd), 0) as credits
              from oneai.usage_rollups) as r,
             (select coalesce(sum(charged), 0) as n, coalesce(sum(cost_micro_usd), 0) as cost,
                coalesce(sum(credits_micro_usd), 0) as credits
              from oneai.usage_events where rolled_up) as e
        where (r.n, r.cost, r.credits) <> (e.n, e.cost, e.credits)
    """,
    "no answer was written twice into its place": """
        select conversation_id, sequence_number, revision_number, count(*) from oneai.chat_messages
        group by 1, 2, 3 having count(*) > 1
        union all
        select m.id, m.sequence_number, m.revision_number, 0 from oneai.chat_messages as m
        where m.role = 'assistant' and m.model_id <> 'member' and not exists (
          select from oneai.chat_messages as q where q.id = m.parent_message_id and q.role = 'user')
    """,
}


def check_answers(connection: psycopg.Connection[Any]) -> list[Check]:
    """The checks of all answers, quotas and usage in the database."""
    return [of_rows(sentence, connection.execute(query).fetchall()) for sentence, query in _CHECKS.items()]
