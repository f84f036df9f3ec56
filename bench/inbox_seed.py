"""Fills a database with visitors' conversations: by default 1,000,000 with 5,000,000 messages, nine tenths of them in
the inbox of one workspace, the rest in those of 100 others.

Postgres makes the rows, because Python would need an hour. The work of the row triggers is done here for all rows
together, so they are off. A text is one of `TEXTS`, whose words have a natural frequency; each conversation begins with
a number of its own, and one has a word that no other has. Each run creates the same rows.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg

from bench.conversation_seed import new_id
from bench.loading import PERSONAL_WORKSPACES, bulk_connection, indexes_last
from bench.report import step
from bench.vocabulary import Words
from oneai.chatbots.fields import Configuration, Limits

RARE = "xylographer"
OTHERS = 100
CHATBOTS = 5
TEXTS = 20_000
TABLES = ("conversations", "chat_messages", "chatbot_visitors", "inbox_conversations", "inbox_texts")
# Rows of one statement.
PORTION = 50_000


@dataclass(frozen=True)
class Size:
    """The number of conversations, and of their messages."""

    conversations: int = 1_000_000
    messages_each: int = 5

    @property
    def messages(self) -> int:
        """All messages."""
        return self.conversations * self.messages_each


@dataclass(frozen=True)
class Seeded:
    """The user with the large inbox, one of its chatbots, another member, and the time of the newest message."""

    owner: UUID
    chatbot: UUID
    member: UUID
    now: datetime

    def to_text(self) -> str:
        """For `from_text`."""
        return " ".join([str(self.owner), str(self.chatbot), str(self.member), self.now.isoformat()])

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The rows of an earlier run."""
        *ids, now = text.split(" ")
        owner, chatbot, member = map(UUID, ids)
        return cls(owner, chatbot, member, datetime.fromisoformat(now))


def fill(address: str, size: Size) -> Seeded:
    """Fills the empty database at `address` (a superuser's) and analyzes it."""
    chance = random.Random(2026)
    with bulk_connection(address) as connection:
        people = [new_id(chance) for _ in range(OTHERS + 1)]
        members = [people[0], *(new_id(chance) for _ in range(19))]
        bots = [(new_id(chance), person) for person in people for _ in range(CHATBOTS)]
        connection.execute(USERS, [people + members[1:]])
        connection.execute(PERSONAL_WORKSPACES)
        connection.execute(MEMBERS, [people[0], members[1:]])
        draft, limits = Configuration(model="openai/gpt-4.1-mini").model_dump_json(), Limits().model_dump_json()
        connection.cursor().executemany(CHATBOT, [(*bot, draft, limits) for bot in bots])
        _texts(connection, Words(chance), people[0])
        connection.execute(BOTS)
        connection.execute(CHANCE)
        # Its statements may have several parts.
        filling = psycopg.ClientCursor(connection)
        said = {"each": size.messages_each, "texts": TEXTS, "rare": RARE}
        step(f"{size.conversations:,} conversations with {size.messages:,} messages")
        with indexes_last(connection, TABLES):
            for first in range(0, size.conversations, PORTION):
                last = min(first + PORTION, size.conversations) - 1
                part = {"first": first, "last": last, "all": size.conversations, "members": members}
                for query in (TALKS, CONVERSATIONS, VISITORS, INBOX, MESSAGES, WORDS):
                    filling.execute(query, part | said)
                step(f"{last + 1:,} conversations")
        connection.execute(TAGS)
        assert connection.execute(WRONG).fetchone() == (0,)
        step("analyzing")
        connection.execute("vacuum analyze")
        row = connection.execute("select max(last_message_at) from oneai.inbox_conversations").fetchone()
    assert row is not None
    return Seeded(people[0], bots[0][0], members[1], row[0].astimezone(UTC))


def _texts(connection: psycopg.Connection[Any], words: Words, owner: UUID) -> None:
    """What is said, with its words as the large workspace searches them."""
    connection.execute("create temp table texts (n integer primary key, content text, words tsvector)")
    with connection.cursor() as cursor, cursor.copy("copy texts (n, content) from stdin") as rows:
        for number in range(TEXTS):
            rows.write_row((number, words.text(8 + number % 30)))
    connection.execute("update texts set words = oneai.search_vector(%s, content)", [owner])
    connection.execute("analyze texts")


USERS: LiteralString = """
    insert into oneai.users (id, email) select id, id || '@example.com' from unnest(%s::uuid[]) as id"""
MEMBERS: LiteralString = """
    insert into oneai.workspace_members (workspace_id, user_id, role)
    select %s, id, 'member' from unnest(%s::uuid[]) as id"""
CHATBOT: LiteralString = """
    insert into oneai.chatbots (id, workspace_id, public_id, name, draft, limits, status)
    values (%s, %s, oneai.new_public_id(), 'Help', %s, %s, 'draft')"""
# The chatbots by number: the first five are those of the large workspace.
BOTS: LiteralString = """
    create temp table bots as
    select row_number() over (order by c.ctid) - 1 as place, c.id, c.workspace_id,
      oneai.search_key(c.workspace_id) as key
    from oneai.chatbots as c"""
# A number from 0 to 1 that belongs to n and k.
CHANCE: LiteralString = """
    create function pg_temp.chance(n bigint, k bigint) returns double precision language sql immutable
    as 'select (hashint8extended(n, k) & 1048575) / 1048576.0'"""
