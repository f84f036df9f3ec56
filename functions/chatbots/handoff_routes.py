"""Routes by which members answer visitors instead of a chatbot."""

from typing import Annotated
from uuid import UUID

from chatbot_conversation_routes import Reader
from fastapi import APIRouter, Path, Query, Request, Response

from oneai.http.cacheable import CACHEABLE, polled
from oneai.inbox import changes, handoff
from oneai.inbox.changes import InboxChanges, Presence
from oneai.inbox.handoff import Handoff, MemberMessage, SentMessage

ConversationId = Annotated[UUID, Path(description="The conversation's id.")]

router = APIRouter(tags=["Inbox"])


@router.post("/inbox/conversations/{id}/claim", summary="Claim a visitor's conversation")
async def claim_conversation(user: Reader, id: ConversationId) -> Handoff:
    """Takes over from the chatbot, whose running answer stops. Of members who claim at the same time one wins."""
    return await handoff.claim(user, id)


@router.post("/inbox/conversations/{id}/messages", summary="Write to a visitor", status_code=201)
async def write_to_visitor(user: Reader, id: ConversationId, message: MemberMessage) -> SentMessage:
    """Stores a message that the visitor reads. It claims the conversation where no member has it. The chatbot's running
    answer stops, and no other one starts while the conversation is open."""
    return await handoff.write(user, id, message)


@router.post("/inbox/conversations/{id}/release", summary="Give a conversation back to its chatbot")
async def release_conversation(user: Reader, id: ConversationId) -> Handoff:
    """Lets the chatbot answer again."""
    return await handoff.release(user, id)


@router.post("/inbox/conversations/{id}/resolve", summary="Resolve a visitor's conversation")
async def resolve_conversation(user: Reader, id: ConversationId) -> Handoff:
    """Ends the conversation until the visitor writes again."""
    return await handoff.resolve(user, id)


@router.post("/inbox/conversations/{id}/presence", summary="Say that you have a conversation open", status_code=204)
async def be_present(user: Reader, id: ConversationId, presence: Presence) -> None:
    """Shows other members for 30 seconds that you have the conversation open, and them and the visitor for six seconds
    that you are writing. Repeat it while that is so."""
    await changes.be_present(user, id, presence)


@router.get(
    "/inbox/changes",
    summary="List what changed in the inbox",
    response_model=InboxChanges,
    responses=CACHEABLE,
)
async def list_inbox_changes(
    request: Request,
    user: Reader,
    after: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="`next` of the request before; absent: from now on.")
    ] = None,
) -> Response:
    """Lists the conversations that changed, without their content, for a client that asks every few seconds. Changes
    are kept for 24 hours; after an older number the answer is 410 `reload`."""
    found = await changes.changes_after(user, after)
    return polled(request, found.model_dump_json().encode())
