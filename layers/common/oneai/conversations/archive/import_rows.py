"""A conversation of a file as `oneai.import_conversation` stores it, whichever service wrote it.

Ids are made of the person's and the file's: the same file brings the same ids, and another person's are others. What
an imported answer took is told, but estimated: nobody counts on it, and it has cost nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from oneai import files
from oneai.conversations import fields
from oneai.conversations.archive import chatgpt, claude, limits
from oneai.conversations.archive.document import FORMAT, Document, ExportedAttachment, ExportedMessage
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    Node,
    clean,
    line_of,
    moment,
    require_readable_size,
    text_of,
)
from oneai.conversations.archive.tree import UNDATED, TreeMessage, build_tree, depths_of

type Row = dict[str, Any]

# What a question's attachments can be.
TYPES = ("image", "text", "file")

_metadata = TypeAdapter(fields.Metadata)


def read(person: UUID, value: Any) -> Row:
    """The conversation with its messages, keys as in `oneai.conversations` and `oneai.chat_messages`.

    Raises Unfit, with a sentence, for what is no conversation or none we can take.
    """
    if not isinstance(value, dict):
        raise InvalidConversation("This is not a conversation.")
    if value.get("format") == FORMAT:
        return _from_our_export(person, value)
    for service in (chatgpt, claude):
        if service.recognizes(value):
            return _from_external(person, service.read(value))
    raise InvalidConversation("This is not a conversation that we, ChatGPT or Claude have exported.")


def bytes_of(talk: Row) -> int:
    """What a conversation will take, about as `oneai.conversation_bytes` counts it."""
    texts = [talk["title"], talk["system_prompt"], json.dumps(talk["metadata"], ensure_ascii=False)]
    for message in talk["messages"]:
        texts.append(message["content"])
        if "attachments" in message["metadata"]:
            texts.append(json.dumps(message["metadata"], ensure_ascii=False))
    return sum(len(text.encode()) for text in texts if text)


def _from_external(person: UUID, foreign: ExternalConversation) -> Row:
    conversation = _derived(person, f"{foreign.source}:{foreign.id}")
    messages = build_tree(foreign)
    dates = [message.created_at for message in messages if message.created_at > UNDATED]
    created = foreign.created_at or min(dates, default=None)
    last = max(dates, default=foreign.updated_at or created)
    return {
        "id": str(conversation),
        "title": foreign.title,
        "title_source": "person" if foreign.title else "auto",
        "system_prompt": foreign.system_prompt,
        "archived": foreign.archived,
        "metadata": {"imported_from": foreign.source},
        "created_at": _date(created),
        "updated_at": _date(last),
        "last_message_at": _date(last),
        "messages": _tree_rows(conversation, foreign.source, messages),
    }


def _tree_rows(conversation: UUID, source: str, messages: Iterable[TreeMessage]) -> list[Row]:
    return [
        {
            "id": str(_derived(conversation, message.id)),
            "parent_message_id": str(_derived(conversation, message.parent.id)) if message.parent else None,
            "original_message_id": str(_derived(conversation, message.original.id)) if message.original else None,
            "role": message.role,
            "content": message.content,
            "state": message.state,
            "model_id": message.model or source,
            "model_served": message.model if message.role == "assistant" else None,
            "sequence_number": message.sequence_number,
            "revision_number": message.revision_number,
            "revision_type": message.revision_type,
            "is_chosen": message.is_chosen,
            "is_latest": message.is_latest,
            "metadata": _message_metadata(message.attachments),
            "created_at": _date(message.created_at) if message.created_at > UNDATED else None,
        }
        for message in messages
    ]


def _from_our_export(person: UUID, value: dict[str, Any]) -> Row:
    try:
        document = Document.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidConversation(f"{where}: {first['msg']}."[:300]) from None
    talk = document.conversation
    conversation = _derived(person, f"oneai:{talk.id}")
    try:
        metadata = _metadata.validate_python(talk.metadata)
    except ValidationError:
        raise InvalidConversation("conversation.metadata: It is too large, or not as we write it.") from None
    tags = [tag for each in talk.tags[: limits.TAGS] if (tag := line_of(each, limits.TAG_CHARACTERS))]
    return {
        "id": str(conversation),
        # Where this very conversation is still there, nothing is missing.
        "exported_id": str(talk.id),
        "title": line_of(talk.title, limits.TITLE_CHARACTERS),
        "title_source": talk.title_source,
        "model": text_of(talk.model, limits.NAME_CHARACTERS),
        "system_prompt": text_of(talk.system_prompt, limits.SYSTEM_PROMPT_CHARACTERS),
        "tags": list(dict.fromkeys(tags)),
        "folder": line_of(talk.folder, limits.FOLDER_CHARACTERS),
        "pinned": talk.pinned,
        "archived": talk.archived,
        "metadata": metadata,
        "created_at": _date(talk.created_at),
        "updated_at": _date(talk.updated_at),
        "last_message_at": _date(talk.last_message_at),
        "messages": _messages(conversation, document.messages),
    }


def _messages(conversation: UUID, messages: list[ExportedMessage]) -> list[Row]:
    """The tree with its own numbers; one that is not as we write it is grown anew, as if it were another service's."""
    depths = depths_of([(str(said.id), _text(said.parent_message_id)) for said in messages])
    known = {said.id: said for said in messages}
    for said in messages:
        require_readable_size(said.content, said.attachments)
    # Questions are odd and answers even, and no two versions of a message have the same number.
    in_turn = all(
        said.sequence_number == depths[str(said.id)] and said.role == ("assistant", "user")[said.sequence_number % 2]
        for said in messages
    )
    if not in_turn or len({(said.sequence_number, said.revision_number) for said in messages}) < len(messages):
        nodes = [_node(said) for said in messages]
        current = max((s for s in messages if s.is_latest), key=lambda s: depths[str(s.id)], default=None)
        foreign = ExternalConversation(
            "oneai", str(conversation), None, nodes, current=_text(current.id if current else None)
        )
        return _tree_rows(conversation, "oneai", build_tree(foreign))
    chosen = _chosen(messages)
    latest: set[UUID] = set()
    for said in sorted(messages, key=lambda each: each.sequence_number):
        if said.id in chosen and (said.parent_message_id is None or said.parent_message_id in latest):
            latest.add(said.id)
    return [
        {
            **_row(conversation, said, known.get(said.original_message_id) if said.original_message_id else None),
            "is_chosen": said.id in chosen,
            "is_latest": said.id in latest,
        }
        for said in messages
    ]


