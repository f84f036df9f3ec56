"""Routes for exports and imports of conversations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from oneai.clients.supabase_auth import UserPrincipal
from oneai.conversations import archive
from oneai.conversations.archive import (
    DepartureToken,
    Export,
    ExportAccepted,
    ExportFile,
    FormatName,
    Import,
    ImportAccepted,
    ImportRequest,
)
from oneai.http.fastapi_app import ConversationId, CurrentUser, PersonalUser, UserInAnyState, signed_in

ExportId = Annotated[
    UUID, Path(description="From `POST /exports`, or from an export that was too large for a direct response.")
]
ImportId = Annotated[UUID, Path(description="From `POST /import`.")]
Format = Annotated[
    FormatName, Query(description="`json` has the whole tree; the others have the visible branch as readable text.")
]

# An export changes nothing in the workspace, although it is asked for with POST.
Exporter = Annotated[UserPrincipal, Depends(signed_in(right="read"))]

router = APIRouter(tags=["Export and import"])

# Nothing runs if a browser opens the file instead of saving it.
INERT = {"content-security-policy": "sandbox; default-src 'none'"}
DIRECT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The conversation as a file, up to 4.5 MB.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/markdown": {"schema": {"type": "string"}},
            "text/html": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    },
    202: {"description": "The file is larger, so a job writes it.", "model": ExportAccepted},
}


@router.get(
    "/conversations/{id}/export",
    summary="Export a conversation",
    response_class=Response,
    response_model=None,
    responses=DIRECT,
)
async def export_conversation(user: CurrentUser, id: ConversationId, format: Format = "json") -> Response:
    """Exports the conversation: as JSON with its whole tree, else the visible branch as readable text."""
    result = await archive.export_conversation(user, id, format)
    if isinstance(result, ExportFile):
        headers = {"content-disposition": result.disposition, **INERT}
        return Response(result.body, 200, headers, result.media_type)
    return Response(result.model_dump_json(), 202, media_type="application/json")


@router.post("/exports", summary="Export all conversations", status_code=202)
async def export_everything(user: Exporter) -> ExportAccepted:
    """Exports all your conversations as a zip file, as JSON and markdown; while one is being written, returns that
    one."""
    return await archive.export_all(user)


@router.post("/exports/chatbots", summary="Export all chatbots of the workspace", status_code=202)
async def export_chatbots(user: CurrentUser) -> ExportAccepted:
    """Exports the workspace's chatbots as a zip file: of each its draft, versions, curated answers, evaluations, leads
    and visitors' conversations, as JSON. Viewers export none. While one is being written, returns that one."""
    return await archive.export_chatbots(user)


@router.post("/exports/departure", summary="Export your private conversations in a team that you left", status_code=202)
async def export_departure(user: PersonalUser, sent: DepartureToken) -> ExportAccepted:
    """Exports what waits for you in a team that you left, by the token in the mail that you got then, for 30 days. The
    zip file is that of `POST /exports` with its pictures and files. No one else can use the token."""
    return await archive.export_departure(user, sent.token)


@router.get("/exports/{id}", summary="Get an export's progress")
async def get_export(user: UserInAnyState, id: ExportId) -> Export:
    """Returns the progress of an export, and a link to the file once it is done."""
    return await archive.get_export(user, id)


@router.post("/import", summary="Import conversations", status_code=202)
async def import_conversations(user: CurrentUser, request: ImportRequest) -> ImportAccepted:
    """Imports an uploaded file: one of our exports, ChatGPT's or Claude's. In a team the conversations are private, and
    the team's storage counts them."""
    return await archive.start_import(user, request)


@router.get("/import/{id}", summary="Get an import's progress")
async def get_import(user: CurrentUser, id: ImportId) -> Import:
    """Returns the progress of an import, and what could not be imported."""
    return await archive.get_import(user, id)
