"""Writes messages into the database, and searches them through the gateway."""

from typing import Any
from uuid import uuid4

from tests.world import World


def insert_conversation(world: World, who: str, *texts: str, title: str | None = None, **fields: Any) -> str:
    """A conversation with these messages, questions and answers in turn; its id.

    `fields`: model, temporary, at (of the conversation and its messages, microseconds apart).
    """
    talk = str(uuid4())
    model, at = fields.get("model", "some/model"), fields.get("at", "2026-11-21T06:30:00Z")
    world.database.rows(
        "insert into oneai.conversations (id, workspace_id, user_id, title, model, temporary, created_at) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        *(talk, world.people[who], world.people[who], title, model, fields.get("temporary", False), at),
    )
    world.database.rows(
        """
        insert into oneai.chat_messages
          (id, conversation_id, user_id, role, content, model_id, sequence_number, parent_message_id, created_at)
        select md5(%s || n)::uuid, %s, %s, case n %% 2 when 1 then 'user' else 'assistant' end, text, %s, n,
          case when n > 1 then md5(%s || n - 1)::uuid end, %s::timestamptz + n * interval '1 microsecond'
        from unnest(%s::text[]) with ordinality as said (text, n)
        """,
        *(talk, talk, world.people[who], model, talk, at, list(texts)),
    )
    return talk


async def search(world: World, who: str, q: str, **params: Any) -> list[dict[str, Any]]:
    """The first page of what `who` finds."""
    answer = await world.get("/search", who, q=q, **params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def search_hits(world: World, who: str, q: str, **params: Any) -> list[str]:
    """The snippets of it."""
    return [item["snippet"] for item in await search(world, who, q, **params)]


def marked(item: dict[str, Any]) -> list[str]:
    """The highlighted parts of a hit."""
    return [item["snippet"][start:end] for start, end in item["highlights"]]
