"""No search takes long, for any query and any number of messages, and other users do not wait for it."""

import asyncio
import importlib
import random
import string
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from oneai.conversations import fuzzy, search_query
from oneai.postgres import db
from tests import effort, kept_connections
from tests.conversations.search_samples import insert_conversation, search_hits
from tests.patience import until
from tests.world import World

# The module; the package's name for the function is the same.
searching = importlib.import_module("oneai.conversations.search")


def know(world: World, who: str, words: Iterable[str]) -> None:
    """Writes into the database that `who` used these words, without any text in which they did."""
    world.database.rows(
        "insert into oneai.search_words (workspace_id, word) select %s, word from unnest(%s::text[]) as word",
        *(world.people[who], list(words)),
    )


def mistype(word: str, slips: int, letters: str, chance: random.Random) -> str:
    """The word with this many letters left out, added, mistaken or swapped, at any place."""
    for _ in range(slips):
        at, letter = chance.randrange(len(word) - 1), chance.choice(letters)
        word = chance.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word + letter,
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )
    return word


@dataclass(frozen=True)
class Reader:
    """A signed-in user, as the package sees them."""

    user_id: UUID

    @property
    def claims(self) -> str:
        """The verified claims of their token."""
        return f'{{"sub": "{self.user_id}", "role": "authenticated"}}'

    @property
    def workspace_id(self) -> UUID:
        """Their personal workspace."""
        return self.user_id


async def compared_with_all(reader: Reader, asked: str) -> dict[str, tuple[str, ...]]:
    """The expected result of `fuzzy.similar_words`, by comparing each word with all words of the user."""
    pairs = await db.read_as(
        reader,
        "select query_word, word from unnest(%s::text[]) as query_word, unnest(%s::text[]) as word "
        "where extensions.levenshtein(query_word, word) <= 2",
        [asked.split(), VOCABULARIES[reader.user_id]],
        fuzzy._CandidateRow,
    )
    near = {
        word: fuzzy._closest(word, [pair.word for pair in pairs if pair.query_word == word]) for word in asked.split()
    }
    return {word: words for word, words in near.items() if words}


VOCABULARIES: dict[UUID, list[str]] = {}


@pytest.mark.parametrize("letters", ["ab", "abcd", "жзикл", "aéžß한"])
async def test_every_word_within_the_typo_tolerance_is_found(letters: str, shared: World) -> None:
    chance = effort.rng(f"slips {letters}")
    who = shared.newcomer()
    reader = Reader(shared.people[who])
    words = {"".join(chance.choices(letters, k=chance.randint(4, 11))) for _ in range(600)}
    know(shared, who, words)
    VOCABULARIES[reader.user_id] = sorted(words)
    found = 0

    for _ in range(effort.sample(20, 200)):
        asked = {mistype(word, chance.randint(1, 2), letters, chance) for word in chance.sample(sorted(words), 8)}
        strange = " ".join(sorted(word for word in asked if word not in words and len(word) >= fuzzy.MIN_LETTERS))
        nearby = await fuzzy.similar_words(reader, [search_query.Term((word,)) for word in strange.split()])

        assert {word: near for word, near in nearby.items() if near} == await compared_with_all(reader, strange)
        found += len(nearby)

    assert found > 50


async def test_typos_are_compared_with_a_small_part_of_a_large_vocabulary(shared: World) -> None:
    who, chance = shared.newcomer(), effort.rng("a large vocabulary")
    words = {"".join(chance.choices(string.ascii_lowercase, k=chance.randint(6, 10))) for _ in range(20_000)}
    know(shared, who, words)
    mistyped = [mistype(word, 1, string.ascii_lowercase, chance) for word in chance.sample(sorted(words), 8)]
    before = await words_read(shared)

    await search_hits(shared, who, " ".join(mistyped))

    # Each of the eight might be any of 20,000; an index that is asked for a beginning leads to a handful.
    assert await words_read(shared) - before < 20_000


async def words_read(world: World) -> int:
    """The number of words read so far for all users. A connection is counted once it has ended."""
    await db.close()
    kept_connections.close(world.database)
    open_: LiteralString = (
        "select count(*) from pg_stat_activity where usename = 'oneai_app' and datname = current_database()"
    )
    await until(lambda: world.database.one(open_) == 0)
    read: int = world.database.one(
        "select (sum(i.idx_tup_read) + max(t.seq_tup_read))::int from pg_stat_user_indexes as i "
        "join pg_stat_user_tables as t using (relid) where t.relname = 'search_words'"
    )
    return read


@asynccontextmanager
async def unreadable(world: World, table: str) -> AsyncIterator[None]:
    """While it lasts no row of the table comes: as slow as any search can be."""
    statement = psycopg.sql.SQL("lock table {} in access exclusive mode").format(psycopg.sql.Identifier("oneai", table))
    async with await psycopg.AsyncConnection.connect(world.database.url("postgres")) as connection:
        await connection.execute(statement)
        yield
        await connection.rollback()


async def test_a_search_answers_without_typo_correction_if_that_takes_too_long(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "the quokka smiles")

    async with unreadable(shared, "search_words"):
        assert await search_hits(shared, who, "quokka") == ["the quokka smiles"]
        assert await search_hits(shared, who, "qoukka") == []

    assert await search_hits(shared, who, "qoukka") == ["the quokka smiles"]


async def test_a_search_that_takes_too_long_is_refused_with_a_sentence(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    monkeypatch.setattr(searching, "TIMEOUT_SECONDS", 0.2)

    async with unreadable(shared, "search_entries"):
        answer = await shared.get("/search", who, q="the")

    assert answer.status_code == 503, answer.text
    assert answer.json()["error"] == {
        "code": "busy",
        "message": "This search took too long. Rarer words are found faster.",
    }
    assert answer.headers["retry-after"] == "5"


async def test_the_fifth_concurrent_search_of_a_user_is_refused_and_one_of_another_is_not(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    floods, stranger = shared.newcomer(), shared.newcomer()
    insert_conversation(shared, floods, "the quokka smiles")
    insert_conversation(shared, stranger, "the numbat sleeps")
    monkeypatch.setattr(searching, "TIMEOUT_SECONDS", 30)

    async with unreadable(shared, "search_entries"):
        four = [asyncio.create_task(shared.get("/search", floods, q="quokka")) for _ in range(4)]
        await waiting(shared, 4)
        fifth = await shared.get("/search", floods, q="quokka")
        sixth = await shared.get("/chat/history", floods, q="quokka")
        theirs = asyncio.create_task(shared.get("/search", stranger, q="numbat"))
        await waiting(shared, 5)

    for refused in (fifth, sixth):
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "1"
    for answer in [*await asyncio.gather(*four), await theirs]:
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) == 1
    assert await search_hits(shared, floods, "quokka") == ["the quokka smiles"]


async def waiting(world: World, searches: int) -> None:
    """Waits until this many searches wait for the table."""
    waiting: LiteralString = (
        "select count(*) from pg_locks where relation = 'oneai.search_entries'::regclass and not granted"
    )
    await until(lambda: world.database.one(waiting) == searches)


async def test_a_query_above_the_maximum_length_is_refused(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "the quokka smiles")
    forty: Any = " ".join(["quokka" + " " * 43] * 40).strip()

    assert await search_hits(shared, who, forty) == ["the quokka smiles"]
    assert (await shared.get("/search", who, q="a" * 5001)).status_code == 422
