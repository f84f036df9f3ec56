"""Measures searches of a million chunks of documents by words and by vectors, and checks the recall of the neighbour
index and the indexes used.

Each search is the package's own statement, as its user, compared with reading twenty chunks by primary key.
`python -m bench.bench_retrieval 0.1` uses less data. Embedding the question is not measured.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg

from bench import plans
from bench.bench_conversations import Reader
from bench.report import at_least, ms, ratio, step, table
from bench.retrieval_seed import CHUNKS_PER_DOCUMENT, MODEL, Seeded, Size, fill
from local import postgres
from local.data_folder import data_folder
from oneai import settings
from oneai.conversations import search_query
from oneai.documents.question import QuestionVector
from oneai.documents.search import PassageRow, select_passages
from oneai.postgres import db

ROUNDS = 100
LIMIT = 20
NEIGHBOURS = 10
EXACTLY: LiteralString = (
    "select document_id, ordinal from oneai.nearest_exactly(%s, %s, %s, %s, %s) order by distance limit %s"
)
BY_INDEX: LiteralString = EXACTLY.replace("exactly", "by_index")
LARGE = {"document_chunks", "document_vectors", "documents"}


@dataclass(frozen=True)
class Question:
    """Words of one of the user's chunks, and a vector near it."""

    reader: Reader
    text: str
    vector: str


@dataclass(frozen=True)
class Measured:
    """The seconds of each search and of reading as many chunks by key."""

    search: list[float]
    by_key: list[float]


def questions(address: str, people: Sequence[UUID]) -> list[Question]:
    """One question about a chunk of each of these users. Half its vector differs from the chunk's, as in real
    questions."""
    chance = random.Random(7)
    with psycopg.connect(address) as connection:
        asked = []
        for user in people:
            noise = f"[{','.join(f'{chance.gauss(0, 1):.4g}' for _ in range(1024))}]"
            row = connection.execute(
                """
                select c.content, extensions.l2_normalize(v.embedding_1::extensions.vector operator(extensions.+)
                  extensions.l2_normalize(%s::extensions.vector))::extensions.halfvec::text
                from oneai.document_vectors as v join oneai.document_chunks as c using (document_id, ordinal)
                where v.workspace_id = %s offset %s limit 1
                """,
                [noise, user, chance.randrange(CHUNKS_PER_DOCUMENT)],
            ).fetchone()
            assert row is not None
            asked.append(Question(Reader(user), " ".join(chance.sample(row[0].split(), 6)), row[1]))
        return asked


async def ask(question: Question, exact_up_to: int, *, meaning: bool = True) -> list[PassageRow]:
    """The first page of a search."""
    rows = await select_passages(
        question.reader,
        search_query.of_question(question.text),
        QuestionVector(MODEL, question.vector if meaning else None),
        [None, None, exact_up_to, None, None, None, LIMIT],
    )
    assert len(rows) == LIMIT or not meaning, len(rows)
    return rows


async def timed(asked: Sequence[Question], do: Callable[[Question], Awaitable[list[PassageRow]]]) -> Measured:
    """Times each question, and reading the same passages by key, in turns."""
    ours, plain = [], []
    for question in asked:
        started = time.perf_counter()
        rows = await do(question)
        between = time.perf_counter()
        await db.read_as(
            question.reader,
            "select c.* from unnest(%s::uuid[], %s::integer[]) as k (id, n) "
            "join oneai.document_chunks as c on c.document_id = k.id and c.ordinal = k.n",
            [[row.document_id for row in rows], [row.ordinal for row in rows]],
            dict,
        )
        plain.append(time.perf_counter() - between)
        ours.append(between - started)
    return Measured(ours, plain)


def recall(address: str, seeded: Seeded, asked: Sequence[Question]) -> float:
    """The share of the nearest chunks, by an exact search, that the index finds."""
    found = 0
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "select array_agg(id) from oneai.documents where workspace_id = %s", [seeded.largest]
        ).fetchone()
        assert row is not None
        for question in asked:
            arguments = ["embedding_1", seeded.largest, row[0], question.vector, 60]
            kinds = [connection.execute(kind, [*arguments, NEIGHBOURS]).fetchall() for kind in (EXACTLY, BY_INDEX)]
            found += len(set(kinds[0]) & set(kinds[1]))
    return found / (len(asked) * NEIGHBOURS)


