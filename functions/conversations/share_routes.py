"""Routes for share links: create, list, revoke."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai.conversations import share_links
from oneai.conversations.share_links import NewShare, ShareList, ShareRequest
from oneai.http.fastapi_app import ConversationId, CurrentUser

ShareId = Annotated[UUID, Path(description="The link's id.")]

router = APIRouter(tags=["Sharing"])


@router.post("/conversations/{id}/share", summary="Share a conversation", status_code=201)
async def share_conversation(user: CurrentUser, id: ConversationId, request: ShareRequest) -> NewShare:
    """Creates a link that anyone who has it can read. The token is returned only once."""
    return await share_links.create_share(user, id, request)


@router.get("/conversations/{id}/shares", summary="List the links to a conversation")
async def list_shares(user: CurrentUser, id: ConversationId) -> ShareList:
    """Lists the conversation's links that are not revoked, without their tokens."""
    return await share_links.list_shares(user, id)


@router.delete("/shares/{id}", summary="Revoke a link", status_code=204)
async def revoke_share(user: CurrentUser, id: ShareId) -> None:
    """Closes a link permanently; readers then get 404."""
    await share_links.revoke_share(user, id)
