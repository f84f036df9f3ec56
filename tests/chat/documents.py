"""Documents that are there, written straight into the tables as the job leaves them."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from tests.world import World

CONTRACT = ("The rent is 900 rupees a month.", "Either side may end the contract with three months' notice.")


def add_document(
    world: World,
    texts: Sequence[str] = CONTRACT,
    *,
    who: str = "asha",
    name: str = "contract.pdf",
    collection: UUID | None = None,
    status: str = "ready",
) -> str:
    """A document of these chunks, one on each page; its id."""
    document, owner = uuid4(), world.people[who]
    world.database.rows(
        "insert into oneai.documents (id, owner_id, collection_id, name, media_type, size, status, chunks, "
        "upload_expires_at) values (%s, %s, %s, %s, 'application/pdf', 1000, %s, %s, oneai.now())",
        *(document, owner, collection, name, status, len(texts)),
    )
    for n, text in enumerate(texts, start=1):
        world.database.rows(
            "insert into oneai.document_chunks (document_id, ordinal, owner_id, page, heading, content, tokens, words) "
            "values (%s, %s, %s, %s, %s, %s, 10, oneai.search_vector(%s, %s))",
            *(document, n, owner, n, f"Section {n}", text, owner, text),
        )
    return str(document)


def add_collection(world: World, name: str = "Contracts", who: str = "asha") -> UUID:
    """A collection without documents; its id."""
    found: UUID = world.database.one(
        "insert into oneai.collections (owner_id, name) values (%s, %s) returning id", world.people[who], name
    )
    return found
