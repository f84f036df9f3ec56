"""Claude's export: `conversations.json`, each conversation a list of `chat_messages`, newer ones with parent ids."""

from collections import Counter
from typing import Any

from oneai.conversations.archive import limits, parents
from oneai.conversations.archive.artifacts import Repetition, Shelf
from oneai.conversations.archive.claude_content import content_of
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    LeftOut,
    Node,
    attachment,
    id_of,
    line_of,
    list_of,
    moment,
    text_of,
)

ROLES = {"human": "user", "user": "user"}
# The parent id of a conversation's first messages.
ROOT_PARENT = "00000000-0000-4000-8000-000000000000"


def recognizes(value: dict[str, Any]) -> bool:
    """Whether this is a conversation from Claude's export."""
    return "chat_messages" in value


def read(value: dict[str, Any]) -> ExternalConversation:
    """Parses the conversation. Raises InvalidConversation if it is not in Claude's format.

    A message that is not in Claude's format is left out and counted; the other messages remain.
    """
    listed = value["chat_messages"]
    if not isinstance(listed, list):
        raise InvalidConversation("Its messages are not in Claude's format.")
    messages = _identified([each for each in listed if isinstance(each, dict)])
    left_out: Counter[LeftOut] = Counter({"unreadable": len(listed) - len(messages)})
    if listed and not messages:
        raise InvalidConversation("Its messages are not in Claude's format.")
    conversation_id = id_of(value.get("uuid")) or next(iter(messages), None)
    if conversation_id is None:
        raise InvalidConversation("It has no id and no messages.")
    parent_of = parents.repair(_parents(messages))
    return ExternalConversation(
        source="claude",
        id=conversation_id,
        title=line_of(value.get("name"), limits.TITLE_CHARACTERS),
        nodes=_nodes(messages, parent_of, left_out),
        current=id_of(value.get("current_leaf_message_uuid")),
        created_at=moment(value.get("created_at")),
        updated_at=moment(value.get("updated_at")),
        default_model=text_of(value.get("model"), limits.NAME_CHARACTERS),
        left_out=left_out,
    )


def _identified(messages: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The messages by id. A message without an id, or with a repeated one, gets an id from its position."""
    result: dict[str, dict[str, Any]] = {}
    for place, message in enumerate(messages):
        name = id_of(message.get("uuid"))
        if name in result and result[name] == message:
            continue
        result[f"message {place}" if name is None or name in result else name] = message
    return result


def _parents(messages: dict[str, dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Each message with its parent. Older exports are one branch without parent ids."""
    has_parents = any(id_of(message.get("parent_message_uuid")) for message in messages.values())
    result: list[tuple[str, str | None]] = []
    before: str | None = None
    for name, message in messages.items():
        parent = id_of(message.get("parent_message_uuid"))
        # A repeated message id, or a missing parent id, means that the message follows the previous one.
        follows = not has_parents or id_of(message.get("uuid")) != name or parent is None
        result.append((name, before if follows else None if parent == ROOT_PARENT else parent))
        before = name if isinstance(message.get("sender"), str) else before
    return result


def _nodes(
    messages: dict[str, dict[str, Any]],
    parent_of: dict[str, str | None],
    left_out: Counter[LeftOut],
) -> list[Node]:
    shelves: dict[str | None, Shelf] = {None: Shelf()}
    repetition = Repetition()
    nodes = []
    for name in parents.depths_of(parent_of):
        message, parent = messages[name], parent_of[name]
        shelf = shelves[name] = shelves[parent].copy()
        text, thoughts, files = content_of(message, shelf, repetition, left_out)
        files = [*_files(message), *files]
        sender = message.get("sender")
        role = ROLES.get(sender, "assistant") if isinstance(sender, str) else None
        if role is None:
            left_out["unreadable"] += bool(text or files)
        nodes.append(
            Node(
                id=name,
                parent=parent,
                # A turn without visible text remains, because it separates two questions.
                role=role,  # type: ignore[arg-type]  # one of ROLES
                content=text,
                reasoning=thoughts if role == "assistant" else "",
                created_at=moment(message.get("created_at")),
                model=text_of(message.get("model"), limits.NAME_CHARACTERS),
                state="complete" if text or files or role == "user" else "stopped",
                attachments=files,
            )
        )
    places = {name: place for place, name in enumerate(messages)}
    return sorted(nodes, key=lambda node: places[node.id])


def _files(message: dict[str, Any]) -> list[ExportedAttachment]:
    return [
        attachment(file.get("file_name"), file.get("file_type"), file.get("file_size"), file.get("extracted_content"))
        for file in [*list_of(message, "attachments"), *list_of(message, "files")]
        if isinstance(file, dict)
    ]
