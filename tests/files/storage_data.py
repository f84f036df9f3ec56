"""Fills users' storage quickly."""

import json
from typing import Any
from uuid import uuid4

import httpx

from oneai import files
from tests.talks import conversation
from tests.world import World

MB = 1_000_000
FREE = 200 * MB


def insert_conversation_with_object(world: World, who: str, size: int) -> str:
    """Inserts a counted conversation whose answer references one object of `size` bytes; its id."""
    talk = conversation(world, who, 2)
    image = {"key": f"users/{world.people[who]}/messages/{uuid4()}/drawn-0.png", "size": size}
    world.database.rows(
        "update oneai.chat_messages set metadata = %s where conversation_id = %s and role = 'assistant'",
        *(json.dumps({"images": [image]}), talk),
    )
    world.database.rows("select oneai.save_conversation_size(%s)", talk)
    return talk


def fill_storage(world: World, who: str, room: int) -> str:
    """As `insert_conversation_with_object`, with an object that leaves `left` bytes of the free plan's storage."""
    used = world.database.one("select oneai.storage_of(%s)", world.people[who])
    talk = insert_conversation_with_object(world, who, 0)
    size = world.database.one("select bytes from oneai.conversation_sizes where conversation_id = %s", talk)
    world.database.rows("delete from oneai.conversations where id = %s", talk)
    # The size itself is part of the message: as many digits more as it has.
    wanted = FREE - room - used - size
    return insert_conversation_with_object(world, who, wanted - len(str(wanted)) + 1)


async def storage_status(world: World, who: str) -> dict[str, int]:
    """The storage in `GET /quota/status`."""
    found: dict[str, int] = (await world.get("/quota/status", who)).json()["storage"]
    return found


async def count() -> dict[str, int]:
    """Runs the hourly job in this process."""
    return await files.count_storage(60)


async def upload(world: World, who: str, size: int, media_type: str = "application/zip") -> httpx.Response:
    """Requests an upload of this size."""
    return await world.post("/uploads", {"name": "a file", "type": media_type, "size": size}, who)


def assert_storage_full(answer: httpx.Response, needed: int) -> dict[str, Any]:
    """Checks the message of a `storage_full` refusal; returns the error."""
    assert answer.status_code == 413, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == "storage_full"
    assert error["needed_bytes"] == needed
    assert error["used_bytes"] + needed > error["limit_bytes"]
    assert "Delete chats that you no longer need" in error["message"]
    return error
