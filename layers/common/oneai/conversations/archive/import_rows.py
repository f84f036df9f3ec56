"""Converts a conversation of any service into rows for `oneai.import_conversation`.

Ids are derived from the user's id and the file's ids: the same file yields the same ids, and other users' ids differ.
The usage of imported answers is stored, marked as estimated and without cost.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from oneai import files
from oneai.conversations import fields
from oneai.conversations.archive import chatgpt, claude, limits
from oneai.conversations.archive.document import (
    FORMAT,
    ExportedAttachment,
    ExportedMessage,
    ExportedSource,
    ExportHeader,
)
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
from oneai.conversations.archive.parents import depths_of, repair
from oneai.conversations.archive.tree import UNDATED, TreeMessage, build_tree
from oneai.models.outcome import MAX_REASONING
from oneai.text import cut, is_blank
from oneai.web_address import web_address

type ImportRow = dict[str, Any]

# The types of a question's attachments.
TYPES = ("image", "text", "file")

_metadata = TypeAdapter(fields.Metadata)
_message = TypeAdapter(ExportedMessage)


def owner_in(user: UUID, workspace: UUID) -> UUID:
    """What the ids of a user's imported conversations in a workspace are derived from: there they are stored once."""
    # A personal workspace has its user's id.
    return user if workspace == user else uuid5(workspace, str(user))


def read(owner: UUID, value: Any) -> ImportRow:
    """The conversation with its messages, with the columns of `oneai.conversations` and `oneai.chat_messages` as keys.

    Raises InvalidConversation if it is not a conversation or cannot be imported. `owner`: from `owner_in`.
    """
    if not isinstance(value, dict):
        raise InvalidConversation("This is not a conversation.")
    if value.get("format") == FORMAT:
        return _from_our_export(owner, value)
    for service in (chatgpt, claude):
        if service.recognizes(value):
            return _from_external(owner, service.read(value))
    raise InvalidConversation("This is not a conversation from an export of OneAI, ChatGPT or Claude.")


def bytes_of(conversation_row: ImportRow) -> int:
    """Approximately the size that `oneai.conversation_bytes` will compute."""
    texts = [
        conversation_row["title"],
        conversation_row["system_prompt"],
        json.dumps(conversation_row["metadata"], ensure_ascii=False),
    ]
    for message in conversation_row["messages"]:
        texts += [message["content"], message["reasoning"]]
        if "attachments" in message["metadata"]:
            texts.append(json.dumps(message["metadata"], ensure_ascii=False))
    return sum(len(text.encode()) for text in texts if text)


def _from_external(owner: UUID, foreign: ExternalConversation) -> ImportRow:
    conversation = _derived(owner, f"{foreign.source}:{foreign.id}")
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
        "left_out": {kind: count for kind, count in foreign.left_out.items() if count},
    }


