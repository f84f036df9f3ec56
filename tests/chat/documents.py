"""Documents that are there, written straight into the tables as the job leaves them, and what answers say of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from tests.world import StreamResult, World

CONTRACT = ("The rent is 900 rupees a month.", "Either side may end the contract with three months' notice.")


def add_document(
    world: World,
    texts: Sequence[str] = CONTRACT,
    *,
    who: str = "asha",
    workspace: UUID | None = None,
    name: str = "contract.pdf",
    collection: UUID | None = None,
    status: str = "ready",
    attached: bool = False,
    private: bool = False,
) -> str:
    """A document of these chunks, one on each page, that `who` has stored in this workspace or their own; its id.

    `attached`: an upload that no question has named yet."""
    document, owner = uuid4(), workspace or world.people[who]
    world.database.rows(
        "insert into oneai.documents (id, workspace_id, user_id, visibility, collection_id, name, media_type, size, "
        "status, problem, chunks, attached, upload_expires_at) values (%s, %s, %s, %s, %s, %s, 'application/pdf', "
        "1000, %s, %s, %s, %s, oneai.now())",
        *(
            document,
            owner,
            world.people[who],
            "private" if private or attached else "workspace",
            collection,
            name,
            status,
            "It is damaged." if status == "failed" else None,
            len(texts),
            attached,
        ),
    )
    for n, text in enumerate(texts, start=1):
        world.database.rows(
            "insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, heading, content, "
            "tokens, words) "
            "values (%s, %s, %s, %s, %s, %s, 10, oneai.search_vector(%s, %s))",
            *(document, n, owner, n, f"Section {n}", text, owner, text),
        )
    return str(document)


def add_collection(world: World, name: str = "Contracts", who: str = "asha") -> UUID:
    """A collection without documents; its id."""
    found: UUID = world.database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, %s) returning id", world.people[who], name
    )
    return found


def sources(result: StreamResult) -> list[dict[str, Any]]:
    """The only event of this name."""
    (found,) = [(data, offset) for name, data, offset in result.events if name == "sources"]
    assert found[1] is None
    listed: list[dict[str, Any]] = found[0]["sources"]
    return listed


async def metadata(world: World, message_id: str) -> dict[str, Any]:
    """Of a message, as its owner reads it."""
    conversation = world.database.one("select conversation_id from oneai.chat_messages where id = %s", message_id)
    page = (await world.get(f"/conversations/{conversation}/messages")).json()["items"]
    (found,) = [each["metadata"] for each in page if each["id"] == message_id]
    return dict(found)


async def prompt(world: World) -> str:
    """The question as it was sent upstream last, leaving out requests for titles and embeddings."""
    asked = [each["messages"] for each in await world.sent_upstream() if "messages" in each]
    return str([each for each in asked if "Write a title" not in str(each)][-1][-1]["content"])