# Conversation n, in the order of time. Each visitor has two.
TALKS: LiteralString = """
    create temp table talks as
    select n, md5('talk ' || n)::uuid as id, md5('visitor ' || n / 2)::uuid as visitor, b.id as bot,
      b.workspace_id as workspace, b.key,
      oneai.now() - interval '365 days' * ((%(all)s - n) / %(all)s::double precision) as at, b.place < 5 as large,
      pg_temp.chance(n, 1) as status, pg_temp.chance(n, 2) as tag, pg_temp.chance(n, 3) as page,
      pg_temp.chance(n, 4) as csat, pg_temp.chance(n, 5) as language, pg_temp.chance(n, 6) as outcome,
      pg_temp.chance(n, 7) as charge,
      (%(members)s::uuid[])[1 + 20 * pg_temp.chance(n, 8)] as member
    from generate_series(%(first)s, %(last)s) as n
    join bots as b on b.place = case when n / 2 %% 10 < 9 then n / 2 %% 5
      else 5 + n / 20 %% (select count(*) - 5 from bots) end
    order by n"""
CONVERSATIONS: LiteralString = """
    insert into oneai.conversations (
      id, visitor_id, chatbot_id, workspace_id, title, created_at, updated_at, last_message_at)
    select id, visitor, bot, workspace, 'Order ' || n, at, at, at from talks order by n"""
VISITORS: LiteralString = """
    insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id, created_at, last_seen_at)
    select visitor, min(bot::text)::uuid, min(workspace::text)::uuid, min(at), max(at) from talks
    group by visitor order by min(n)"""
# Six in ten are the chatbot's; one in a hundred is open, and one is spam; one in two of the rest has an assignee.
INBOX: LiteralString = """
    insert into oneai.inbox_conversations (
      conversation_id, workspace_id, chatbot_id, visitor_id, status, status_before, resolved_at, spam, assignee_id,
      tags, csat, csat_of, messages, last_outcome, language, page, device,
      cost_micro_usd, charged_micro_usd, created_at, last_message_at)
    select id, workspace, bot, visitor, s.status, case when s.status = 'snoozed' then 'bot' end,
      case when s.status = 'resolved' then at end, n %% 100 = 0,
      case when large and n %% 2 = 0 and s.status in ('open', 'resolved') then member end,
      case when tag < 0.1 then array['Order'] when tag < 0.1001 then array['Rare'] else '{}' end,
      case when csat < 0.1 then 1 + floor(csat * 50) end, case when csat < 0.1 then 'bot' end, %(each)s,
      case when outcome < 0.8 then 'answered' when outcome < 0.99 then 'not_found' else 'handoff' end,
      case when language < 0.75 then 'en' when language < 0.98 then 'hi-IN' else 'pt-BR' end,
      'https://tea.example.com/' || floor(500 * page * page * page), 'phone', 900,
      floor(1000000 * charge * charge * charge), at, at
    from talks cross join lateral (select case when talks.status < 0.6 then 'bot'
      when talks.status < 0.98 then 'resolved' when talks.status < 0.99 then 'open' else 'snoozed' end as status) as s
    order by n"""
TAGS: LiteralString = """
    insert into oneai.inbox_tag_amounts (workspace_id, name, amount)
    select workspace_id, unnest(tags), count(*) from oneai.inbox_conversations where tags <> '{}' group by 1, 2"""
# The first message has a number of its own.
MESSAGES: LiteralString = """
    create temp table said as
    select md5('message ' || t.n || ' ' || s)::uuid as id, t.n, s, t.id as talk, t.workspace, t.key, t.large,
      x.n as text,
      case when s > 1 then x.content when t.n = 2001 then 'Order ' || t.n || ' ' || %(rare)s else 'Order ' || t.n end
        as content
    from talks as t cross join generate_series(1, %(each)s) as s
    left join texts as x on s > 1 and x.n = floor(%(texts)s * pg_temp.chance(t.n * 10 + s, 9))::integer;
    insert into oneai.chat_messages (id, conversation_id, visitor_id, workspace_id, role, content, model_id,
      sequence_number, parent_message_id, created_at)
    select d.id, d.talk, t.visitor, d.workspace,
      case when d.s %% 2 = 1 then 'user' else 'assistant' end::oneai.message_role, d.content, 'openai/gpt-4.1-mini',
      d.s, case when d.s > 1 then md5('message ' || d.n || ' ' || d.s - 1)::uuid end,
      t.at + interval '1 second' * d.s
    from said as d join talks as t on t.n = d.n order by d.n, d.s"""
# Words have the key of their workspace before them. `oneai.search_vector` would take most of the time.
WORDS: LiteralString = """
    insert into oneai.inbox_texts (message_id, conversation_id, workspace_id, words)
    select d.id, d.talk, d.workspace, case when d.large and d.text is not null then x.words
      when d.text is not null then replace(x.words::text, w.key, d.key)::tsvector
      else replace('#order:1 #' || d.n || ':2' || case when d.content like '%%' || %(rare)s
        then ' #' || %(rare)s || ':3' else '' end, '#', d.key)::tsvector end
    from said as d left join texts as x on x.n = d.text cross join (select key from bots where place = 0) as w;
    drop table said, talks"""
WRONG: LiteralString = """
    select count(*) from (
      select e.words, oneai.search_vector(e.workspace_id, m.content) as right_words
      from oneai.chat_messages as m join oneai.inbox_texts as e on e.message_id = m.id
      where m.sequence_number < 3 limit 3000) as n
    where words <> right_words"""
