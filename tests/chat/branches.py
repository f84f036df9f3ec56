"""A conversation's tree as the database has it."""

from dataclasses import dataclass
from typing import Any

from tests.world import World


@dataclass(frozen=True)
class Stored:
    """One message; `seen` means it is on the visible branch."""

    id: str
    role: str
    seq: int
    rev: int
    content: str
    model: str
    type: str | None
    original: str | None
    parent: str | None
    chosen: bool
    seen: bool


def tree(world: World, conversation_id: str) -> list[Stored]:
    """All messages of the conversation, in the order in which they were made."""
    rows = world.database.rows(
        """
        select id::text, role, sequence_number, revision_number, content, model_id, revision_type,
          original_message_id::text, parent_message_id::text, is_chosen, is_latest
        from oneai.chat_messages where conversation_id = %s order by created_at, sequence_number, revision_number
        """,
        conversation_id,
    )
    return [Stored(*row) for row in rows]


def message(world: World, message_id: str) -> Stored:
    """One of them."""
    conversation = world.database.one("select conversation_id::text from oneai.chat_messages where id = %s", message_id)
    (found,) = [each for each in tree(world, conversation) if each.id == message_id]
    return found


def seen(world: World, conversation_id: str) -> list[str]:
    """The texts of the visible branch."""
    branch = sorted((each for each in tree(world, conversation_id) if each.seen), key=lambda each: each.seq)
    assert [each.seq for each in branch] == list(range(1, len(branch) + 1))
    assert [each.parent for each in branch[1:]] == [each.id for each in branch[:-1]]
    return [each.content for each in branch]


async def read(world: World) -> list[str]:
    """What the model was last given to read."""
    request: dict[str, Any] = (await world.sent_upstream())[-1]
    return [each["content"] for each in request["messages"]]
