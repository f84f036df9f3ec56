"""The routes about one's own links: share a conversation, see what is shared, revoke it."""

from uuid import UUID

from fastapi import APIRouter

from oneai.conversations import sharing
from oneai.conversations.sharing import NewShare, ShareList, ShareRequest
from oneai.web import CurrentUser

router = APIRouter()


@router.post("/conversations/{id}/share", status_code=201)
async def share_conversation(user: CurrentUser, id: UUID, wanted: ShareRequest) -> NewShare:
    """A link that anybody who has it can read. The token is told this once."""
    return await sharing.share(user, id, wanted)


@router.get("/conversations/{id}/shares")
async def list_shares(user: CurrentUser, id: UUID) -> ShareList:
    """The conversation's links that you have not revoked, without their tokens."""
    return await sharing.shares(user, id)


@router.delete("/shares/{id}", status_code=204)
async def revoke_share(user: CurrentUser, id: UUID) -> None:
    """Closes a link for good; its next reader finds nothing."""
    await sharing.revoke(user, id)
