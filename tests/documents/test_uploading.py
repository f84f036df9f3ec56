"""Uploading a document: an address for its file, what may be sent there, and how much room there is."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from oneai.clients import s3
from tests.documents.library import CONTENT, PDF, insert, listed, opened, request, send, shown, uploaded
from tests.files.storage_data import assert_storage_full, fill_storage, storage_status
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


async def test_a_file_is_uploaded_to_the_address_of_its_document(shared: World) -> None:
    who = shared.newcomer()
    target = await opened(shared, who, tags=["flat", "flat"])

    assert set(target) == {"id", "url", "headers", "expires_at"}
    assert (await send(target)).status_code == 200
    key = f"documents/{shared.people[who]}/{target['id']}"
    assert await s3.head(key) == s3.ObjectInfo(key, len(CONTENT), PDF)
    seconds = (datetime.fromisoformat(target["expires_at"]) - shared.database.one("select oneai.now()")).total_seconds()
    assert 3590 < seconds <= 3600
    document = await shown(shared, who, target["id"])
    assert {name: document[name] for name in ("name", "type", "size", "status", "progress", "problem", "pages")} == {
        "name": "lease.pdf",
        "type": PDF,
        "size": len(CONTENT),
        "status": "waiting",
        "progress": 0,
        "problem": None,
        "pages": None,
    }
    assert (document["tags"], document["collection_id"], document["chunks"]) == (["flat"], None, 0)


@pytest.mark.parametrize(
    ("content", "headers"), [(CONTENT + b"!", {}), (CONTENT[:-1], {}), (CONTENT, {"Content-Type": "text/html"})]
)
async def test_the_address_accepts_nothing_else(shared: World, content: bytes, headers: dict[str, str]) -> None:
    target = await opened(shared, shared.newcomer())

    assert (await send(target, content, **headers)).status_code == 403


@pytest.mark.parametrize(
    ("name", "stated", "stored"),
    [
        ("lease.pdf", "application/pdf", "application/pdf"),
        ("lease", "APPLICATION/PDF; x=y", "application/pdf"),
        ("letter.docx", "application/octet-stream", DOCX),
        ("letter.docx", "", DOCX),
        ("main.ts", "video/mp2t", "text/plain"),
        ("Main.PY", "", "text/plain"),
        ("page.html", "", "text/html"),
        ("rows.csv", "application/vnd.ms-excel", "text/csv"),
        ("notes", "text/x-anything", "text/x-anything"),
        ("data.json", "application/json", "application/json"),
    ],
)
async def test_the_stated_type_decides_before_the_file_extension(
    shared: World, name: str, stated: str, stored: str
) -> None:
    who = shared.newcomer()
    target = await opened(shared, who, name, type=stated)

    assert (await shown(shared, who, target["id"]))["type"] == stored
    assert target["headers"] == {"Content-Type": stored, "If-None-Match": "*"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("type", "video/mp4", "unsupported_type"),
        ("type", "image/gif", "unsupported_type"),
        ("type", "application/zip", "unsupported_type"),
        ("type", "x" * 201, "too_long"),
        ("type", "text/plain\r\nx: y", "unsupported_type"),
        ("type", "text/\u00e9", "unsupported_type"),
        ("type", None, "wrong_type"),
        ("size", 0, "too_small"),
        ("size", 50_000_001, "too_large"),
        ("size", 10**30, "too_large"),
        ("size", 1.5, "wrong_type"),
        ("size", "7", "wrong_type"),
        ("name", "", "empty"),
        ("name", " \n ", "empty"),
        ("name", "x" * 256, "too_long"),
        ("collection_id", "x", "wrong_format"),
        ("tags", ["x"] * 21, "too_many"),
        ("tags", [""], "empty"),
        ("more", 1, "unknown_field"),
    ],
)
async def test_an_invalid_upload_is_refused_by_its_field(shared: World, field: str, value: Any, code: str) -> None:
    body = {"name": "holiday", "type": PDF, "size": 10, field: value}

    refused = await shared.post("/documents", body)

    assert refused.status_code == 422, refused.text
    (detail,) = refused.json()["error"]["details"]
    assert (detail["field"].split(".")[0], detail["code"]) == (field, code)


async def test_a_file_name_in_any_script_becomes_one_line(shared: World) -> None:
    who = shared.newcomer()
    target = await opened(shared, who, "मेरा\0 पट्टा \n🐈.pdf")

    assert (await shown(shared, who, target["id"]))["name"] == "मेरा\ufffd पट्टा 🐈.pdf"


async def test_the_second_address_works_alike(shared: World) -> None:
    who = shared.newcomer()
    answer = await shared.post("/documents/upload", {"name": "a.txt", "type": "text/plain", "size": 3}, who)

    assert answer.status_code == 201
    assert (await send(answer.json(), b"abc")).status_code == 200


async def test_a_document_goes_into_a_collection_of_its_owner(shared: World) -> None:
    who, stranger = shared.newcomer(), shared.newcomer()
    home = (await shared.post("/collections", {"name": "Home"}, who)).json()["id"]

    document = await uploaded(shared, who, collection_id=home)

    assert (await shown(shared, who, document))["collection_id"] == home
    for collection in (home, str(uuid4())):
        body = {"name": "a.pdf", "type": PDF, "size": 3, "collection_id": collection}
        refused = await shared.post("/documents", body, stranger)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    assert (await listed(shared, stranger))["items"] == []


async def test_at_most_two_hundred_files_may_be_awaited(shared: World) -> None:
    who = shared.newcomer()
    file = {"name": "a.txt", "type": "text/plain", "size": 3}
    for _ in range(2):
        answer = await shared.post("/documents/bulk-upload", {"documents": [file] * 100}, who)
        assert {each["status"] for each in answer.json()["results"]} == {"ok"}

    refused = await shared.post("/documents", file, who)
    several = (await shared.post("/documents/bulk-upload", {"documents": [file]}, who)).json()["results"]

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 3000 < int(refused.headers["retry-after"]) <= 3600
    assert [(each["status"], each["target"]) for each in several] == [("rate_limited", None)]


async def test_concurrent_uploads_are_counted_one_after_the_other(shared: World) -> None:
    who = shared.newcomer()
    fill_storage(shared, who, 25)
    file = {"name": "a.txt", "type": "text/plain", "size": 10}

    answers = await asyncio.gather(*(shared.post("/documents", file, who) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201, 201] + [413] * 6


async def test_a_file_larger_than_the_free_storage_is_refused(shared: World) -> None:
    who = shared.newcomer()
    fill_storage(shared, who, 1000)
    assert (await opened(shared, who, size=600))["id"]

    refused = await shared.post("/documents", {"name": "a.pdf", "type": PDF, "size": 401}, who)
    both = await shared.post(
        "/documents/bulk-upload",
        {"documents": [{"name": f"{size}.pdf", "type": PDF, "size": size} for size in (401, 400)]},
        who,
    )

    assert_storage_full(refused, 401)
    assert [each["status"] for each in both.json()["results"]] == ["storage_full", "ok"]


async def test_documents_use_storage_until_they_are_deleted(shared: World) -> None:
    who = shared.newcomer()
    before = (await storage_status(shared, who))["used_bytes"]
    document = insert(shared, who, size=5000)
    assert (await storage_status(shared, who))["used_bytes"] == before + 5000

    assert (await request(shared, "DELETE", f"/documents/{document}", who)).status_code == 204

    assert (await storage_status(shared, who))["used_bytes"] == before
