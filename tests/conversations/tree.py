"""A conversation as a tree in memory: what edits, regenerations, choices and corrections are to make of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from uuid import UUID


class StoredMessage(NamedTuple):
    """A message as the database has it."""

    parent: UUID | None
    role: str
    sequence: int
    revision: int
    kind: str | None
    original: UUID | None
    chosen: bool
    latest: bool
    state: str
    stopping: bool
    siblings: int


@dataclass(eq=False)
class Node:
    """One message; `children` are in the order in which they were said, `turn` is the first of the answers that were
    asked for together."""

    id: UUID
    role: Literal["user", "assistant"]
    parent: "Node | None"
    sequence: int
    revision: int
    kind: str | None = None
    original: "Node | None" = None
    chosen: bool = False
    state: str = "complete"
    turn: UUID | None = None
    stopping: bool = False
    children: "list[Node]" = field(default_factory=list)

    @property
    def first(self) -> "Node":
        """The original of its versions."""
        return self.original or self


@dataclass(eq=False)
class Tree:
    """One conversation; `running` are the answers being written, `lapsed` whether their writer is dead, and `stopped`
    those that were to be stopped before it died."""

    id: UUID
    roots: list[Node] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    running: list[Node] = field(default_factory=list)
    lapsed: bool = False
    stopped: list[Node] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether nothing may be asked now."""
        return bool(self.running) and not self.lapsed

    def siblings(self, node: Node) -> list[Node]:
        """It and its other versions."""
        return self.roots if node.parent is None else node.parent.children

    def visible(self) -> Iterator[Node]:
        """The visible branch, from the beginning."""
        level = self.roots
        while level:
            (chosen,) = [node for node in level if node.chosen]
            yield chosen
            level = chosen.children

    def show(self, node: Node) -> None:
        """Makes it and all before it the chosen ones."""
        while True:
            for sibling in self.siblings(node):
                sibling.chosen = sibling is node
            if node.parent is None:
                return
            node = node.parent

    def choose(self, node: Node) -> None:
        """Shows it, and of answers that are written side by side stops the others."""
        self.show(node)
        for other in self.running:
            other.stopping = other.stopping or (other.turn == node.turn and other is not node)

    def add(self, node_id: UUID, parent: Node | None, original: Node | None = None, kind: str | None = None) -> Node:
        """A message after `parent`; seen only where it is the first there."""
        sequence = 1 if parent is None else parent.sequence + 1
        taken = [node.revision for node in self.nodes if node.sequence == sequence]
        role: Literal["user", "assistant"] = "assistant" if parent and parent.role == "user" else "user"
        node = Node(node_id, role, parent, sequence, max(taken, default=-1) + 1, kind, original)
        (self.roots if parent is None else parent.children).append(node)
        node.chosen = len(self.siblings(node)) == 1
        self.nodes.append(node)
        return node

    def begin(self, question: Node, answers: list[UUID], original: Node | None) -> None:
        """Inserts empty answers to `question`; the first one is visible."""
        kind = "regeneration" if original else None
        self.running = [self.add(each, question, original, kind) for each in answers]
        self.lapsed = False
        for answer in self.running:
            answer.state, answer.turn = "streaming", answers[0]
        self.show(self.running[0])

    def end(self, answer: Node, state: str) -> None:
        """The answer is written."""
        answer.state = state
        self.running.remove(answer)
        self.lapsed = self.lapsed and bool(self.running)

    def die(self) -> None:
        """The writer dies, if there is one."""
        if self.busy:
            self.lapsed = True
            self.stopped = [answer for answer in self.running if answer.stopping]

    def bury(self) -> None:
        """Ends the answers of a dead writer, who had written nothing."""
        if self.lapsed:
            for answer in self.running:
                answer.state = "stopped" if answer in self.stopped else "failed"
            self.running = []
            self.lapsed = False

    def seen(self) -> dict[UUID, StoredMessage]:
        """All of it, as the database has to have it."""
        latest = set(self.visible())
        return {
            node.id: StoredMessage(
                node.parent.id if node.parent else None,
                node.role,
                node.sequence,
                node.revision,
                node.kind,
                node.original.id if node.original else None,
                node.chosen,
                node in latest,
                node.state,
                node.stopping,
                len(self.siblings(node)),
            )
            for node in self.nodes
        }
