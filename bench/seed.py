"""Fills a database with conversations: by default 1,000 users, 100,000 conversations, 2,000,000 messages.

Three messages in ten are revisions: regenerated answers, and edited questions with their own answers. One of the
conversations is very long, words have a natural frequency, and one word occurs once. Each run creates the same rows.

`python -m bench.seed ADDRESS [PART]` fills the database at ADDRESS. PART is a share of the default, such as 0.01.
"""

import random
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, count
from typing import Any
from uuid import UUID

import psycopg

from bench.conversation_seed import SeededConversation, messages, new_id
from bench.loading import bulk_connection, indexes_last
from bench.report import step
from bench.vocabulary import Words

# Used once, by the second user, in an ordinary conversation.
RARE = "xylographer"
# The longest conversation belongs to the first user; its messages count without revisions.
LONGEST = 10_000
MODELS = ("openai/gpt-4.1-mini", "anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash")
TABLES = ("conversations", "chat_messages", "search_entries", "search_words")
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """The number of rows of each kind; messages include revisions."""

    people: int = 1_000
    conversations: int = 100_000
    messages: int = 2_000_000
    longest: int = LONGEST

    def part(self, share: float) -> "Size":
        """A smaller or larger size of the same proportions."""
        counts = (self.people, self.conversations, self.messages, self.longest)
        return Size(*(max(round(count * share), 2) for count in counts))


@dataclass(frozen=True)
class Seeded:
    """The rows that a benchmark looks for."""

    people: list[UUID]
    longest: UUID
    rare: UUID


def fill(address: str, size: Size) -> Seeded:
    """Fills the database at `address` (a superuser's) and analyzes it. It has to be empty."""
    # The work of the row triggers is done below for all rows together.
    with bulk_connection(address) as connection:
        chance = random.Random(2026)
        people = _people(connection, chance, size.people)
        with indexes_last(connection, TABLES):
            seeded = _talks(connection, chance, size, people)
            _searchable(address, people)
        step("analyzing")
        connection.execute("vacuum analyze")
    return seeded


def _people(connection: psycopg.Connection[Any], chance: random.Random, count: int) -> list[UUID]:
    step(f"{count:,} people")
    people = [new_id(chance) for _ in range(count)]
    connection.execute("set session_replication_role = origin")  # a trigger inserts their rows and quotas
    connection.execute(
        "insert into auth.users (id, aud, role, email) "
        "select id, 'authenticated', 'authenticated', id || '@example.com' from unnest(%s::uuid[]) as id",
        [people],
    )
    connection.execute("set session_replication_role = replica")
    return people


def _talks(connection: psycopg.Connection[Any], chance: random.Random, size: Size, people: list[UUID]) -> Seeded:
    words = Words(chance)
    # Ten messages are seven originals and three revisions.
    usual = (size.messages * 7 // 10 - size.longest) / max(size.conversations - 1, 1)
    talks = [
        SeededConversation(
            new_id(chance),
            people[number % len(people)],
            BEGAN + timedelta(minutes=number * 4),
            size.longest if number == 0 else 2 * max(1, round(chance.gauss(usual / 2, usual / 8))),
            chance.choice(MODELS),
        )
        for number in range(size.conversations)
    ]
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy oneai.conversations (id, workspace_id, user_id, title, model, created_at, updated_at, "
            "last_message_at) from stdin"
        ) as copy:
            for talk in talks:
                ended = talk.began + timedelta(seconds=talk.visible)
                copy.write_row((talk.id, talk.user, talk.user, words.text(4), talk.model, talk.began, ended, ended))
        written = 0
        for some in batched(talks, 5000, strict=False):
            with cursor.copy(
                "copy oneai.chat_messages (id, conversation_id, user_id, role, content, model_id, model_served, "
                "sequence_number, revision_number, revision_type, parent_message_id, original_message_id, is_chosen, "
                "is_latest, created_at, usage, workspace_id) from stdin"
            ) as copy:
                for talk in some:
                    for row in messages(talk, chance, words, rare=RARE if talk is talks[1] else None):
                        copy.write_row((*row, talk.user))
                        written += 1
            step(f"{written:,} messages")
    return Seeded(people, talks[0].id, talks[1].id)


def _searchable(address: str, people: list[UUID]) -> None:
    """Stores what the triggers store for each text, over two concurrent connections."""
    people = sorted(people)
    portions = [list(some) for some in batched(people, max(len(people) // 50, 1), strict=False)]
    parts, done = len(portions), count(1)

    def work() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("set synchronous_commit = off")
            connection.execute("set work_mem = '256MB'")
            while portions:
                some = portions.pop()
                connection.execute(_ENTRIES, {"people": some})
                connection.execute(_VOCABULARY, {"people": some})
                step(f"words of {next(done)} in {parts} of the people")

    workers = [threading.Thread(target=work) for _ in range(2)]
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create index seeding on oneai.chat_messages (user_id)")
        connection.execute("create index seeding_words on oneai.search_entries (user_id)")
        connection.execute("analyze oneai.chat_messages")
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        connection.execute("drop index oneai.seeding, oneai.seeding_words")


_ENTRIES = """
    insert into oneai.search_entries (
      workspace_id, user_id, conversation_id, message_id, role, models, created_at, words)
    select workspace_id, user_id, conversation_id, id, role, array_remove(array[model_id, model_served], null),
      created_at, oneai.search_vector(workspace_id, content)
    from oneai.chat_messages where user_id = any(%(people)s)
    union all
    select workspace_id, user_id, id, null, null, array[model], created_at,
      setweight(oneai.search_vector(workspace_id, title), 'A')
    from oneai.conversations where user_id = any(%(people)s)
"""
_VOCABULARY = """
    insert into oneai.search_words (workspace_id, word)
    select distinct e.workspace_id, substr(l.lexeme, 5) collate "C"
    from oneai.search_entries as e cross join lateral unnest(e.words) as l
    where e.user_id = any(%(people)s) and substr(l.lexeme, 5) ~ '^[^0-9]{4,}$'
"""


def main() -> None:
    """Fills the database that the first argument names."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    fill(sys.argv[1], Size().part(float(sys.argv[2]) if len(sys.argv) > 2 else 1))


if __name__ == "__main__":
    main()
