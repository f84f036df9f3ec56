"""Invariants of visitors' conversations: what was said is stored once, and one status and one person have each."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from bench.invariants.checks import Check, of_rows


@dataclass
class SentText:
    """A message of a visitor or a member, whose words no other has."""

    id: str
    content: str
    asked_in: str | None
    """The conversation that it named."""
    by_member: bool = False
    is_stored: bool = False
    """Whether the service said so; if not, it refused the message."""
    refusals: tuple[str, ...] = ()
    """The codes of the refusals."""
    conversation: str | None = None


@dataclass
class Talks:
    """What was said in a run."""

    said: list[SentText] = field(default_factory=list)


_CHECKS: dict[str, LiteralString] = {
    "a conversation has the status that its last event says": """
        select i.conversation_id, i.status, e.kind from oneai.inbox_conversations as i
        join lateral (
          select kind from oneai.inbox_events as n
          where n.conversation_id = i.conversation_id order by n.id desc limit 1) as e on true
        where not case when e.kind in ('released', 'returned') then i.status = 'bot'
          when e.kind = 'resolved' then i.status in ('resolved', 'bot') else i.status = 'open' end
        union all
        select i.conversation_id, i.status, 'no event' from oneai.inbox_conversations as i
        where i.status <> 'bot' and not exists (
          select from oneai.inbox_events as e where e.conversation_id = i.conversation_id)
    """,
    "no one takes a conversation that another member has": """
        select n.conversation_id, n.member_id, n.before from (
          select e.*, lag(e.member_id) over w as before, lag(e.kind) over w as kind_before
          from oneai.inbox_events as e window w as (partition by e.conversation_id order by e.id)) as n
        where n.kind = 'claimed' and n.kind_before = 'claimed'
    """,
    "no answer of the chatbot begins while people have the conversation": """
        select m.conversation_id, m.id, e.kind from oneai.chat_messages as m
        join lateral (
          select n.kind from oneai.inbox_events as n
          where n.conversation_id = m.conversation_id and n.after_number < m.sequence_number
          order by n.id desc limit 1) as e on true
        where m.visitor_id is not null and m.role = 'assistant' and m.model_id <> 'member'
          and e.kind in ('handed_off', 'claimed', 'unassigned')
    """,
    "the inbox counts every message of a conversation once, in its order": """
        select i.conversation_id, 'counted ' || i.messages, 'stored ' || count(m.id), 'last ' || max(m.sequence_number)
        from oneai.inbox_conversations as i left join oneai.chat_messages as m on m.conversation_id = i.conversation_id
        group by i.conversation_id having i.messages <> count(m.id) or i.messages <> max(m.sequence_number)
    """,
    "a chatbot has spent what its answers cost, and nothing is held": """
        select b.chatbot_id, 'spent ' || sum(b.micro_usd), 'events ' || coalesce(min(e.cost), 0)
        from oneai.chatbot_budgets as b
        left join (
          select chatbot_id, sum(cost_micro_usd) as cost from oneai.usage_events where user_id is null group by 1) as e
          on e.chatbot_id = b.chatbot_id
        where b.period = 'day' and b.chatbot_id <> b.workspace_id group by b.chatbot_id
        having sum(b.micro_usd) <> coalesce(min(e.cost), 0)
    """,
    "the number of changes of an inbox is that of its newest change": """
        select c.workspace_id, 'counter ' || c.n, 'newest ' || max(g.n) from oneai.inbox_counters as c
        join oneai.inbox_changes as g on g.workspace_id = c.workspace_id
        group by c.workspace_id, c.n having c.n <> max(g.n)
    """,
}


def check_inbox(connection: psycopg.Connection[Any], talks: Talks) -> list[Check]:
    """The checks of visitors' conversations in the database, and of what was said in them."""
    rows = connection.execute(
        "select content, role = 'assistant' from oneai.chat_messages where visitor_id is not null and "
        "(role = 'user' or model_id = 'member')"
    ).fetchall()
    stored = Counter(rows)
    wrong = [
        f"{each.content} {'was stored' if each.is_stored else f'was refused {each.refusals}'}, is there {count} times"
        for each in talks.said
        if (count := stored[each.content, each.by_member]) != int(each.is_stored)
    ]
    books = [of_rows(sentence, connection.execute(query).fetchall()) for sentence, query in _CHECKS.items()]
    return [Check("what visitors and members said is stored once, and nothing that was refused", tuple(wrong)), *books]
