"""Uploads whose text is extracted: they are read by themselves, shown by their id alone, and go if no question names
them."""

from typing import Any
from uuid import uuid4

import pytest

from oneai import documents, files
from oneai.clients import s3
from oneai.documents import processing
from oneai.errors import NotFound
from tests.chat.pictures import PNG
from tests.documents.library import CONTENT, PDF, listed, request, send, shown
from tests.documents.reader import Reader, problem
from tests.files.storage_data import storage_status
from tests.patience import PATIENCE
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

A_DAY = 24 * 3600


async def opened(world: World, who: str, **fields: Any) -> dict[str, Any]:
    """`POST /api/uploads` of a contract."""
    body = {"name": "contract.pdf", "type": PDF, "size": len(CONTENT)} | fields
    answer = await world.post("/uploads", body, who)
    assert answer.status_code == 201, answer.text
    target: dict[str, Any] = answer.json()
    return target


async def state(world: World, who: str, upload: str) -> dict[str, Any]:
    """`GET /api/uploads/{id}`."""
    answer = await world.get(f"/uploads/{upload}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_pdf_is_read_on_its_own_once_it_has_arrived(world: World, reader: Reader) -> None:
    target = await opened(world, "asha")
    waiting = await state(world, "asha", target["upload_id"])
    assert (await send(target)).status_code == 200

    await processing.process_documents(PATIENCE)

    about = {"id": target["upload_id"], "name": "contract.pdf", "type": PDF, "size": len(CONTENT), "problem": None}
    assert waiting == {**about, "status": "waiting", "progress": 0}
    assert await state(world, "asha", target["upload_id"]) == {**about, "status": "ready", "progress": 1}
    assert [call["name"] for call in reader.calls] == ["contract.pdf"]
    assert world.database.rows("select pages from oneai.document_page_counts") == [1]


async def test_an_unreadable_upload_states_why(world: World, reader: Reader) -> None:
    target = await opened(world, "asha")
    await send(target)
    reader.answers.append(problem("This file is damaged."))

    await processing.process_documents(PATIENCE)

    found = await state(world, "asha", target["upload_id"])
    assert (found["status"], found["problem"]) == ("failed", "This file is damaged.")


async def test_an_unused_upload_is_deleted_with_its_file_after_a_day(world: World, reader: Reader) -> None:
    target = await opened(world, "asha")
    upload = target["upload_id"]
    await send(target)
    await processing.process_documents(PATIENCE)
    key = f"documents/{world.people['asha']}/{upload}"
    assert await documents.expire_uploads() == 0

    world.database.advance(A_DAY)
    assert (await world.get(f"/uploads/{upload}")).status_code == 404
    assert await documents.expire_uploads() == 1

    for table in ("documents", "document_chunks", "document_vectors"):
        assert world.database.one(f"select count(*) from oneai.{table}") == 0  # noqa: S608
    world.database.advance(3600)
    assert (await files.remove_unreferenced())["removed"] == 1
    with pytest.raises(NotFound):
        await s3.head(key)
    assert len(reader.calls) == 1


async def test_a_repeated_request_with_the_etag_gets_no_body_until_a_change(shared: World) -> None:
    who = shared.newcomer()
    upload = (await opened(shared, who))["upload_id"]
    path = f"/uploads/{upload}"
    first = await shared.get(path, who)
    headers = shared.headers(who) | {"If-None-Match": first.headers["etag"]}

    same = await shared.http.get(path, headers=headers)
    shared.database.rows("update oneai.documents set status = 'extracting', progress = 0.2 where id = %s", upload)
    changed = await shared.http.get(path, headers=headers)

    assert (same.status_code, same.content) == (304, b"")
    assert (changed.status_code, changed.json()["status"]) == (200, "extracting")


async def test_an_image_is_ready_once_it_has_arrived(shared: World) -> None:
    who = shared.newcomer()
    target = await opened(shared, who, name="cat.png", type="image/png", size=len(PNG))
    before = await state(shared, who, target["upload_id"])
    await send(target, PNG)

    after = await state(shared, who, target["upload_id"])

    assert [(each["status"], each["progress"], each["problem"]) for each in (before, after)] == [
        ("waiting", 0, None),
        ("ready", 1, None),
    ]


@pytest.mark.parametrize("type", [PDF, "image/png"])
async def test_an_upload_of_another_user_is_not_found(shared: World, type: str) -> None:
    upload = (await opened(shared, shared.newcomer(), type=type))["upload_id"]

    for missing in (upload, str(uuid4())):
        assert (await shared.get(f"/uploads/{missing}", shared.newcomer())).status_code == 404


async def test_an_upload_is_in_no_document_list_and_in_no_collection(shared: World) -> None:
    who = shared.newcomer()
    upload = (await opened(shared, who))["upload_id"]
    collection = (await shared.post("/collections", {"name": "Contracts"}, who)).json()["id"]

    put_away = await request(shared, "PUT", f"/documents/{upload}", who, {"collection_id": collection})
    tagged = await shared.post("/documents/bulk", {"ids": [upload], "action": "tag", "tags": ["flat"]}, who)

    assert put_away.status_code == 404
    assert tagged.json()["results"] == [{"id": upload, "status": "not_found"}]
    assert (await listed(shared, who))["items"] == []
    assert (await shown(shared, who, upload))["tags"] == []


async def test_an_upload_counts_as_storage_and_as_unused(shared: World) -> None:
    who = shared.newcomer()
    for media_type in [PDF, "image/png"] * 10:
        await opened(shared, who, type=media_type)

    refused = await shared.post("/uploads", {"name": "more.pdf", "type": PDF, "size": 1}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= A_DAY
    assert (await storage_status(shared, who))["used_bytes"] == 20 * len(CONTENT)
