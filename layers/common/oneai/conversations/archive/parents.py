"""Converts any list of nodes to a forest: a missing parent, or one that follows its own child, is dropped."""

from collections import defaultdict
from collections.abc import Iterable

from oneai.conversations.archive import limits
from oneai.conversations.archive.external import InvalidConversation


def repair(nodes: Iterable[tuple[str, str | None]]) -> dict[str, str | None]:
    """The parent of each node, in the given order. `nodes`: ids with their parents' ids; of equal ids the first counts.

    A node becomes a root if its parent is unknown or is itself; so does the first node of each cycle.
    Raises InvalidConversation for more nodes than `limits.MESSAGES`.
    """
    parents: dict[str, str | None] = {}
    for node, parent in nodes:
        parents.setdefault(node, parent)
    if len(parents) > limits.MESSAGES:
        raise InvalidConversation(f"It has more than {limits.MESSAGES} messages.")
    for node, parent in parents.items():
        if parent not in parents or parent == node:
            parents[node] = None
    places = {node: place for place, node in enumerate(parents)}
    done: set[str] = set()
    for first in parents:
        path: list[str] = []
        on_path: set[str] = set()
        at: str | None = first
        while at is not None and at not in done and at not in on_path:
            path.append(at)
            on_path.add(at)
            at = parents[at]
        if at is not None and at in on_path:
            parents[min(path[path.index(at) :], key=places.__getitem__)] = None
        done |= on_path
    return parents


def depths_of(parents: dict[str, str | None]) -> dict[str, int]:
    """The depth of each node, given repaired parents: parents first, roots at 1."""
    children_of: dict[str | None, list[str]] = defaultdict(list)
    for node, parent in parents.items():
        children_of[parent].append(node)
    depths: dict[str, int] = {}
    level, depth = children_of[None], 1
    while level:
        depths.update(dict.fromkeys(level, depth))
        level, depth = [child for node in level for child in children_of[node]], depth + 1
    return depths
