"""Fills a database with documents of many users: by default a million chunks, 50,000 of them of one user and 950 of
each of 999 others.

Chunks have 250 words by Zipf's law. Vectors lie around topics, like those of texts: a user's documents are about twenty
of 2,000 topics, those of the large user about all, and two chunks of a topic have a cosine of about 0.5.
"""

import random
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from bench.conversation_seed import new_id
from bench.loading import PERSONAL_WORKSPACES, bulk_connection, indexes_last
from bench.progress import Progress
from bench.report import step
from bench.vocabulary import SIZE as VOCABULARY
from bench.vocabulary import Words

MODEL = "openai/text-embedding-3-small"
TABLES = ("documents", "document_chunks", "document_vectors")
TOPICS, NOISES, WORDS = 2_000, 2_000, 250
CHUNKS_PER_DOCUMENT = 95
# Chunks written by one statement.
PORTION = 4_750


@dataclass(frozen=True)
class Size:
    """The number of users and of their chunks, beside the large user."""

    people: int = 999
    chunks: int = 950
    largest: int = 50_000
    exact_up_to: int = 20_000

    def part(self, share: float) -> "Size":
        """Fewer users of the same size, and a large one with the same share."""
        return Size(
            max(round(self.people * share), 2),
            self.chunks,
            max(round(self.largest * share), 2 * self.chunks),
            max(round(self.exact_up_to * share), self.chunks),
        )

    @property
    def total(self) -> int:
        """All chunks."""
        return self.people * self.chunks + self.largest


@dataclass(frozen=True)
class Seeded:
    """The asking users: those with few chunks, and the large one."""

    people: list[UUID]
    largest: UUID


def fill(address: str, size: Size) -> Seeded:
    """Fills the database at `address` (a superuser's) and analyzes it. It has to be empty."""
    with bulk_connection(address) as connection:
        chance = random.Random(2026)
        people = [new_id(chance) for _ in range(size.people + 1)]
        connection.execute(
            "insert into oneai.users (id, email) select id, id || '@example.com' from unnest(%s::uuid[]) as id",
            [people],
        )
        connection.execute(PERSONAL_WORKSPACES)
        connection.execute("insert into oneai.embedding_models (model) values (%s)", [MODEL])
        _pools(connection, chance)
        step(f"{size.total:,} chunks")
        # A neighbour index that does not fit in memory takes many times as long to build.
        connection.execute("select set_config('maintenance_work_mem', %s, false)", [f"{size.total // 250 + 100}MB"])
        with indexes_last(connection, TABLES):
            progress = Progress(size.total / 1000, "thousand chunks")
            written = 0
            for number, user in enumerate(people):
                left = size.chunks if number else size.largest
                while left:
                    portion = min(left, PORTION)
                    topics = TOPICS if number == 0 else 20
                    _write(connection, user, portion, first_topic=0 if number == 0 else number * 7, topics=topics)
                    left -= portion
                    written += portion
                    progress.show(written / 1000)
            progress.end()
        step("analyzing")
        connection.execute("vacuum analyze")
    return Seeded(people[1:], people[0])


def _pools(connection: psycopg.Connection[object], chance: random.Random) -> None:
    """Creates the words and the random vectors that all other vectors are sums of."""
    step("topics and words")
    connection.execute("select setseed(0.5)")
    for name, count, length in (("topics", TOPICS, 1.0), ("noises", NOISES, 0.7)):
        make = sql.SQL(
            """
            create temporary table {name} as
            select n, extensions.l2_normalize(array_agg(random() + random() + random() - 1.5)::extensions.vector)
              operator(extensions.*) array_fill({length}::real, array[1024])::extensions.vector as vector
            from generate_series(0, {last}) as n cross join generate_series(1, 1024) group by n
            """
        )
        connection.execute(
            make.format(name=sql.Identifier(name), length=sql.Literal(length), last=sql.Literal(count - 1))
        )
    connection.execute(
        "create temporary table vocabulary as select n::integer, word "
        "from unnest(%s::text[]) with ordinality as w (word, n)",
        [Words(chance).words],
    )
    connection.execute("analyze vocabulary")
    connection.execute("analyze topics")
    connection.execute("analyze noises")


def _write(connection: psycopg.Connection[object], user: UUID, chunks: int, *, first_topic: int, topics: int) -> None:
    """Inserts documents of a user, with the words of oneai.search_vector and a vector per chunk."""
    connection.execute(
        """
        with document as (
          insert into oneai.documents (id, workspace_id, name, media_type, size, status, chunks, upload_expires_at)
          select gen_random_uuid(), %(user)s, 'Document ' || n, 'text/plain', 1, 'ready', %(each)s, oneai.now()
          from generate_series(1, %(chunks)s / %(each)s) as n returning id
        ), drawn as materialized (
          select d.id, o.ordinal, (%(first)s + floor(random() * %(topics)s)::integer) %% %(all)s as topic,
            floor(random() * %(noises)s)::integer as one, floor(random() * %(noises)s)::integer as other
          from document as d cross join generate_series(1, %(each)s) as o (ordinal)
        ), chunk as (
          insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, content, tokens, words)
          select d.id, d.ordinal, %(user)s, d.ordinal, t.content, 400, t.words
          from drawn as d join (
            select s.id, s.ordinal, string_agg(v.word, ' ' order by s.n) as content,
              string_agg(oneai.search_key(%(user)s) || v.word || ':' || s.n, ' ')::tsvector as words
            from (
              select d.id, d.ordinal, w.n, floor(%(vocabulary)s ^ random())::integer as at
              from drawn as d cross join generate_series(1, %(words)s) as w (n)) as s
            join vocabulary as v on v.n = s.at group by s.id, s.ordinal) as t on t.id = d.id and t.ordinal = d.ordinal
          returning 1
        )
        insert into oneai.document_vectors (document_id, ordinal, workspace_id, embedding_1)
        select d.id, d.ordinal, %(user)s,
          extensions.l2_normalize(t.vector operator(extensions.+) a.vector operator(extensions.+) b.vector)
            ::extensions.halfvec
        from drawn as d
        join topics as t on t.n = d.topic join noises as a on a.n = d.one join noises as b on b.n = d.other
        """,
        {
            "user": user,
            "chunks": chunks,
            "each": CHUNKS_PER_DOCUMENT,
            "words": WORDS,
            "first": first_topic,
            "topics": topics,
            "all": TOPICS,
            "noises": NOISES,
            "vocabulary": VOCABULARY,
        },
    )
