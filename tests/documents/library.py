"""What people do with documents."""

from typing import Any
from uuid import uuid4

import httpx

from tests.world import World

PDF = "application/pdf"
CONTENT = b"The lease runs for eleven months."


async def opened(world: World, who: str, name: str = "lease.pdf", size: int = len(CONTENT), **fields: Any) -> Any:
    """`POST /api/documents`: the document's id and where to send the file."""
    answer = await world.post("/documents", {"name": name, "type": PDF, "size": size, **fields}, who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(target: dict[str, Any], content: bytes = CONTENT, **headers: str) -> httpx.Response:
    """`PUT` of the file, as a browser does it."""
    async with httpx.AsyncClient() as browser:
        return await browser.put(target["url"], content=content, headers=target["headers"] | headers)


async def uploaded(world: World, who: str, name: str = "lease.pdf", content: bytes = CONTENT, **fields: Any) -> str:
    """A document whose file was sent; its id."""
    target = await opened(world, who, name, len(content), **fields)
    assert (await send(target, content)).status_code == 200
    return str(target["id"])


async def shown(world: World, who: str, document: str) -> dict[str, Any]:
    """`GET /api/documents/{id}`."""
    answer = await world.get(f"/documents/{document}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(world: World, who: str, **params: Any) -> dict[str, Any]:
    """`GET /api/documents`."""
    answer = await world.get("/documents", who, **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def request(world: World, method: str, path: str, who: str, body: Any = None) -> httpx.Response:
    """Any request as `who`."""
    return await world.http.request(method, path, json=body, headers=world.headers(who))


def insert(world: World, who: str, name: str = "notes.txt", **columns: Any) -> str:
    """A document that is there without its file, ready unless `columns` say otherwise; its id."""
    document = str(uuid4())
    fields = {"status": "ready", "size": 100, "tags": [], "created_at": None, "collection_id": None} | columns
    world.database.rows(
        "insert into oneai.documents (id, workspace_id, name, media_type, size, status, problem, tags, collection_id, "
        "created_at, upload_expires_at, arrived_at) values (%s, %s, %s, 'text/plain', %s, %s, %s, %s, %s, "
        "coalesce(%s, oneai.now()), oneai.now(), oneai.now())",
        *(document, world.people[who], name, fields["size"], fields["status"]),
        *("It is damaged." if fields["status"] == "failed" else None, fields["tags"], fields["collection_id"]),
        fields["created_at"],
    )
    return document


def insert_chunks(world: World, who: str, document: str, *texts: str) -> None:
    """Chunks of a document, with a vector each."""
    for ordinal, text in enumerate(texts, 1):
        world.database.rows(
            "insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, content, tokens, words) "
            "values (%s, %s, %s, %s, %s, 5, oneai.search_vector(%s, %s))",
            *(document, ordinal, world.people[who], ordinal, text, world.people[who], text),
        )
    world.database.rows("update oneai.documents set chunks = %s where id = %s", len(texts), document)
