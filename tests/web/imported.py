"""Conversations that a user has from the start, brought as an import: none of it is streamed or paid for."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.local.running import Stack
from tests.web.people import User
from tests.web.staff import rows


@dataclass(frozen=True)
class Conversation:
    """One to be imported: its title, and questions and answers in turn."""

    title: str
    texts: Sequence[str]
    file_name: str = ""
    """The name of a text that is attached to the first question."""


async def import_conversations(user: User, conversations: Sequence[Conversation]) -> list[str]:
    """Their ids, in order."""
    content = json.dumps([_exported(each, place) for place, each in enumerate(conversations)]).encode()
    async with user.client() as client:
        new = {"name": "conversations.json", "type": "application/json", "size": len(content)}
        upload = (await client.post("/api/uploads", json=new)).raise_for_status().json()
        async with httpx.AsyncClient() as browser:
            (await browser.put(upload["url"], headers=upload["headers"], content=content)).raise_for_status()
        started = await client.post("/api/import", json={"upload_id": upload["upload_id"]})
        await _finish(user, client, started.raise_for_status().json()["import_id"], len(conversations))
        return await _newest(client, len(conversations))


async def _finish(user: User, client: httpx.AsyncClient, import_id: str, count: int) -> None:
    for _ in range(100):
        await user.run_job("export_import")
        state = (await client.get(f"/api/import/{import_id}")).json()
        if state["state"] in ("done", "failed"):
            break
        await asyncio.sleep(0.2)
    assert (state["state"], state["imported"]) == ("done", count), state


def add_conversations(stack: Stack, user: User, like: str, count: int) -> None:
    """Adds conversations as one that was imported, without its messages: "Title 1" and so on, the last one newest."""
    rows(
        stack,
        "insert into oneai.conversations "
        "select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'title', 'Title ' || n, "
        "'last_message_at', c.last_message_at + n * interval '1 second'))).* "
        "from oneai.conversations as c, generate_series(1, %s) as n where c.id = %s",
        [count, like],
    )


async def _newest(client: httpx.AsyncClient, count: int) -> list[str]:
    """Imports this many conversations. Returns their ids, the newest last."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while len(ids) < count:
        page = (await client.get("/api/conversations", params={"limit": "100", **cursor})).raise_for_status().json()
        ids += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    return ids[:count][::-1]


def _exported(conversation: Conversation, place: int) -> dict[str, Any]:
    """As Claude exports it; a second apart, and newer than those of an import before, so that the order is known."""
    began = (datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=place)).isoformat()
    file = {"file_name": conversation.file_name, "file_type": "text/plain", "extracted_content": "a text"}
    messages = [
        {
            "uuid": str(uuid4()),
            "sender": "human" if at % 2 == 0 else "assistant",
            "text": text,
            "created_at": began,
            "attachments": [file] if conversation.file_name and at == 0 else [],
        }
        for at, text in enumerate(conversation.texts)
    ]
    return {
        "uuid": str(uuid4()),
        "name": conversation.title,
        "created_at": began,
        "updated_at": began,
        "chat_messages": messages,
    }
