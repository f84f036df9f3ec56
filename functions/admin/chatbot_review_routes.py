"""Routes for chatbots that visitors reported: list, suspend, dismiss."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from staff import STAFF, Admin

from oneai.admin import chatbots
from oneai.admin.act import Actor, ActReason
from oneai.admin.chatbots import ChatbotSuspension, ChatbotSuspensionResult, ReportedChatbotPage, SuspendedChatbotPage
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])

ChatbotId = Annotated[UUID, Path(description="The chatbot's id.")]


@router.get("/admin/chatbots", dependencies=[STAFF], summary="List reported chatbots")
async def list_reported_chatbots(cursor: Cursor = None, limit: Limit = 50) -> ReportedChatbotPage:
    """Lists reported chatbots that are not decided, by deadline: `due_at` is the deadline of the most urgent report."""
    return await chatbots.list_reported(cursor, limit)


@router.get("/admin/chatbots/suspended", dependencies=[STAFF], summary="List suspended chatbots")
async def list_suspended_chatbots(cursor: Cursor = None, limit: Limit = 50) -> SuspendedChatbotPage:
    """Lists the chatbots that operators suspended, by themselves or with all of their workspace, the last one first."""
    return await chatbots.list_suspended(cursor, limit)


@router.post("/admin/chatbots/{id}/suspend", summary="Suspend a chatbot")
async def suspend_chatbot(admin: Admin, id: ChatbotId, body: ChatbotSuspension) -> ChatbotSuspensionResult:
    """Suspends the chatbot, or all of its workspace: visitors do not find it from the next request on, and running
    answers end. Acknowledges the alerts."""
    return await chatbots.set_suspended(
        Actor.admin(admin.user_id), id, body.reason, suspended=True, all_of_workspace=body.all
    )


@router.post("/admin/chatbots/{id}/unsuspend", summary="End a chatbot's suspension")
async def unsuspend_chatbot(admin: Admin, id: ChatbotId, body: ChatbotSuspension) -> ChatbotSuspensionResult:
    """Ends the suspension of the chatbot, or of all of its workspace. One that is suspended with all remains so."""
    return await chatbots.set_suspended(
        Actor.admin(admin.user_id), id, body.reason, suspended=False, all_of_workspace=body.all
    )


@router.post("/admin/chatbots/{id}/dismiss", summary="Dismiss the reports of a chatbot", status_code=204)
async def dismiss_chatbot_reports(admin: Admin, id: ChatbotId, body: ActReason) -> None:
    """Leaves the chatbot as it is, removes it from the list until another visitor reports it, and acknowledges the
    alert."""
    await chatbots.dismiss(Actor.admin(admin.user_id), id, body.reason)
