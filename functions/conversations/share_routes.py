"""Routes for share links: create, list those of a conversation or all of them, revoke."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from oneai.conversations import share_links, share_lists
from oneai.conversations.pages import PageRequest
from oneai.conversations.share_links import NewShare, ShareRequest
from oneai.conversations.share_lists import ShareList, SharePage
from oneai.http.fastapi_app import ConversationId, CurrentUser

ShareId = Annotated[UUID, Path(description="The link's id.")]

router = APIRouter(tags=["Sharing"])


@router.post("/conversations/{id}/share", summary="Share a conversation", status_code=201)
async def share_conversation(user: CurrentUser, id: ConversationId, request: ShareRequest) -> NewShare:
    """Creates a link that anyone who has it can read. Its owner finds it again in the
    lists of links."""
    return await share_links.create_share(user, id, request)


@router.get("/conversations/{id}/shares", summary="List the links to a conversation")
async def list_shares(user: CurrentUser, id: ConversationId) -> ShareList:
    """Lists the conversation's links that are not revoked, so that their owner can copy them again."""
    return await share_lists.list_shares(user, id)


@router.get("/shares", summary="List all your links")
async def list_all_shares(user: CurrentUser, page: Annotated[PageRequest, Query()]) -> SharePage:
    """Lists your links to all conversations that are not revoked, newest first."""
    return await share_lists.list_all_shares(user, page)


@router.delete("/shares/{id}", summary="Revoke a link", status_code=204)
async def revoke_share(user: CurrentUser, id: ShareId) -> None:
    """Closes a link permanently; readers then get 404."""
    await share_links.revoke_share(user, id)
