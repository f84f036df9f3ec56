"""Pictures and texts that users attach, and what the upstream was sent of them."""

import base64
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.world import StreamResult, World

SEES = "openai/gpt-4.1-mini"
BLIND, BLIND_NAME = "meta-llama/llama-3.3-70b-instruct", "Meta: Llama 3.3 70B Instruct"

PNG = b"\x89PNG\r\n\x1a\n" + b"a cat"
JPEG = b"\xff\xd8\xff" + b"a dog"
GIF = b"GIF89a" + b"a fish"
WEBP = b"RIFF\x10\0\0\0WEBP" + b"a bird"


def data_url(data: bytes = PNG, media_type: str = "image/png") -> str:
    """An image as a data URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def image(data: bytes = PNG, media_type: str = "image/png", **more: Any) -> dict[str, Any]:
    """An image as it is sent along."""
    return {"type": "image", "url": data_url(data, media_type), **more}


def text(content: str, name: str = "notes.md") -> dict[str, Any]:
    """A text as it is sent along."""
    return {"type": "text", "text": content, "name": name}


async def uploaded(world: World, who: str, data: bytes, name: str, media_type: str) -> str:
    """A file of `who` that was sent to its address; the upload's id."""
    body = {"name": name, "type": media_type, "size": len(data)}
    door = (await world.post("/uploads", body, who)).json()
    async with httpx.AsyncClient() as browser:
        sent = await browser.put(door["url"], content=data, headers=door["headers"])
    assert sent.status_code == 200, sent.text
    return str(door["upload_id"])


async def last_content(world: World) -> Any:
    """The content of the last message of the last request to the upstream."""
    return (await world.sent_upstream())[-1]["messages"][-1]["content"]


async def question_of(world: World, result: StreamResult, who: str) -> Any:
    """The question as its conversation shows it."""
    page = (await world.get(f"/conversations/{result.start['conversation_id']}/messages", who)).json()
    (found,) = [item for item in page["items"] if item["id"] == result.start["user_message_id"]]
    return found


async def fetched(world: World, url: str) -> httpx.Response:
    """What is behind a link, requested without signing in."""
    assert urlsplit(url).query
    async with httpx.AsyncClient() as browser:
        return await browser.get(url)


def nothing_happened(world: World, who: str) -> bool:
    """Whether nothing of `who` was stored or held."""
    counts = world.database.rows(
        "select (select count(*) from oneai.chat_messages where user_id = %s) "
        "+ (select count(*) from oneai.reservations where user_id = %s)",
        *(world.people[who], world.people[who]),
    )
    return counts == [0] and world.quota(who) == (0, 0)
