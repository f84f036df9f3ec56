"""Claude's export: `conversations.json`, each conversation a list of `chat_messages`, newer ones with their parents."""

from typing import Any

from oneai.conversations.archive import limits
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    Node,
    attachment,
    join_parts,
    line_of,
    moment,
    text_of,
)

ROLES = {"human": "user", "assistant": "assistant"}
# The parent id of a conversation's first messages.
ROOT_PARENT = "00000000-0000-4000-8000-000000000000"


def recognizes(value: dict[str, Any]) -> bool:
    """Whether this is a conversation from Claude's export."""
    return "chat_messages" in value


def read(value: dict[str, Any]) -> ExternalConversation:
    """Parses the conversation. Raises InvalidConversation if it is not in Claude's format."""
    messages, conversation_id = value["chat_messages"], value.get("uuid")
    if not isinstance(messages, list) or not isinstance(conversation_id, str):
        raise InvalidConversation("Its messages are not as Claude writes them.")
    has_parents = any(isinstance(each, dict) and each.get("parent_message_uuid") for each in messages)
    nodes: list[Node] = []
    for message in messages:
        # Older exports are one branch without parent ids.
        before = nodes[-1].id if nodes and not has_parents else None
        nodes.append(_node(message, before))
    leaf = value.get("current_leaf_message_uuid")
    return ExternalConversation(
        source="claude",
        id=conversation_id,
        title=line_of(value.get("name"), limits.TITLE_CHARACTERS),
        nodes=nodes,
        current=leaf if isinstance(leaf, str) else None,
        created_at=moment(value.get("created_at")),
        updated_at=moment(value.get("updated_at")),
    )


def _node(message: Any, before: str | None) -> Node:
    if not isinstance(message, dict) or not isinstance(message.get("uuid"), str):
        raise InvalidConversation("One of its messages is not as Claude writes them.")
    parent = message.get("parent_message_uuid")
    if parent is not None and not isinstance(parent, str):
        raise InvalidConversation("One of its messages is not as Claude writes them.")
    text, files = _text(message), _files(message)
    role = ROLES.get(message["sender"]) if isinstance(message.get("sender"), str) else None
    return Node(
        id=message["uuid"],
        parent=before if parent in (None, ROOT_PARENT) else parent,
        role=role if text or files else None,  # type: ignore[arg-type]  # one of ROLES
        content=text,
        created_at=moment(message.get("created_at")),
        attachments=files,
    )


def _text(message: dict[str, Any]) -> str:
    """The text, from content blocks if there are any: the plain text beside them also has notes on tools."""
    blocks = message.get("content")
    text = [
        text_of(block.get("text"))
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, dict) and block.get("type") == "text"
    ]
    return join_parts(text) or text_of(message.get("text")) or ""


def _files(message: dict[str, Any]) -> list[ExportedAttachment]:
    lists = [message.get("attachments"), message.get("files")]
    return [
        attachment(file.get("file_name"), file.get("file_type"), file.get("file_size"), file.get("extracted_content"))
        for files in lists
        for file in (files if isinstance(files, list) else [])
        if isinstance(file, dict)
    ]
