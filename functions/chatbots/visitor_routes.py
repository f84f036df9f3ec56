"""Routes for what a workspace stores about one visitor."""

from typing import Annotated, Any
from uuid import UUID

from chatbot_conversation_routes import Reader
from fastapi import APIRouter, Path, Response

from oneai.conversations.archive import ExportAccepted
from oneai.inbox import visitors
from oneai.inbox.visitors import VisitorExport

VisitorId = Annotated[UUID, Path(description="The visitor's id, as conversations have it.")]

router = APIRouter(tags=["Inbox"])

_LARGE: dict[int | str, dict[str, Any]] = {
    202: {"description": "It is large, and a job writes it: `GET /exports/{id}` has the file.", "model": ExportAccepted}
}


@router.get(
    "/inbox/visitors/{id}/export",
    summary="Export what is stored about a visitor",
    response_model=VisitorExport,
    responses=_LARGE,
)
async def export_visitor(user: Reader, id: VisitorId) -> Response:
    """Returns all that the workspace stores about a visitor: who they are at each of its chatbots, what they agreed to,
    their leads, and their conversations with the team's notes. Who a website identifies is one visitor at all of them.
    """
    found = await visitors.export(user, id)
    accepted = isinstance(found, ExportAccepted)
    headers = {} if accepted else {"content-disposition": 'attachment; filename="visitor.json"'}
    return Response(found.model_dump_json(), 202 if accepted else 200, headers, "application/json")


@router.delete("/inbox/visitors/{id}", summary="Erase a visitor", status_code=204)
async def erase_visitor(user: Reader, id: VisitorId) -> None:
    """Erases a visitor at all chatbots of the workspace, with their conversations and leads. Figures remain, as
    numbers, and so does what the answers cost."""
    await visitors.erase(user, id)