def _chosen(messages: list[ExportedMessage]) -> set[UUID]:
    """One of each group of siblings: the one that says so, else the newest."""
    groups: dict[UUID | None, list[ExportedMessage]] = defaultdict(list)
    for said in messages:
        groups[said.parent_message_id].append(said)
    return {max(group, key=lambda said: (said.is_chosen, said.revision_number)).id for group in groups.values()}


def _row(conversation: UUID, said: ExportedMessage, original: ExportedMessage | None) -> Row:
    related = original is not None and original.sequence_number == said.sequence_number and original.id != said.id
    # An answer that was still being written when it was exported will not be written on.
    broken_off = "truncated" if said.content else "failed"
    usage = said.usage.model_dump() | {"cost_micro_usd": 0, "estimated": True} if said.usage else None
    return {
        "id": _derived_text(conversation, said.id),
        "parent_message_id": _derived_text(conversation, said.parent_message_id),
        "original_message_id": _derived_text(conversation, original.id) if original and related else None,
        "turn_id": _derived_text(conversation, said.turn_id),
        "role": said.role,
        "content": clean(said.content),
        "state": broken_off if said.state == "streaming" else said.state,
        "model_id": text_of(said.model, limits.NAME_CHARACTERS) or "oneai",
        "model_served": text_of(said.model_served, limits.NAME_CHARACTERS),
        "provider": text_of(said.provider, limits.NAME_CHARACTERS),
        "finish_reason": said.finish_reason,
        "error_code": text_of(said.error_code, limits.NAME_CHARACTERS),
        "usage": usage,
        "sequence_number": said.sequence_number,
        "revision_number": said.revision_number,
        "revision_type": said.revision_type,
        "metadata": _message_metadata(said.attachments, said.images),
        "rating": said.feedback.rating if said.feedback and said.role == "assistant" else None,
        "note": text_of(said.feedback.note, 2000) if said.feedback else None,
        "created_at": _date(said.created_at),
        "ended_at": _date(said.ended_at),
    }


def _node(said: ExportedMessage) -> Node:
    return Node(
        id=str(said.id),
        parent=_text(said.parent_message_id),
        role=said.role,
        content=clean(said.content),
        created_at=moment(said.created_at.isoformat()),
        model=text_of(said.model_served or said.model, limits.NAME_CHARACTERS),
        attachments=said.attachments,
    )


def _message_metadata(attachments: list[ExportedAttachment], images: int = 0) -> Row:
    """A message's metadata: what was sent along, by name, and how many pictures are not there.

    Nothing else is taken from a file: our own metadata names objects in the store, which a file could forge. An address
    is taken where a question could have brought it: of an image, https and public.
    """
    kept = []
    for each in attachments[:100]:
        elsewhere = each.type == "image" and each.url and files.is_public(each.url)
        texts = {
            "type": each.type if each.type in TYPES else None,
            "name": text_of(each.name, limits.NAME_CHARACTERS),
            "media_type": text_of(each.media_type, limits.NAME_CHARACTERS),
            "text": text_of(each.text),
            "url": each.url if elsewhere else None,
        }
        kept.append({key: text for key, text in texts.items() if text} | ({"size": each.size} if each.size else {}))
    return ({"attachments": kept} if kept else {}) | ({"images_left_out": images} if images else {})


def _derived(whose: UUID, name: str) -> UUID:
    return uuid5(whose, name.encode("utf-8", "surrogatepass"))


def _derived_text(conversation: UUID, id: UUID | None) -> str | None:
    return str(_derived(conversation, str(id))) if id else None


def _date(value: datetime | None) -> str | None:
    """In UTC, for Python understands offsets that Postgres does not; None, which becomes now, for what is none."""
    read = moment(value.isoformat()) if value else None
    return read.isoformat() if read else None


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None
