"""Copies a conversation that a member of its workspace may read, so that they can ask in the copy."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4, uuid5

from oneai import log
from oneai.clients import s3
from oneai.conversations.fork import COPY_SECONDS, Fork
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

# Files and attached documents that are copied, each; a message shows the others by name.
MAX_FILES = 200
FILES_AT_ONCE = 8


async def copy(principal: Principal, conversation_id: UUID, idempotency_key: str | None = None) -> Fork:
    """Copies the visible branch of a conversation with its files into a private one of the user, in the same workspace.

    The same key copies once. Raises NotFound, RoleInsufficient for users who may only read, InvalidRequest for a
    temporary conversation, and StorageFull.
    """
    target = uuid5(principal.user_id, f"copy {conversation_id} {idempotency_key}") if idempotency_key else uuid4()
    (plan,) = await db.call("select oneai.plan_copy(%s, %s, %s)", [principal.user_id, conversation_id, MAX_FILES])
    names = await copy_files(plan)
    await db.call_long(
        "select oneai.copy_conversation(%s, %s, %s, %s)",
        [principal.user_id, conversation_id, target, json.dumps(names)],
        seconds=COPY_SECONDS,
    )
    return Fork(conversation_id=target)


async def copy_files(plan: dict[str, Any]) -> dict[str, str]:
    """Copies the `files` of a plan ([{from, to, name}]) in the storage; the `names` of those that it still had."""
    limit = asyncio.Semaphore(FILES_AT_ONCE)
    missing = await asyncio.gather(*(_copy_file(each, limit) for each in plan["files"]))
    return {name: copied for name, copied in plan["names"].items() if name not in missing}


async def _copy_file(file: dict[str, Any], limit: asyncio.Semaphore) -> str | None:
    """The name of the file if the storage no longer has it."""
    async with limit:
        try:
            await s3.copy(file["from"], file["to"])
        except NotFound:
            log.warning("a file to copy is missing")
            return str(file["name"])
    return None
