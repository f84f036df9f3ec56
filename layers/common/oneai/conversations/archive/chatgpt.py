"""ChatGPT's export: `conversations.json`, each conversation a `mapping` of nodes with parents and children."""

import json
from collections import Counter
from typing import Any

from oneai.conversations.archive import canvases, chatgpt_messages, deep_research, limits, parents
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    LeftOut,
    dict_of,
    id_of,
    join_parts,
    line_of,
    list_of,
    moment,
    text_of,
)

type RawNode = dict[str, Any]


def recognizes(value: dict[str, Any]) -> bool:
    """Whether this is a conversation from ChatGPT's export."""
    return "mapping" in value


def read(value: dict[str, Any]) -> ExternalConversation:
    """Parses the conversation. Raises InvalidConversation if it is not in ChatGPT's format.

    A node that is not in ChatGPT's format is left out and counted; the other nodes remain.
    """
    left_out: Counter[LeftOut] = Counter()
    mapping = _readable(value["mapping"], left_out)
    conversation_id = id_of(value.get("conversation_id")) or id_of(value.get("id"))
    places = _places(mapping)
    raw = dict(sorted(mapping.items(), key=lambda item: places.get(item[0], 0)))
    parent_of = parents.repair(_parents(raw))
    documents = canvases.read(raw, parent_of)
    messages = {name: dict_of(node, "message") for name, node in raw.items()}
    reports = {name: found for name, each in messages.items() if (found := deep_research.report_of(each))}
    nodes = [
        chatgpt_messages.read(
            name, parent, messages.get(name, {}), documents.get(name), left_out, report=reports.get(name)
        )
        for name, parent in parent_of.items()
    ]
    deep_research.hide_repeated(nodes, reports)
    return ExternalConversation(
        source="chatgpt",
        # Old exports have no conversation id; node ids are unique.
        id=conversation_id or json.dumps(sorted(mapping)[:1]),
        title=line_of(value.get("title"), limits.TITLE_CHARACTERS),
        nodes=nodes,
        system_prompt=_instructions(raw),
        current=id_of(value.get("current_node")),
        created_at=moment(value.get("create_time")),
        updated_at=moment(value.get("update_time")),
        archived=value.get("is_archived") is True,
        default_model=text_of(value.get("default_model_slug"), limits.NAME_CHARACTERS),
        left_out=left_out,
    )


def _readable(mapping: Any, left_out: Counter[LeftOut]) -> dict[str, RawNode]:
    """The nodes by id, also from a list. Raises InvalidConversation if there are nodes and none is readable."""
    if isinstance(mapping, list):
        mapping = {id_of(each.get("id")) if isinstance(each, dict) else None: each for each in mapping}
    if not isinstance(mapping, dict):
        raise InvalidConversation("Its messages are not in ChatGPT's format.")
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict) and name is not None}
    left_out["unreadable"] += len(mapping) - len(nodes)
    if mapping and not nodes:
        raise InvalidConversation("Its messages are not in ChatGPT's format.")
    return nodes


def _places(mapping: dict[str, RawNode]) -> dict[str, int]:
    """The position of each node among its siblings, from its parent's list."""
    return {
        child: place
        for node in mapping.values()
        for place, child in enumerate(list_of(node, "children"))
        if isinstance(child, str)
    }


def _parents(mapping: dict[str, RawNode]) -> list[tuple[str, str | None]]:
    """Each node with its parent, from the node or from the parent's list of children.

    A missing node that other nodes reference as parent and as child keeps its place without a message.
    """
    listed_by: dict[str, str] = {}
    for name, node in mapping.items():
        for listed in list_of(node, "children"):
            child = id_of(listed)
            if child is not None and child != name:
                listed_by.setdefault(child, name)
    result: list[tuple[str, str | None]] = []
    gone: dict[str, str] = {}
    for name, node in mapping.items():
        stated = id_of(node.get("parent"))
        if stated is not None and stated not in mapping and stated in listed_by:
            gone[stated] = listed_by[stated]
        elif node.get("parent") is not None and (stated not in mapping or stated == name):
            stated = listed_by.get(name)
        result.append((name, stated))
    return [*result, *gone.items()]


def _instructions(mapping: dict[str, RawNode]) -> str | None:
    """The user's custom instructions, and visible system messages."""
    texts: list[str | None] = []
    for node in mapping.values():
        message = dict_of(node, "message")
        content, metadata = dict_of(message, "content"), dict_of(message, "metadata")
        if content.get("content_type") == "user_editable_context":
            texts += [text_of(content.get("user_profile")), text_of(content.get("user_instructions"))]
        elif chatgpt_messages.role_of(message) == "system" and not chatgpt_messages.is_hidden(metadata):
            texts.append(chatgpt_messages.text_and_files(message)[0])
    return text_of(join_parts(texts), limits.SYSTEM_PROMPT_CHARACTERS)
