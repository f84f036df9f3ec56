"""Reserves storage for a whole import before anything is stored."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from oneai.conversations.archive import files, import_rows
from oneai.conversations.archive.json_values import UnreadableFile
from oneai.conversations.archive.lease import LeaseLost
from oneai.errors import StorageFull
from oneai.postgres import db

BATCH = 500


@dataclass
class _IdRow:
    id: UUID


async def reserve(import_id: UUID, worker: UUID, into: tuple[UUID, UUID], path: Path, until: float) -> bool:
    """Reserves the storage that the file may need; False if `until` came first. `into`: the user, and the workspace
    that gets the conversations.

    Raises StorageFull, UnreadableFile, and LeaseLost if another worker has the import.
    """
    try:
        await _reserve(import_id, worker, files.json_bytes(path))
        return True
    except StorageFull:
        # JSON is larger than its text, and some conversations may already exist: near the limit, count exactly.
        needed = await _missing_bytes(into, path, until)
    if needed is None:
        return False
    await _reserve(import_id, worker, needed)
    return True


async def _reserve(import_id: UUID, worker: UUID, size: int) -> None:
    (claimed,) = await db.call("select oneai.reserve_import_storage(%s, %s, %s)", [import_id, worker, size])
    if not claimed:
        raise LeaseLost


async def _missing_bytes(into: tuple[UUID, UUID], path: Path, until: float) -> int | None:
    """The size of readable conversations in the file that do not exist yet."""
    needed = 0
    batch: list[dict[str, Any]] = []
    try:
        for item in files.conversations(path):
            if time.monotonic() > until:
                return None
            with suppress(Exception):  # reported when the import reaches it
                batch.append(_outline(import_rows.read(import_rows.owner_in(*into), item.value)))
            if len(batch) >= BATCH:
                needed += await _bytes_of_missing(into, batch)
                batch.clear()
            await asyncio.sleep(0)  # lets the lease be renewed
    except UnreadableFile:
        pass  # conversations before the damage are imported
    return needed + await _bytes_of_missing(into, batch)


def _outline(conversation: dict[str, Any]) -> dict[str, Any]:
    return {"ids": [conversation["id"], conversation.get("exported_id")], "bytes": import_rows.bytes_of(conversation)}


async def _bytes_of_missing(into: tuple[UUID, UUID], batch: list[dict[str, Any]]) -> int:
    rows = await db.as_service(
        "select id from oneai.conversations where user_id = %s and workspace_id = %s and id = any(%s::uuid[])",
        [*into, [each for conversation in batch for each in conversation["ids"] if each]],
        _IdRow,
    )
    existing = {str(row.id) for row in rows}
    return sum(conversation["bytes"] for conversation in batch if not existing.intersection(conversation["ids"]))
