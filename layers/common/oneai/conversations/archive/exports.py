"""Requests for exports: a small conversation is returned directly, everything else as a file with a link."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai.clients import s3
from oneai.conversations import share_tokens
from oneai.conversations.archive import export_reader, file_names
from oneai.conversations.archive.export_reader import FORMATS, FormatName
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

# Limits of a direct response: of the file, and of Lambda's JSON around it (6 MB).
DIRECT_BYTES = 4_500_000
INVOCATION_BYTES = 6_200_000
# How long a link is valid; until the file expires, each request returns a new one.
LINK_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True)
class ExportFile:
    """A rendered conversation; `disposition` makes browsers save it."""

    body: bytes
    media_type: str
    disposition: str


class DepartureToken(BaseModel):
    """The body of `POST /api/exports/departure`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The end of the address in the mail, after `departure=`."
    )


class ExportAccepted(BaseModel):
    """A job writes the export."""

    export_id: UUID = Field(description="For `GET /exports/{id}`.")


class Export(BaseModel):
    """The progress of an export."""

    state: Literal["queued", "running", "done", "failed", "expired"] = Field(
        description="`expired`: the file was deleted, a day after it was written."
    )
    progress: int = Field(ge=0, le=100, description="In percent.")
    url: str | None = Field(default=None, description="The link to the file, once it is `done`.")
    expires_at: datetime | None = Field(
        default=None, description="When `url` expires; another request returns a new one."
    )
    error: str | None = Field(default=None, description="The error as a sentence, if it failed.")


@dataclass
class _Row:
    state: Literal["queued", "running", "done", "failed", "expired"]
    progress: int
    name: str | None
    media_type: str | None
    error: str | None
    expires_at: datetime | None
    now: datetime


async def export_conversation(
    principal: Principal, conversation_id: UUID, format_name: FormatName
) -> ExportFile | ExportAccepted:
    """Returns the conversation in this format, or a queued export if it is large. Raises NotFound, RateLimited."""
    file_format = FORMATS[format_name]
    header = await export_reader.load_header(principal, conversation_id)
    if await export_reader.min_bytes(principal, conversation_id, file_format) <= DIRECT_BYTES:
        pieces: list[str] = []
        size = 0
        async for piece in export_reader.render_pieces(principal, header, file_format):
            pieces.append(piece)
            size += len(piece.encode())
            if size > DIRECT_BYTES:
                break
        text = "".join(pieces)
        if size <= DIRECT_BYTES and _invocation_bytes(text) <= INVOCATION_BYTES:
            name = file_names.file_name(header.conversation.title, file_format.extension)
            return ExportFile(text.encode(), file_format.media_type, file_names.disposition(name))
    return await _request(principal, conversation_id, format_name)


async def export_all(principal: Principal) -> ExportAccepted:
    """Queues an export of all conversations, or returns the one in progress. Raises RateLimited."""
    return await _request(principal, None, "zip")


async def export_departure(principal: Principal, token: str) -> ExportAccepted:
    """Queues an export of the private conversations that wait for the user in a team that they left, by the token in
    their mail. Raises NotFound for a token of another user and for one that has ended, WorkspaceSuspended, RateLimited.
    """
    (export_id,) = await db.call(
        "select oneai.request_departure_export(%s, %s)",
        [principal.user_id, share_tokens.token_hash(token)],
        idempotent=True,
    )
    return ExportAccepted(export_id=export_id)


async def export_chatbots(principal: Principal) -> ExportAccepted:
    """Queues an export of the chatbots of the request's workspace, or returns the one in progress. Raises
    RoleInsufficient for viewers, RateLimited."""
    (export_id,) = await db.call(
        "select oneai.request_chatbots_export(%s, %s)", [principal.user_id, principal.workspace_id], idempotent=True
    )
    return ExportAccepted(export_id=export_id)


async def get_export(principal: Principal, export_id: UUID) -> Export:
    """Returns an export's progress, with a link when done. Raises NotFound."""
    rows = await db.read_as(
        principal,
        """
        select state, progress, name, media_type, error, expires_at, oneai.now() as now
        from oneai.exports where id = %s and user_id = %s
        """,
        [export_id, principal.user_id],
        _Row,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    if row.state != "done" or row.expires_at is None:
        return Export(state=row.state, progress=row.progress, error=row.error)
    if row.expires_at <= row.now:
        return Export(state="expired", progress=row.progress)
    until = min(row.now + LINK_LIFETIME, row.expires_at)
    seconds = max(1, int((until - row.now).total_seconds()))
    url = await s3.download_url(
        key(principal.user_id, export_id),
        now=row.now,
        seconds=seconds,
        download_as=row.name,
        media_type=row.media_type,
    )
    return Export(state="done", progress=100, url=url, expires_at=until)


def key(user_id: UUID, export_id: UUID) -> str:
    """The storage key of an export."""
    return f"exports/{user_id}/{export_id}"


async def _request(principal: Principal, conversation_id: UUID | None, format_name: str) -> ExportAccepted:
    (export_id,) = await db.call(
        "select oneai.request_export(%s, %s, %s)", [principal.user_id, conversation_id, format_name], idempotent=True
    )
    return ExportAccepted(export_id=export_id)


def _invocation_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())
