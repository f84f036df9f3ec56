"""The tree of hashes over the ends of all chains of the ledger. docs/ledger.md has its bytes.

The tree splits its leaves by the bits of their workspace's id, the highest first. A half with one leaf is that leaf,
and a half without any is left out, so each set of leaves has one tree. Below its first eight levels are the 256 parts
of a root: a part is computed alone, and a root from the hashes of its parts.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

EMPTY = "0" * 64
PARTS = 256
_BITS = 128
_BITS_OF_PARTS = 8

# A hash with its place: the number that its bits are taken from.
type Placed = tuple[int, str]


class Sibling(NamedTuple):
    """A hash beside the path of a leaf, and on which side it is."""

    side: Literal["left", "right"]
    hash: str


def sha256(*fields: object) -> str:
    """The SHA-256 of the fields, joined by `|`, in hexadecimal."""
    return hashlib.sha256("|".join(map(str, fields)).encode()).hexdigest()


def leaf(workspace: UUID, entries: int, last_hash: str) -> Placed:
    """The leaf of a chain with this many entries; `last_hash` is that of the last."""
    return workspace.int, sha256(1, "leaf", workspace, entries, last_hash)


def part_hash(leaves: Sequence[Placed]) -> str | None:
    """The hash of a part of a root; None without leaves."""
    return _tree(leaves, _BITS_OF_PARTS)


def root_hash(parts: Sequence[str | None]) -> str:
    """The root over the hashes of its parts."""
    return _tree(_placed(parts), 0) or EMPTY


def path(workspace: UUID, leaves: Sequence[Placed], parts: Sequence[str | None]) -> list[Sibling]:
    """The siblings from the leaf of a workspace up to the root. `leaves`: those of its part."""
    return _path(workspace.int, leaves, _BITS_OF_PARTS) + _path(workspace.int, _placed(parts), 0, _BITS_OF_PARTS)


def _placed(parts: Sequence[str | None]) -> list[Placed]:
    shift = _BITS - _BITS_OF_PARTS
    return [(place << shift, found) for place, found in enumerate(parts) if found is not None]


def _tree(leaves: Sequence[Placed], bit: int) -> str | None:
    if len(leaves) < 2:
        return leaves[0][1] if leaves else None
    left, right = (_tree(half, bit + 1) for half in _halves(leaves, bit))
    return sha256(1, "node", left, right) if left and right else left or right


def _path(place: int, leaves: Sequence[Placed], bit: int, end: int = _BITS) -> list[Sibling]:
    if len(leaves) < 2 or bit == end:
        return []
    left, right = _halves(leaves, bit)
    is_right = place >> (_BITS - 1 - bit) & 1
    below = _path(place, right if is_right else left, bit + 1, end)
    sibling = _tree(left if is_right else right, bit + 1)
    return [*below, Sibling("left" if is_right else "right", sibling)] if sibling else below


def _halves(leaves: Sequence[Placed], bit: int) -> tuple[list[Placed], list[Placed]]:
    mask = 1 << (_BITS - 1 - bit)
    return [each for each in leaves if not each[0] & mask], [each for each in leaves if each[0] & mask]
