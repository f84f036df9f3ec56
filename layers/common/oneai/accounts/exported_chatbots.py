"""The chatbots of a workspace in an export: what its team made, and what their visitors wrote.

Rows are read and written in batches, so memory does not grow with what was asked. What exists from the beginning to the
end of the export is in it. A chatbot that is erased or moved meanwhile says so in the list; a user who may no longer
read the workspace gets no file.
"""

import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from oneai.conversations.archive import Owner
from oneai.errors import NotFound, OneAIError
from oneai.postgres import db

Part = Literal["versions", "answers", "evaluations", "leads", "mail_addresses", "conversations"]

PARTS: tuple[Part, ...] = ("versions", "answers", "evaluations", "leads", "mail_addresses", "conversations")
BATCH = 200
# Bytes of conversations in a batch; a single one may be larger.
BATCH_BYTES = 4_000_000
# Statuses of errors by which Postgres says that the user may not read this.
REFUSED = (403, 404)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class _Row:
    at: datetime
    id: str
    content: dict[str, Any]
    total: int | None


async def add_chatbots(
    archive: zipfile.ZipFile, owner: Owner, *, report_progress: Callable[[int], None] = lambda _: None
) -> None:
    """Adds a folder for each chatbot of the owner's workspace, also for deleted ones until they are erased, and
    `chatbots/chatbots.json`, which lists them with the number of rows in each file.

    `report_progress` receives the percentage after each one, at most 99. Raises NotFound if the user may not read what
    visitors wrote, also if that ends meanwhile.
    """
    listing: list[dict[str, Any]] = []
    async for chatbot in _rows(owner, "chatbots"):
        folder = f"chatbots/{chatbot.id}"
        archive.writestr(f"{folder}/chatbot.json", _json(chatbot.content))
        counts = {
            part: await _add_part(archive, f"{folder}/{part}.json", _rows(owner, part, UUID(chatbot.id)))
            for part in PARTS
        }
        left = [row async for row in _rows(owner, "chatbots", UUID(chatbot.id))]
        listing.append(
            {"id": chatbot.id, "name": chatbot.content["name"], "folder": folder, "erased_meanwhile": not left} | counts
        )
        report_progress(min(99, len(listing) * 100 // max(chatbot.total or 1, 1)))
    archive.writestr("chatbots/chatbots.json", _json(listing))


async def _add_part(archive: zipfile.ZipFile, name: str, rows: AsyncIterator[_Row]) -> int:
    """Writes the rows as a list, one on each line; how many there are."""
    written = 0
    with archive.open(name, "w", force_zip64=True) as entry:
        entry.write(b"[")
        async for row in rows:
            entry.write((",\n" if written else "\n").encode() + _json(row.content, indent=None).encode())
            written += 1
        entry.write(b"\n]\n")
    return written


async def _rows(owner: Owner, kind: Part | Literal["chatbots"], chatbot_id: UUID | None = None) -> AsyncIterator[_Row]:
    """All rows of this kind, oldest first; `chatbot_id`: of this chatbot, or it alone. Raises NotFound."""
    at, last = BEGINNING, ""
    while True:
        try:
            batch = await db.as_service(
                "select * from oneai.chatbots_to_export(%s, %s, %s, %s, %s, %s, %s, %s)",
                [owner.user_id, owner.workspace_id, kind, chatbot_id, at, last, BATCH, BATCH_BYTES],
                _Row,
            )
        except OneAIError as error:
            if error.status in REFUSED:
                raise NotFound from error
            raise
        if not batch:
            return
        for row in batch:
            yield row
        at, last = batch[-1].at, batch[-1].id


def _json(document: Any, indent: int | None = 1) -> str:
    return json.dumps(document, ensure_ascii=False, indent=indent)
