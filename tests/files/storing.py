"""What people have in their storage, and how it gets there quickly."""

import json
from typing import Any
from uuid import uuid4

import httpx

from oneai import files
from tests.talks import conversation
from tests.world import World

MB = 1_000_000
FREE = 200 * MB


def drawn(world: World, who: str, size: int) -> str:
    """A conversation whose answer shows one object of so many bytes, counted; its id."""
    talk = conversation(world, who, 2)
    image = {"key": f"users/{world.people[who]}/messages/{uuid4()}/drawn-0.png", "size": size}
    world.database.rows(
        "update oneai.chat_messages set metadata = %s where conversation_id = %s and role = 'assistant'",
        *(json.dumps({"images": [image]}), talk),
    )
    world.database.rows("select oneai.save_conversation_size(%s)", talk)
    return talk


def left(world: World, who: str, room: int) -> str:
    """As `drawn`, so large that so many bytes of the free plan's storage are left."""
    used = world.database.one("select oneai.storage_used(%s)", world.people[who])
    talk = drawn(world, who, 0)
    size = world.database.one("select bytes from oneai.conversation_sizes where conversation_id = %s", talk)
    world.database.rows("delete from oneai.conversations where id = %s", talk)
    # The size itself is part of the message: as many digits more as it has.
    wanted = FREE - room - used - size
    return drawn(world, who, wanted - len(str(wanted)) + 1)


async def stored(world: World, who: str) -> dict[str, int]:
    """What `GET /quota/status` says."""
    found: dict[str, int] = (await world.get("/quota/status", who)).json()["storage"]
    return found


async def count() -> dict[str, int]:
    """What the schedule does every hour, here in this process."""
    return await files.count_storage(60)


async def upload(world: World, who: str, size: int, media_type: str = "application/zip") -> httpx.Response:
    """Asks for an address for a file of this size."""
    return await world.post("/uploads", {"name": "a file", "type": media_type, "size": size}, who)


def is_full(answer: httpx.Response, needed: int) -> dict[str, Any]:
    """The refusal of what does not fit, after a look at its sentence."""
    assert answer.status_code == 413, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == "storage_full"
    assert error["needed_bytes"] == needed
    assert error["used_bytes"] + needed > error["limit_bytes"]
    assert "Delete conversations that you no longer need" in error["message"]
    return error