async def prove(address: str, seeded: Seeded, exact_up_to: int) -> dict[str, set[str]]:
    """Asserts the indexes of both kinds: for few chunks that of the owner or the documents, and for many that of
    neighbours. Neither scans a whole table."""
    few, many = questions(address, [seeded.people[0], seeded.largest])
    await plans.report_plans(address)
    large = plans.larger_tables(address, LARGE)
    used = {}
    for name, question in (("exact", few), ("neighbours", many)):
        found = await plans.plans_of(ask(question, exact_up_to))
        used[name] = {index for index in plans.indexes(found) if index.startswith(("document", "collections"))}
        assert not plans.read_through(found, large), (name, plans.read_through(found, large))
        assert "document_chunks_words" in used[name], (name, used)
    assert "document_vectors_nearest_1" not in used["exact"], used
    assert used["exact"] & {"document_vectors_of_workspace", "document_vectors_pkey"}, used
    assert "document_vectors_nearest_1" in used["neighbours"], used
    await db.close()
    return used


async def measure(address: str, seeded: Seeded, exact_up_to: int) -> dict[str, Measured]:
    """All kinds, by name."""
    chance = random.Random(3)
    small = questions(address, chance.choices(seeded.people, k=ROUNDS))
    large = questions(address, [seeded.largest] * ROUNDS)
    measured = {}
    for name, asked, meaning in (
        ("few chunks, both", small, True),
        ("few chunks, words alone", small, False),
        ("many chunks, both", large, True),
        ("many chunks, words alone", large, False),
    ):
        step(name)

        async def do(question: Question, meaning: bool = meaning) -> list[PassageRow]:
            return await ask(question, exact_up_to, meaning=meaning)

        await timed(asked[:10], do)  # the caches of the connection
        measured[name] = await timed(asked, do)
    await db.close()
    return measured


def percentile(values: Sequence[float], percent: int) -> float:
    """The percentile: the value that this percentage of all values does not exceed."""
    return statistics.quantiles(values, n=100)[percent - 1]


def main() -> None:
    """Fills its own database, measures, asserts the plans, and prints."""
    size = Size().part(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
    with ExitStack() as resources:
        shelf = data_folder() / "bench"
        shelf.mkdir(exist_ok=True)
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(dir=shelf)))
        server = postgres.start(folder / "postgres", durable=True)
        resources.callback(postgres.stop, server)
        postgres.build_template(server)
        name = f"bench_{uuid4().hex[:12]}"
        os.environ |= {"DATABASE_URL": postgres.clone(server, name), "DATABASE_POOL_SIZE": "1"}
        settings.reset_cache()
        started = time.perf_counter()
        address = server.url(name, "postgres")
        seeded = fill(address, size)
        step(f"filled in {time.perf_counter() - started:.0f} s")
        measured = asyncio.run(measure(address, seeded, size.exact_up_to))
        step("recall")
        recalled = recall(address, seeded, questions(address, [seeded.largest] * ROUNDS))
        used = asyncio.run(prove(address, seeded, size.exact_up_to))
    _print(size, measured, recalled, used)


def _print(size: Size, measured: dict[str, Measured], recalled: float, used: dict[str, set[str]]) -> None:
    table(
        [f"{size.total:,} chunks, {size.largest:,} of one", "p50, ms", "p95, ms", "20 by their keys, p50, ms", "ratio"],
        [
            [
                name,
                ms(percentile(each.search, 50)),
                ms(percentile(each.search, 95)),
                ms(percentile(each.by_key, 50)),
                f"{percentile(each.search, 50) / percentile(each.by_key, 50):.1f}",
            ]
            for name, each in measured.items()
        ],
    )
    for name, indexes in used.items():
        print(f"{name}: {', '.join(sorted(indexes))}")
    many, few = (percentile(measured[f"{name} chunks, both"].search, 50) for name in ("many", "few"))
    ratio("many chunks to few", many / few)
    at_least(f"recall@{NEIGHBOURS} of the index for neighbours", recalled, 0.95)


if __name__ == "__main__":
    main()
