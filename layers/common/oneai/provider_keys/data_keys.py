"""The data keys of workspaces: made and wrapped by KMS, and kept in plain for a few minutes.

So a process asks KMS once for each workspace and not with each answer. What is kept is bounded in time, so that a key
of KMS which an operator disables ends the use of all keys within minutes, and in number.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from oneai.clients import kms_data_keys as kms
from oneai.postgres import db
from oneai.provider_keys.envelope import DataKey

KEPT_SECONDS = 300.0
MAX_KEPT = 256
_PURPOSE = "provider_keys"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key of a workspace as its row has it."""

    id: UUID
    workspace_id: UUID
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A data key that no row has yet."""

    key: WrappedKey
    kms_key_id: str


# By workspace and wrapped key: a row that was copied from another workspace finds nothing here.
_kept: OrderedDict[tuple[UUID, bytes], tuple[bytes, float]] = OrderedDict()


async def make(workspace_id: UUID, kms_key_id: str | None = None) -> NewKey:
    """Makes a data key for the workspace, which is opened at once; `kms_key_id` wraps it instead of the key of the
    settings. Raises ProviderKeysUnavailable."""
    made = await kms.make_data_key(_context(workspace_id), kms_key_id)
    wrapped = WrappedKey(uuid4(), workspace_id, made.wrapped)
    _keep(wrapped, made.plain)
    return NewKey(wrapped, made.kms_key_id)


async def current(workspace_id: UUID, row: dict[str, str] | None, kms_key_id: str | None = None) -> WrappedKey:
    """The workspace's data key of this row (`id`, `wrapped`); None: it has none, so one is made as by `make` and
    stored. Raises ProviderKeysUnavailable."""
    if row is None:
        made = await make(workspace_id, kms_key_id)
        # If two make the first one, both get the one that was stored.
        (row,) = await db.call(
            "select oneai.add_data_key(%s, %s, %s, %s)",
            [workspace_id, made.key.id, made.kms_key_id, made.key.wrapped],
        )
    return WrappedKey(UUID(row["id"]), workspace_id, bytes.fromhex(row["wrapped"]))


async def opened(wrapped: WrappedKey) -> DataKey:
    """The data key in plain, from KMS where it is not kept. Raises ProviderKeysUnavailable, ProviderKeyUnreadable."""
    found = _kept.get((wrapped.workspace_id, wrapped.wrapped))
    if found is not None and found[1] > time.monotonic():
        return DataKey(wrapped.id, found[0])
    plain = await kms.open_data_key(wrapped.wrapped, _context(wrapped.workspace_id))
    _keep(wrapped, plain)
    return DataKey(wrapped.id, plain)


def forget() -> None:
    """Drops all data keys that are kept."""
    _kept.clear()


def _context(workspace_id: UUID) -> dict[str, str]:
    return {"purpose": _PURPOSE, "workspace": str(workspace_id)}


def _keep(wrapped: WrappedKey, plain: bytes) -> None:
    place = (wrapped.workspace_id, wrapped.wrapped)
    _kept[place] = (plain, time.monotonic() + KEPT_SECONDS)
    _kept.move_to_end(place)
    while len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
