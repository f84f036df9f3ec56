"""The job that reads imports: each conversation is stored atomically, together with the position in the file."""

import json
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from oneai import log
from oneai.clients import s3
from oneai.conversations.archive import files, import_rows, limits, storage_reservation
from oneai.conversations.archive.external import InvalidConversation, line_of
from oneai.conversations.archive.files import FileItem
from oneai.conversations.archive.json_values import UnreadableFile
from oneai.conversations.archive.lease import LeaseLost, run_with_lease
from oneai.errors import BodyTooLarge, Busy, NotFound, OneAIError, StorageFull
from oneai.postgres import db
from oneai.workspace_errors import RoleInsufficient

# Concurrent imports of all workers.
AT_ONCE = 2
# Of an import that four processes died with.
GIVEN_UP = "The file could not be read."
# Storing and indexing ten thousand messages takes half a minute; must be less than a lease.
STORE_SECONDS = 110
# A conversation is skipped after this many workers died while storing it.
GIVE_UP = 3
# Appended if the storage is full; the first conversations may have been imported.
RETRY_HINT = "Then import the file again. Conversations that exist are skipped."


@dataclass
class ImportJob:
    """An import that `worker` claimed; `attempts` counts claims since `position` moved."""

    id: UUID
    user_id: UUID
    workspace_id: UUID
    upload_id: UUID
    position: int
    attempts: int
    worker: UUID


async def read_next(until: float, worker: UUID | None = None) -> bool:
    """Claims and reads the oldest queued import; returns whether there was one.

    At `until` (of `time.monotonic`) it is queued again, and the next claim continues from its position.
    """
    row = await db.call(
        "select id, user_id, workspace_id, upload_id, position, attempts, worker from oneai.claim_import(%s, %s, %s)",
        [worker or uuid4(), AT_ONCE, GIVEN_UP],
    )
    if row is None:
        return False
    work = ImportJob(*row)
    try:
        ended = await run_with_lease(_read(work, until), partial(_renew, work))
        await _end(work, "done" if ended else "queued")
        log.info("an import was read", import_id=work.id, to_its_end=ended)
    except StorageFull as full:
        await _end(work, "failed", f"{full.message} {RETRY_HINT}", keep_file=True)
    except RoleInsufficient:
        await _end(work, "failed", "You can no longer add conversations to this workspace.", keep_file=True)
    except UnreadableFile as problem:
        await _end(work, "failed", str(problem))
    except NotFound:
        await _end(work, "failed", "The file was never uploaded, or no longer exists.", keep_file=True)
    except BodyTooLarge:
        await _end(work, "failed", f"The file is larger than {limits.FILE_BYTES // 1_000_000} MB.")
    except LeaseLost:
        log.warning("another worker reads this import now", import_id=work.id)
    except (OneAIError, OSError):  # OSError: this worker's disk; the file is still in the storage
        log.exception("an import could not be read", import_id=work.id)
    return True


async def _read(work: ImportJob, until: float) -> bool:
    """Reads the file, and returns whether it reached the end."""
    with tempfile.NamedTemporaryFile() as file:
        await s3.fetch(f"uploads/{work.user_id}/{work.upload_id}", file, max_bytes=limits.FILE_BYTES)
        file.flush()
        path = Path(file.name)
        if work.position == 0 and not await storage_reservation.reserve(
            work.id, work.worker, (work.user_id, work.workspace_id), path, until
        ):
            return False
        for position, item in enumerate(files.conversations(path)):
            if position < work.position:
                continue
            if time.monotonic() > until:
                return False
            await _store(work, position, item)
    return True


async def _store(work: ImportJob, position: int, item: FileItem) -> None:
    if work.attempts >= GIVE_UP and position == work.position:
        return await _step(work, position, item, problem="It could not be stored.")
    try:
        owner = import_rows.owner_in(work.user_id, work.workspace_id)
        conversation = import_rows.read(owner, item.value)
    except InvalidConversation as problem:
        return await _step(work, position, item, problem=str(problem))
    except Exception:  # noqa: BLE001  input is untrusted, and later conversations may be fine
        log.exception("a conversation could not be read", import_id=work.id, position=position)
        return await _step(work, position, item, problem="It could not be read.")
    try:
        await _step(work, position, item, conversation=conversation)
    except (Busy, LeaseLost, RoleInsufficient, StorageFull):
        raise
    except OneAIError:
        log.exception("a conversation could not be stored", import_id=work.id, position=position)
        await _step(work, position, item, problem="It could not be stored.")


async def _step(
    work: ImportJob,
    position: int,
    item: FileItem,
    *,
    conversation: dict[str, Any] | None = None,
    problem: str | None = None,
) -> None:
    error = json.dumps({"title": _title(item.value), "message": problem}) if problem else None
    (claimed,) = await db.call_long(
        "select oneai.save_import_step(%s, %s, %s, %s, %s, %s)",
        [work.id, work.worker, position, item.percent, json.dumps(conversation) if conversation else None, error],
        seconds=STORE_SECONDS,
    )
    if not claimed:
        raise LeaseLost


def _title(value: Any) -> str | None:
    """The conversation's title in any service's format, so that the user can recognize it."""
    if not isinstance(value, dict):
        return None
    conversation = value.get("conversation")
    title = (
        value.get("title")
        or value.get("name")
        or (conversation.get("title") if isinstance(conversation, dict) else None)
    )
    return line_of(title, limits.TITLE_CHARACTERS)


async def _renew(work: ImportJob) -> bool:
    rows = await db.as_service(
        """
        update oneai.imports set leased_until = oneai.now() + oneai.job_lease()
        where id = %s and worker = %s and state = 'running' returning id
        """,
        [work.id, work.worker],
        dict,
    )
    return bool(rows)


async def _end(work: ImportJob, state: str, error: str | None = None, *, keep_file: bool = False) -> None:
    await db.call(
        "select oneai.finish_import(%s, %s, %s, %s, %s)",
        [work.id, work.worker, state, error, keep_file],
        idempotent=True,
    )