def _tree_rows(conversation: UUID, source: str, messages: Iterable[TreeMessage]) -> list[ImportRow]:
    return [
        {
            "id": str(_derived(conversation, message.id)),
            "parent_message_id": str(_derived(conversation, message.parent.id)) if message.parent else None,
            "original_message_id": str(_derived(conversation, message.original.id)) if message.original else None,
            "role": message.role,
            "content": message.content,
            **_thoughts(message.reasoning),
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


def _from_our_export(owner: UUID, value: dict[str, Any]) -> ImportRow:
    try:
        conversation_row = ExportHeader.model_validate(value).conversation
    except ValidationError as error:
        raise _invalid(error) from None
    messages, unreadable = _readable_messages(value.get("messages"))
    conversation = _derived(owner, f"oneai:{conversation_row.id}")
    try:
        metadata = _metadata.validate_python(conversation_row.metadata)
    except ValidationError:
        raise InvalidConversation("conversation.metadata: It is too large or invalid.") from None
    tags = [tag for each in conversation_row.tags[: limits.TAGS] if (tag := line_of(each, limits.TAG_CHARACTERS))]
    return {
        "id": str(conversation),
        # If the exported conversation still exists, the import skips it.
        "exported_id": str(conversation_row.id),
        "title": line_of(conversation_row.title, limits.TITLE_CHARACTERS),
        "title_source": conversation_row.title_source,
        "model": text_of(conversation_row.model, limits.NAME_CHARACTERS),
        "system_prompt": text_of(conversation_row.system_prompt, limits.SYSTEM_PROMPT_CHARACTERS),
        "tags": list(dict.fromkeys(tags)),
        "folder": line_of(conversation_row.folder, limits.FOLDER_CHARACTERS),
        "pinned": conversation_row.pinned,
        "archived": conversation_row.archived,
        "metadata": metadata,
        "created_at": _date(conversation_row.created_at),
        "updated_at": _date(conversation_row.updated_at),
        "last_message_at": _date(conversation_row.last_message_at),
        "messages": _messages(conversation, messages),
        "left_out": {"unreadable": unreadable} if unreadable else {},
    }


def _readable_messages(values: Any) -> tuple[list[ExportedMessage], int]:
    """The messages in our format, and how many items are not. Raises InvalidConversation if none is."""
    if not isinstance(values, list):
        raise InvalidConversation("messages: It is not a list.")
    messages: dict[UUID, ExportedMessage] = {}
    first_error: InvalidConversation | None = None
    for place, value in enumerate(values):
        try:
            message = _message.validate_python(value)
        except ValidationError as error:
            first_error = first_error or _invalid(error, "messages", place)
        else:
            messages.setdefault(message.id, message)
    if first_error and not messages:
        raise first_error
    return list(messages.values()), len(values) - len(messages)


def _invalid(error: ValidationError, *place: str | int) -> InvalidConversation:
    first = error.errors()[0]
    where = ".".join(str(part) for part in (*place, *first["loc"]))
    return InvalidConversation(f"{where}: {first['msg']}."[:300])


def _messages(conversation: UUID, messages: list[ExportedMessage]) -> list[ImportRow]:
    """Keeps the tree's own numbers; a tree that violates our format is rebuilt like another service's."""
    parents = repair((str(message.id), _text(message.parent_message_id)) for message in messages)
    depths = depths_of(parents)
    by_id = {message.id: message for message in messages}
    for message in messages:
        require_readable_size(message.content, message.attachments)
    # Questions have odd numbers, answers even ones, and no two versions share a number.
    in_turn = all(
        _text(message.parent_message_id) == parents[str(message.id)]
        and message.sequence_number == depths[str(message.id)]
        and message.role == ("assistant", "user")[message.sequence_number % 2]
        for message in messages
    )
    if not in_turn or len({(message.sequence_number, message.revision_number) for message in messages}) < len(messages):
        nodes = [_node(message) for message in messages]
        current = max((s for s in messages if s.is_latest), key=lambda s: depths[str(s.id)], default=None)
        foreign = ExternalConversation(
            "oneai", str(conversation), None, nodes, current=_text(current.id if current else None)
        )
        return _tree_rows(conversation, "oneai", build_tree(foreign))
    chosen = _chosen(messages)
    latest: set[UUID] = set()
    for message in sorted(messages, key=lambda each: each.sequence_number):
        if message.id in chosen and (message.parent_message_id is None or message.parent_message_id in latest):
            latest.add(message.id)
    return [
        {
            **_row(
                conversation, message, by_id.get(message.original_message_id) if message.original_message_id else None
            ),
            "is_chosen": message.id in chosen,
            "is_latest": message.id in latest,
        }
        for message in messages
    ]


def _chosen(messages: list[ExportedMessage]) -> set[UUID]:
    """One of each group of siblings: the chosen one, else the newest."""
    groups: dict[UUID | None, list[ExportedMessage]] = defaultdict(list)
    for message in messages:
        groups[message.parent_message_id].append(message)
    return {
        max(group, key=lambda message: (message.is_chosen, message.revision_number)).id for group in groups.values()
    }


def _row(conversation: UUID, message: ExportedMessage, original: ExportedMessage | None) -> ImportRow:
    related = original is not None and original.sequence_number == message.sequence_number and original.id != message.id
    # An answer that was exported while running is never continued.
    broken_off = "truncated" if message.content else "failed"
    usage = message.usage.model_dump() | {"cost_micro_usd": 0, "estimated": True} if message.usage else None
    return {
        "id": _derived_text(conversation, message.id),
        "parent_message_id": _derived_text(conversation, message.parent_message_id),
        "original_message_id": _derived_text(conversation, original.id) if original and related else None,
        "turn_id": _derived_text(conversation, message.turn_id),
        "chosen_at": _date(message.chosen_at),
        "first_token_ms": message.first_token_ms,
        "role": message.role,
        "content": clean(message.content),
        **_thoughts(message.reasoning if message.role == "assistant" else None, message.reasoning_length),
        "state": broken_off if message.state == "streaming" else message.state,
        "model_id": text_of(message.model, limits.NAME_CHARACTERS) or "oneai",
        "model_served": text_of(message.model_served, limits.NAME_CHARACTERS),
        "provider": text_of(message.provider, limits.NAME_CHARACTERS),
        "finish_reason": message.finish_reason,
        "error_code": text_of(message.error_code, limits.NAME_CHARACTERS),
        "usage": usage,
        "sequence_number": message.sequence_number,
        "revision_number": message.revision_number,
        "revision_type": message.revision_type,
        "metadata": _message_metadata(message.attachments, message.images, message.sources) | _making(message),
        "rating": message.feedback.rating if message.feedback and message.role == "assistant" else None,
        "note": text_of(message.feedback.note, 2000) if message.feedback else None,
        "created_at": _date(message.created_at),
        "ended_at": _date(message.ended_at),
    }


def _node(message: ExportedMessage) -> Node:
    return Node(
        id=str(message.id),
        parent=_text(message.parent_message_id),
        role=message.role,
        content=clean(message.content),
        reasoning=clean(message.reasoning or ""),
        created_at=moment(message.created_at.isoformat()),
        model=text_of(message.model_served or message.model, limits.NAME_CHARACTERS),
        attachments=message.attachments,
    )


def _thoughts(reasoning: str | None, length: int | None = None) -> ImportRow:
    """The columns of an answer's thoughts. `length` is that of the whole ones, if the file has only their start."""
    stored = cut(clean(reasoning or ""), MAX_REASONING)
    if is_blank(stored):
        return {"reasoning": None, "reasoning_length": None}
    return {"reasoning": stored, "reasoning_length": max(len(reasoning or ""), length or 0)}


def _message_metadata(
    attachments: list[ExportedAttachment], images: int = 0, sources: Sequence[ExportedSource] = ()
) -> ImportRow:
    """A message's metadata: attachments and sources by name, and the number of images that were left out.

    Nothing else is imported, because metadata contains ids of stored objects and documents, which a file could forge.
    URLs are imported under the rules for questions: those of images must be public https.
    """
    items = []
    for each in attachments[:100]:
        elsewhere = each.type == "image" and each.url and files.is_public(each.url)
        texts = {
            "type": each.type if each.type in TYPES else None,
            "name": text_of(each.name, limits.NAME_CHARACTERS),
            "media_type": text_of(each.media_type, limits.NAME_CHARACTERS),
            "text": text_of(each.text),
            "url": each.url if elsewhere else None,
        }
        items.append({key: text for key, text in texts.items() if text} | ({"size": each.size} if each.size else {}))
    return (
        ({"attachments": items} if items else {})
        | ({"images_left_out": images} if images else {})
        | ({"sources": [_source(each) for each in sources[:100]]} if sources else {})
    )


def _making(message: ExportedMessage) -> ImportRow:
    """The metadata of how an answer was made of another version."""
    if message.role != "assistant":
        return {}
    adjust = {"adjust": message.adjust.model_dump(exclude_none=True)} if message.adjust else {}
    return {**adjust, **({"edited": True} if message.edited and message.revision_type != "user_edit" else {})}


def _source(source: ExportedSource) -> ImportRow:
    """A source in the form of an answer's metadata; it belongs to no document of ours."""
    return {
        "n": source.n,
        "document_id": None,
        **({"url": url} if (url := web_address(source.url)) else {}),
        "name": text_of(source.name, limits.NAME_CHARACTERS) or "document",
        "page": source.page,
        "heading": text_of(source.heading, limits.NAME_CHARACTERS),
        "snippet": text_of(source.snippet, limits.SNIPPET_CHARACTERS) or "",
    }


def _derived(namespace: UUID, name: str) -> UUID:
    return uuid5(namespace, name.encode("utf-8", "surrogatepass"))


def _derived_text(conversation: UUID, id: UUID | None) -> str | None:
    return str(_derived(conversation, str(id))) if id else None


def _date(value: datetime | None) -> str | None:
    """The time in UTC, because Python parses offsets that Postgres does not; None becomes now."""
    read = moment(value.isoformat()) if value else None
    return read.isoformat() if read else None


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None
