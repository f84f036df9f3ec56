"""Converts another service's message tree to ours: alternating roles, numbers, and one chosen sibling per group."""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from oneai.conversations.archive import limits
from oneai.conversations.archive.document import ExportedAttachment
from oneai.conversations.archive.external import (
    ExternalConversation,
    InvalidConversation,
    Node,
    join_parts,
    require_readable_size,
)
from oneai.conversations.archive.parents import depths_of, repair

# The date of nodes without one and without a dated predecessor.
UNDATED = datetime.min.replace(tzinfo=UTC)

type Groups = dict[int | None, list[TreeMessage]]


class MessageRun(NamedTuple):
    """Consecutive nodes of one role, which become one message; a list linked from its end."""

    node: Node
    before: "MessageRun | None"
    characters: int


@dataclass(eq=False)
class TreeMessage:
    """One message of the converted tree, with the file's ids. `path_depth` is the node's depth on the path to the node
    that was open last; 0 outside that path."""

    id: str
    parent: "TreeMessage | None"
    role: Literal["user", "assistant"]
    content: str
    created_at: datetime
    reasoning: str = ""
    model: str | None = None
    state: Literal["complete", "stopped", "truncated"] = "complete"
    attachments: list[ExportedAttachment] = field(default_factory=list)
    path_depth: int = 0
    sequence_number: int = 1
    revision_number: int = 0
    revision_type: Literal["user_edit", "regeneration"] | None = None
    original: "TreeMessage | None" = None
    is_chosen: bool = False
    is_latest: bool = False


def build_tree(conversation: ExternalConversation) -> list[TreeMessage]:
    """The messages, parents first. Ids are unique. Raises InvalidConversation for too many or too large messages."""
    parents = repair((node.id, node.parent) for node in conversation.nodes)
    for node in conversation.nodes:
        node.parent = parents[node.id]
    depths = depths_of(parents)
    messages = list(_messages(conversation, depths))
    _add_missing_question(messages)
    _number(messages)
    groups: Groups = defaultdict(list)
    for message in sorted(messages, key=lambda each: each.revision_number):
        groups[id(message.parent) if message.parent else None].append(message)
    _choose(messages, groups)
    _relate(groups)
    return messages


def _messages(conversation: ExternalConversation, depths: dict[str, int]) -> Iterator[TreeMessage]:
    """The nodes with a role. Parts of one answer become one message; an empty answer separates two questions."""
    path_depths = _path_to_current(conversation, depths)
    default_time = conversation.created_at or next((n.created_at for n in conversation.nodes if n.created_at), UNDATED)
    children_of = _speaking_children(conversation, depths)
    waiting: deque[tuple[Node, TreeMessage | None, MessageRun | None]] = deque(
        (node, None, None) for node in children_of[None]
    )
    characters = 0
    while waiting:
        node, parent, before = waiting.popleft()
        length = len(node.content) + len(node.reasoning) + 1
        run = MessageRun(node, before, length + (before.characters if before else 0))
        children = children_of[node.id]
        # An answer comes in parts, around its tools. Two questions are never joined.
        joined = [child for child in children if child.role == node.role == "assistant"]
        others = [child for child in children if child.role != node.role]
        questions = [child for child in children if child.role == node.role == "user"]
        if len(joined) < len(children) or not children:
            characters += run.characters
            # A branch within a run repeats the run's start.
            if characters > limits.CONVERSATION_CHARACTERS:
                raise InvalidConversation("It is too large.")
            message = _message(run, parent, parent.created_at if parent else default_time)
            if message.role == "assistant":
                message.model = message.model or conversation.default_model
            message.path_depth = path_depths.get(node.id, 0)
            yield message
            waiting.extend((child, message, None) for child in others)
            if questions:
                answer = _unanswered(message, max(path_depths.get(child.id, 0) for child in questions))
                yield answer
                waiting.extend((child, answer, None) for child in questions)
        waiting.extend((child, parent, run) for child in joined)


