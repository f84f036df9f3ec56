"""Links to conversations, as tests make and follow them."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.world import World


@dataclass
class Link:
    """A share as returned to its owner."""

    id: str
    token: str
    url: str
    conversation: str
    fields: dict[str, Any]


async def create_link(
    world: World, conversation: str, who: str = "asha", kind: str = "snapshot", **wanted: Any
) -> Link:
    """`who` shares their conversation."""
    answer = await world.post(f"/conversations/{conversation}/share", {"kind": kind, **wanted}, who)
    assert answer.status_code == 201, answer.text
    fields = answer.json()
    return Link(fields["id"], fields["token"], fields["url"], conversation, fields)


async def open_link(world: World, token: str, **params: Any) -> httpx.Response:
    """Reads a link without signing in."""
    return await world.get(f"/shared/{token}", None, **params)


async def read_link(world: World, token: str) -> list[str]:
    """The texts of all messages of a link, in order."""
    said: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        answer = await open_link(world, token, **params)
        assert answer.status_code == 200, answer.text
        page = answer.json()["messages"]
        said += [message["content"] for message in page["items"]]
        if page["next_cursor"] is None:
            return said
        params["cursor"] = page["next_cursor"]


async def is_closed(world: World, token: str) -> bool:
    """Whether all routes answer as if the link had never existed."""
    tries = [
        await open_link(world, token),
        await world.post(f"/shared/{token}/report", {"reason": "Let me see"}, None),
        await world.post(f"/shared/{token}/fork", None, "ravi"),
    ]
    never = await open_link(world, "never-given-out")
    assert {each.status_code for each in tries} in ({200, 204, 201}, {404}), [each.text for each in tries]
    return all(each.status_code == 404 and each.json()["error"] == never.json()["error"] for each in tries)


def insert_revision(world: World, conversation: str, sequence_number: int, content: str) -> None:
    """Inserts a revision that becomes visible and hides what followed."""
    world.database.rows(
        "update oneai.chat_messages set is_latest = false, is_chosen = is_chosen and sequence_number <> %s "
        "where conversation_id = %s and sequence_number >= %s",
        *(sequence_number, conversation, sequence_number),
    )
    world.database.rows(
        """
        insert into oneai.chat_messages (id, conversation_id, user_id, role, content, model_id, sequence_number,
          parent_message_id, original_message_id, revision_number, revision_type)
        select %s, conversation_id, user_id, role, %s, model_id, sequence_number, parent_message_id, id, 1, 'user_edit'
        from oneai.chat_messages where conversation_id = %s and sequence_number = %s and revision_number = 0
        """,
        *(uuid4(), content, conversation, sequence_number),
    )
