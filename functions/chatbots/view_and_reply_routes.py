"""Routes for what a team saves beside its inbox: views and canned replies."""

from typing import Annotated
from uuid import UUID

from chatbot_conversation_routes import Reader
from fastapi import APIRouter, Path, Query

from oneai.http.fastapi_app import CurrentUser
from oneai.inbox import replies, views
from oneai.inbox.replies import CannedReply, CannedReplyList, NewReply, Prefix, ReplyChanges
from oneai.inbox.views import InboxView, InboxViewList, NewView, ViewChanges

ViewId = Annotated[UUID, Path(description="The view's id.")]
ReplyId = Annotated[UUID, Path(description="The reply's id.")]

router = APIRouter(tags=["Inbox"])


@router.get("/inbox/views", summary="List saved views")
async def list_views(user: Reader) -> InboxViewList:
    """Lists your views of the workspace's inbox, and those that are shared in it."""
    return await views.list_views(user)


@router.post("/inbox/views", summary="Save a view", status_code=201)
async def add_view(user: CurrentUser, view: NewView) -> InboxView:
    """Saves a filter of the inbox under a name. A workspace has at most 50 shared ones, and a member 50
    of their own."""
    return await views.add(user, view)


@router.patch("/inbox/views/{id}", summary="Change a saved view")
async def change_view(user: CurrentUser, id: ViewId, changes: ViewChanges) -> InboxView:
    """Changes the given fields of a shared view or of your own."""
    return await views.change(user, id, changes)


@router.delete("/inbox/views/{id}", summary="Delete a saved view", status_code=204)
async def delete_view(user: CurrentUser, id: ViewId) -> None:
    """Deletes a shared view or your own."""
    await views.delete(user, id)


@router.get("/inbox/replies", summary="List canned replies")
async def list_replies(
    user: Reader,
    prefix: Annotated[Prefix, Query(description="How their names begin, in any case.")] = "",
    conversation_id: Annotated[
        UUID | None, Query(description="The conversation for which the replies are filled in.")
    ] = None,
) -> CannedReplyList:
    """Lists the workspace's canned replies."""
    return await replies.list_replies(user, prefix, conversation_id)


@router.post("/inbox/replies", summary="Save a canned reply", status_code=201)
async def add_reply(user: CurrentUser, reply: NewReply) -> CannedReply:
    """Saves a text that members send often. A workspace has at most 200."""
    return await replies.add(user, reply)


@router.patch("/inbox/replies/{id}", summary="Change a canned reply")
async def change_reply(user: CurrentUser, id: ReplyId, changes: ReplyChanges) -> CannedReply:
    """Changes the given fields."""
    return await replies.change(user, id, changes)


@router.delete("/inbox/replies/{id}", summary="Delete a canned reply", status_code=204)
async def delete_reply(user: CurrentUser, id: ReplyId) -> None:
    """Deletes a canned reply."""
    await replies.delete(user, id)