def _speaking_children(conversation: ExternalConversation, depths: dict[str, int]) -> dict[str | None, list[Node]]:
    """The children of each node that have a role. Nodes without a role are skipped, and their children move up."""
    nodes = {node.id: node for node in conversation.nodes}
    children_of: dict[str | None, list[Node]] = defaultdict(list)
    visible_parent: dict[str | None, str | None] = {None: None}
    for node in map(nodes.__getitem__, depths):
        if node.role is None:
            visible_parent[node.id] = visible_parent[node.parent]
        else:
            children_of[visible_parent[node.parent]].append(node)
            visible_parent[node.id] = node.id
    return children_of


def _path_to_current(conversation: ExternalConversation, depths: dict[str, int]) -> dict[str, int]:
    """The depths of the nodes on the path from the last open node, else the newest, to its root."""
    parents = {node.id: node.parent for node in conversation.nodes}
    ages = [
        (node.role is not None, node.created_at or UNDATED, place, node.id)
        for place, node in enumerate(conversation.nodes)
    ]
    at = conversation.current if conversation.current in parents else max(ages)[3] if ages else None
    path_depths = {}
    while at is not None:
        path_depths[at] = depths[at]
        at = parents[at]
    return path_depths


def _message(run: MessageRun, parent: TreeMessage | None, before: datetime) -> TreeMessage:
    nodes = []
    last: MessageRun | None = run
    while last:
        nodes.append(last.node)
        last = last.before
    nodes.reverse()
    content = join_parts(node.content for node in nodes)
    attachments = [each for node in nodes for each in node.attachments]
    require_readable_size(content, attachments)
    assert run.node.role  # noqa: S101  nodes without one were skipped
    return TreeMessage(
        id=run.node.id,
        parent=parent,
        role=run.node.role,
        content=content,
        reasoning=join_parts(node.reasoning for node in nodes),
        created_at=next((node.created_at for node in nodes if node.created_at), before),
        model=next((node.model for node in reversed(nodes) if node.model), None),
        state=run.node.state,
        attachments=attachments,
    )


def _unanswered(question: TreeMessage, path_depth: int) -> TreeMessage:
    """The empty answer to a question that another question follows."""
    return TreeMessage(
        id=f"{question.id} unanswered",
        parent=question,
        role="assistant",
        content="",
        created_at=question.created_at,
        state="stopped",
        path_depth=path_depth,
    )


def _add_missing_question(messages: list[TreeMessage]) -> None:
    """Inserts an empty question before answers that come first."""
    first = [message for message in messages if message.parent is None and message.role == "assistant"]
    if first:
        opening = TreeMessage(
            id="opening",
            parent=None,
            role="user",
            content="",
            created_at=min(message.created_at for message in first),
            path_depth=max(message.path_depth for message in first),
        )
        for message in first:
            message.parent = opening
        messages.insert(0, opening)


def _number(messages: list[TreeMessage]) -> None:
    """Sequence numbers by depth; revision numbers per sequence number, by date."""
    counts: dict[int, int] = defaultdict(int)
    for message in messages:
        message.sequence_number = message.parent.sequence_number + 1 if message.parent else 1
    for message in sorted(messages, key=lambda each: each.created_at):
        message.revision_number = counts[message.sequence_number]
        counts[message.sequence_number] += 1


def _choose(messages: list[TreeMessage], groups: Groups) -> None:
    """Chooses the path that was open last, and elsewhere the newest of each group."""
    for group in groups.values():
        max(group, key=lambda each: (each.path_depth, each.revision_number)).is_chosen = True
    for message in messages:
        message.is_latest = message.is_chosen and (message.parent is None or message.parent.is_latest)


def _relate(groups: Groups) -> None:
    """Siblings revise the first one; the first answer to an edited question revises the original question's answer."""
    for group in groups.values():
        first = group[0]
        if first.role == "assistant" and first.parent and first.parent.original:
            first_answers = groups.get(id(first.parent.original))
            first.original = first_answers[0] if first_answers else None
        for message in group[1:]:
            message.original = first.original or first
        for message in group:
            if message.original:
                message.revision_type = "user_edit" if message.role == "user" else "regeneration"
