"""Sending a file: an address for it, what may be sent there, and how many may wait."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from oneai import files
from oneai.clients import s3
from oneai.postgres import db
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"a cat"


async def opened(world: World, who: str, name: str = "cat.png", type: str = "image/png", size: int = len(PNG)) -> Any:
    answer = await world.post("/uploads", {"name": name, "type": type, "size": size}, who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def sent(door: dict[str, Any], content: bytes, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.put(door["url"], content=content, headers=door["headers"] | headers)


async def test_a_file_is_uploaded_to_the_issued_address(shared: World) -> None:
    who = shared.newcomer()
    door = await opened(shared, who)

    assert set(door) == {"upload_id", "url", "headers", "expires_at"}
    assert (await sent(door, PNG)).status_code == 200

    key = f"uploads/{shared.people[who]}/{door['upload_id']}"
    assert await s3.head(key) == s3.ObjectInfo(key, len(PNG), "image/png")
    seconds = (datetime.fromisoformat(door["expires_at"]) - shared.database.one("select oneai.now()")).total_seconds()
    assert 3590 < seconds <= 3600


@pytest.mark.parametrize(
    ("content", "headers"), [(PNG + b"!", {}), (PNG[:-1], {}), (PNG, {"Content-Type": "text/html"})]
)
async def test_the_address_accepts_nothing_else(shared: World, content: bytes, headers: dict[str, str]) -> None:
    who = shared.newcomer()
    door = await opened(shared, who)

    assert (await sent(door, content, **headers)).status_code == 403


@pytest.mark.parametrize(
    ("type", "most"),
    [
        ("image/png", 10_000_000),
        ("IMAGE/JPEG", 10_000_000),
        ("text/markdown; charset=utf-8", 1_000_000),
        ("text/x-python", 1_000_000),
        ("application/json", 100_000_000),
        ("application/zip", 100_000_000),
        ("application/pdf", 50_000_000),
        ("application/epub+zip", 50_000_000),
    ],
)
async def test_every_type_has_its_maximum_size(shared: World, type: str, most: int) -> None:
    who = shared.newcomer()
    await opened(shared, who, "file", type, most)

    for too_much in (most + 1, 200_000_000, 10**30):
        refused = await shared.post("/uploads", {"name": "file", "type": type, "size": too_much}, who)
        (detail,) = refused.json()["error"]["details"]
        assert (refused.status_code, detail["field"]) == (422, "size")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "image/svg+xml"),
        ("type", "video/mp4"),
        ("type", "application/octet-stream"),
        ("type", "x"),
        ("type", "text/plain\r\nx: y"),
        ("type", "text/plain\n"),
        ("type", "text/ plain"),
        ("type", "text/"),
        ("type", "text/plain/x"),
        ("type", "text/\u00e9"),
        ("type", "\u00a0image/png"),
        ("type", "text/plain,text/html"),
        ("size", 0),
        ("size", -1),
        ("size", 1.5),
        ("name", ""),
        ("name", "x" * 256),
        ("more", 1),
    ],
)
async def test_an_invalid_upload_is_refused_by_its_field(shared: World, field: str, value: Any) -> None:
    body = {"name": "cat.png", "type": "image/png", "size": 10, field: value}

    refused = await shared.post("/uploads", body)

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["field"] == field


async def test_a_file_name_may_be_in_any_script(shared: World) -> None:
    door = await opened(shared, shared.newcomer(), "मेरी बिल्ली\0 🐈.png")

    name = shared.database.one("select name from oneai.uploads where id = %s", door["upload_id"])
    assert name == "मेरी बिल्ली\ufffd 🐈.png"


async def test_the_number_of_unused_uploads_is_limited(shared: World) -> None:
    who = shared.newcomer()
    for _ in range(20):
        await opened(shared, who)

    refused = await shared.post("/uploads", {"name": "one more", "type": "image/png", "size": 1}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    await opened(shared, shared.newcomer())
    shared.database.rows("update oneai.uploads set used_at = now() where user_id = %s", shared.people[who])
    await opened(shared, who)


async def test_concurrent_requests_open_no_more_uploads_than_allowed(shared: World) -> None:
    who = shared.newcomer()
    body = {"name": "cat", "type": "image/png", "size": 1}

    answers = await asyncio.gather(*(shared.post("/uploads", body, who) for _ in range(30)))

    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [429] * 10


async def test_a_suspended_user_uploads_nothing(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[who])

    refused = await shared.post("/uploads", {"name": "cat", "type": "image/png", "size": 1}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_suspended")


async def test_uploads_of_another_user_are_invisible(shared: World) -> None:
    await opened(shared, "asha")

    class Ravi:
        user_id = workspace_id = shared.people["ravi"]
        claims = f'{{"sub": "{shared.people["ravi"]}", "role": "authenticated"}}'

    ids = shared.database.rows("select id from oneai.uploads where user_id = %s", shared.people["asha"])
    assert ids
    assert await files.find_uploads(Ravi(), ids) == {}
    assert await db.read_as(Ravi(), "select id from oneai.uploads where id = any(%s)", [ids], dict) == []
