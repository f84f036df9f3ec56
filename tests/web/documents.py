"""Documents of people in browser tests: put straight into the tables as the job leaves them, or uploaded."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import httpx

from tests.local.running import Stack
from tests.web.people import User
from tests.web.staff import rows

CONTRACT = ("The rent is 900 rupees a month.", "Either side may end the contract with three months' notice.")


def add_document(
    stack: Stack,
    user: User,
    texts: Sequence[str] = CONTRACT,
    *,
    name: str = "contract.pdf",
    headings: Sequence[str] = (),
    status: str = "ready",
    problem: str | None = None,
    collection: str | None = None,
    blank_pages: int = 0,
    text_share: float | None = None,
    words_only: str | None = None,
) -> str:
    """Adds a document with these chunks, one per page, under the headings "Section 1", "Section 2" and so on, and with
    pages without text after them; `text_share` of its letters were read, and `words_only` is why it has no vectors.
    Returns its id."""
    document = uuid4()
    rows(
        stack,
        "insert into oneai.documents (id, workspace_id, name, media_type, size, status, chunks, pages, problem, "
        "collection_id, pages_without_text, pages_with_text, text_share, words_only, arrived_at, upload_expires_at) "
        "values (%s, %s, %s, 'application/pdf', 1000, %s, %s, %s, %s, %s, %s, int4multirange(int4range(1, %s)), %s, "
        "%s, oneai.now(), oneai.now())",
        [
            *(document, user.id, name, status, len(texts), len(texts) + blank_pages, problem, collection),
            *(blank_pages, len(texts) + 1, text_share, words_only),
        ],
    )
    for n, text in enumerate(texts, start=1):
        heading = headings[n - 1] if headings else f"Section {n}"
        rows(
            stack,
            "insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, heading, content, "
            "tokens, words) "
            "values (%s, %s, %s, %s, %s, %s, 10, oneai.search_vector(%s, %s))",
            [document, n, user.id, n, heading, text, user.id, text],
        )
    return str(document)


async def ask(user: User, message: str, *documents: str) -> str:
    """Has a user ask about documents, of a model that repeats the question; the conversation's id."""
    question = {"message": message, "model": "local/echo", "documents": documents}
    async with user.client() as client:
        answer = await client.post("/api/chat/stream", json=question)
        listed = (await client.get("/api/conversations", params={"limit": "1"})).raise_for_status().json()
    assert "event: done" in answer.raise_for_status().text
    return str(listed["items"][0]["id"])


@asynccontextmanager
async def processed(user: User) -> AsyncIterator[None]:
    """Runs the job that processes documents again and again meanwhile, which a minute would begin."""
    working = asyncio.create_task(_process(user))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _process(user: User) -> None:
    while True:
        # A run that fails or loses its connection is followed by the next, as each minute's is.
        with suppress(httpx.HTTPError):
            await user.run_job("process_documents")
