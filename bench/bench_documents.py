"""Measures how much later the first token arrives for a question about documents: a short one, which is sent whole, and
a long one, which is searched.

Rounds are interleaved over one connection. The upstream has no embeddings here, so the search is by words alone. An
embedding model would add at most two seconds.
"""

import asyncio
import random
from uuid import UUID, uuid4

from bench import stack, upstream
from bench.people import User
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack

ROUNDS = 60
QUESTION = upstream.pace(first=0.05, chunks=4, pause=0.02) + " How long is the notice of the contract?"
CHUNK = "Either side ends the contract with a notice of three months, counted from the first day of a month. " * 15


def add_document(running: Stack, user: User, chunks: int) -> UUID:
    """A document that is ready, with this number of chunks of 1,500 characters."""
    document = uuid4()
    running.rows(
        "insert into oneai.documents (id, workspace_id, name, media_type, size, status, chunks, upload_expires_at) "
        "values (%s, %s, 'contract.pdf', 'application/pdf', 1, 'ready', %s, oneai.now())",
        *(document, user.id, chunks),
    )
    running.rows(
        "insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, content, tokens, words) "
        "select %s, n, %s, n, n || %s, 400, oneai.search_vector(%s, n || %s) from generate_series(1, %s) as n",
        *(document, user.id, CHUNK, user.id, CHUNK, chunks),
    )
    return document


async def measure(running: Stack, user: User, ways: dict[str, list[UUID]]) -> dict[str, list[float]]:
    """Seconds to the first token, by the documents of the question."""
    listener = await running.ours.connect()
    firsts: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(ROUNDS + 3):
        step(f"round {round_ - 2} of {ROUNDS}" if round_ > 2 else "warming up")
        for way in random.sample(list(ways), len(ways)):
            documents = [str(each) for each in ways[way]]
            heard = await running.ours.ask(listener, QUESTION, user, documents=documents)
            assert heard.status == 200, heard
            assert heard.first, heard
            if round_ > 2:
                firsts[way].append(heard.first)
    listener.close()
    return firsts


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        (user,) = running.people(1)
        short, long = add_document(running, user, 10), add_document(running, user, 500)
        ways = {"no document": [], "a short document": [short], "a document of 500 chunks": [long]}
        firsts = asyncio.run(measure(running, user, ways))
    rows = []
    for way, times in firsts.items():
        rows.append([way, len(times), ms(median(times)), ms(sorted(times)[len(times) * 95 // 100])])
    table(["first token, ms", "answers", "p50", "p95"], rows)
    alone = median(firsts["no document"])
    for way in list(ways)[1:]:
        ratio(f"first token, {way} to none", median(firsts[way]) / alone)


if __name__ == "__main__":
    main()
