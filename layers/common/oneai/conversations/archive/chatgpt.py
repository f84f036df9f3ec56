"""ChatGPT's export: `conversations.json`, each conversation a `mapping` of nodes with parents and children."""

import json
from datetime import datetime
from typing import Any

from oneai.conversations.archive import limits
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    Node,
    attachment,
    clean,
    join_parts,
    line_of,
    moment,
    text_of,
)

ENDINGS = {"in_progress": "truncated", "interrupted": "stopped"}


def recognizes(value: dict[str, Any]) -> bool:
    """Whether this is a conversation from ChatGPT's export."""
    return "mapping" in value


def read(value: dict[str, Any]) -> ExternalConversation:
    """Parses the conversation. Raises InvalidConversation if it is not in ChatGPT's format."""
    mapping = value["mapping"]
    if not isinstance(mapping, dict):
        raise InvalidConversation("Its messages are not as ChatGPT writes them.")
    conversation_id = value.get("conversation_id") or value.get("id")
    nodes = [_node(name, node) for name, node in _in_order(mapping)]
    return ExternalConversation(
        source="chatgpt",
        # Old exports have no conversation id; node ids are unique.
        id=conversation_id if isinstance(conversation_id, str) else json.dumps(sorted(mapping)[:1]),
        title=line_of(value.get("title"), limits.TITLE_CHARACTERS),
        nodes=nodes,
        system_prompt=_instructions(mapping),
        current=value["current_node"] if isinstance(value.get("current_node"), str) else None,
        created_at=moment(value.get("create_time")),
        updated_at=moment(value.get("update_time")),
        archived=value.get("is_archived") is True,
    )


def _in_order(mapping: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Nodes in the file's order, siblings in their parent's order."""
    positions: dict[str, int] = {}
    for node in mapping.values():
        if not isinstance(node, dict):
            raise InvalidConversation("One of its messages is not as ChatGPT writes them.")
        children = node.get("children")
        ordered = enumerate(children if isinstance(children, list) else [])
        positions |= {child: place for place, child in ordered if isinstance(child, str)}
    return sorted(mapping.items(), key=lambda item: positions.get(item[0], 0))


def _node(id: str, node: dict[str, Any]) -> Node:
    parent, message = node.get("parent"), node.get("message")
    if parent is not None and not isinstance(parent, str):
        raise InvalidConversation("One of its messages is not as ChatGPT writes them.")
    if not isinstance(message, dict):
        return Node(id=id, parent=parent, role=None)
    metadata = _dict(message, "metadata")
    text, pictures = _text_and_images(message)
    listed_files = metadata.get("attachments")
    files = [
        attachment(each.get("name"), each.get("mime_type"), each.get("size"))
        for each in (listed_files if isinstance(listed_files, list) else [])
        if isinstance(each, dict)
    ]
    role = _role(message, metadata, text or pictures or files)
    # An attached image is in both places.
    together = files or pictures
    return Node(
        id=id,
        parent=parent,
        role=role,  # type: ignore[arg-type]  # checked by _role
        content=text,
        created_at=_date(message),
        model=text_of(metadata.get("model_slug"), limits.NAME_CHARACTERS),
        state=_state(message, metadata),  # type: ignore[arg-type]  # one of ENDINGS
        attachments=together,
    )


def _role(message: dict[str, Any], metadata: dict[str, Any], something: Any) -> str | None:
    """The message's role; None for hidden messages. Visible tool output belongs to the answer around it."""
    role = _dict(message, "author").get("role")
    if not something or metadata.get("is_visually_hidden_from_conversation") is True:
        return None
    if role == "user":
        return None if _dict(message, "content").get("content_type") == "user_editable_context" else "user"
    if role == "assistant":
        return "assistant"
    shows = _dict(message, "content").get("content_type") in ("execution_output", "multimodal_text")
    return "assistant" if role == "tool" and shows else None


def _text_and_images(message: dict[str, Any]) -> tuple[str, list[ExportedAttachment]]:
    """The text of a message and its images. Messages between the assistant and its tools are left out."""
    content = _dict(message, "content")
    kind, pieces, code = content.get("content_type"), content.get("parts"), content.get("text")
    if kind in ("code", "execution_output"):
        visible = kind == "execution_output" or message.get("recipient") in ("python", "all")
        fence = "```"
        return (f"{fence}\n{clean(code)}\n{fence}" if visible and isinstance(code, str) and code.strip() else ""), []
    if kind in ("thoughts", "reasoning_recap") or message.get("recipient") not in (None, "all"):
        return "", []
    text, pictures = [], []
    for piece in pieces if isinstance(pieces, list) else []:
        if isinstance(piece, str):
            text.append(text_of(piece))
        elif isinstance(piece, dict) and isinstance(piece.get("asset_pointer"), str):
            pictures.append(attachment(piece["asset_pointer"].rpartition("/")[2], "image/*", piece.get("size_bytes")))
        elif isinstance(piece, dict):  # a voice transcript
            text.append(text_of(piece.get("text")))
    return join_parts(text), pictures


def _state(message: dict[str, Any], metadata: dict[str, Any]) -> str:
    ended = _dict(metadata, "finish_details").get("type")
    for word in (ended, message.get("status")):
        if isinstance(word, str) and word in ENDINGS:
            return ENDINGS[word]
    return "complete"


def _date(message: dict[str, Any]) -> datetime | None:
    return moment(message.get("create_time"))


def _instructions(mapping: dict[str, Any]) -> str | None:
    """The user's custom instructions, and visible system messages."""
    texts: list[str | None] = []
    for node in mapping.values():
        message = node.get("message")
        if not isinstance(message, dict):
            continue
        content, metadata = _dict(message, "content"), _dict(message, "metadata")
        if content.get("content_type") == "user_editable_context":
            texts += [text_of(content.get("user_profile")), text_of(content.get("user_instructions"))]
        elif _dict(message, "author").get("role") == "system" and not metadata.get(
            "is_visually_hidden_from_conversation"
        ):
            texts.append(_text_and_images(message)[0])
    return text_of(join_parts(texts), limits.SYSTEM_PROMPT_CHARACTERS)


def _dict(value: dict[str, Any], key: str) -> dict[str, Any]:
    field = value.get(key)
    return field if isinstance(field, dict) else {}
