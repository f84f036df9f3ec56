"""Documents that tests put into a library and search, without uploading and reading files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from oneai import documents
from oneai.documents import Passage, search
from oneai.documents.chunks import Piece, cut
from tests.patience import PATIENCE
from tests.world import Database, World

RENT = Piece("The tenant shall pay the monthly rent of 20,000 rupees on the first day of each month.", 3, "Rent")
PETS = Piece("Dogs, cats and other animals are allowed where the landlord agrees in writing.", 4, "Pets")
LEAVE = Piece("Employees take twenty days of annual leave, which their manager approves.", 1, "Leave")
HINDI = Piece("किरायेदार हर महीने की पहली तारीख को किराया देगा।", 2, "किराया")


@dataclass(frozen=True)
class Reader:
    """A signed-in user."""

    user_id: UUID

    @property
    def claims(self) -> str:
        """The claims of their token."""
        return json.dumps({"sub": str(self.user_id), "role": "authenticated"})

    @property
    def workspace_id(self) -> UUID:
        """Their personal workspace."""
        return self.user_id


def reader(world: World, who: str) -> Reader:
    """`who`, as the package knows them."""
    return Reader(world.people[who])


async def insert_document(
    database: Database, owner: UUID, pieces: Sequence[Piece | str], name: str = "lease.pdf", **columns: Any
) -> UUID:
    """A document whose chunks are written and not embedded."""
    document = uuid4()
    chunks = cut([Piece(each) if isinstance(each, str) else each for each in pieces], name=name)
    database.rows(
        "insert into oneai.documents (id, workspace_id, name, media_type, size, status, chunks, upload_expires_at, "
        "collection_id, conversation_id, attached) "
        "values (%s, %s, %s, 'text/plain', 1, 'embedding', %s, oneai.now(), %s, %s, %s)",
        *(document, owner, name, len(chunks), columns.get("collection_id"), columns.get("conversation_id")),
        "conversation_id" in columns,
    )
    written = "select oneai.append_document_chunks(%s, 1, %s)"
    assert database.one(written, document, json.dumps([chunk._asdict() for chunk in chunks])) == len(chunks)
    return document


async def embed(document: UUID) -> int:
    """Embeds all of its chunks; how many batches that took."""
    batches = 1
    while await documents.embed_batch(document):
        batches += 1
    return batches


def vectors(database: Database, document: UUID) -> int:
    """How many of its chunks have a vector."""
    (count,) = database.rows(
        "select count(*) from oneai.document_vectors where document_id = %s and filled > 0", document
    )
    return int(count)


async def trouble(world: World, kind: str | None) -> None:
    """Gives the upstream's embeddings a fault, or ends it."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(f"{world.upstream}/local/openrouter/trouble", json={"trouble": kind})
    assert answer.status_code == 200, answer.text


async def lease(world: World, who: str, *, embedded: bool = True, name: str = "lease.pdf") -> UUID:
    """A document with three passages."""
    document = await insert_document(world.database, world.people[who], [RENT, PETS, HINDI], name)
    if embedded:
        await embed(document)
    return document


async def found(
    world: World, who: str, text: str, *, of: list[UUID] | None = None, collections: list[UUID] | None = None
) -> list[Passage]:
    """What a search finds, of all documents or of those named."""
    return (await search(reader(world, who), text, documents=of, collections=collections)).items
