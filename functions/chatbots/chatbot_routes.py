"""Routes for chatbots: make, list, show, change, publish, copy, delete."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from oneai.chatbots import comparison, manage, move, versions, website_code
from oneai.chatbots.chatbot import (
    Chatbot,
    ChatbotChanges,
    ChatbotDetail,
    ChatbotFigures,
    ChatbotPage,
    ChatbotVersionPage,
    NewChatbot,
)
from oneai.chatbots.comparison import VersionComparison
from oneai.chatbots.fields import ChatbotStatus, Name, UseCase
from oneai.chatbots.move import ChatbotMove
from oneai.chatbots.versions import Published
from oneai.chatbots.website_code import EmbedCode
from oneai.fields import Fields
from oneai.http.fastapi_app import CurrentUser, Cursor, Limit

ChatbotId = Annotated[UUID, Path(description="The chatbot's id.")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1, description="The version's number.")]

router = APIRouter(tags=["Chatbots"])


class Toggled(BaseModel):
    """A chatbot's new status."""

    status: ChatbotStatus = Field(description="`published` or `paused`.")


class Duplicate(Fields):
    """The body of `POST /api/chatbots/{id}/duplicate`."""

    name: Name | None = Field(default=None, description="The copy's name; null: the name with `(copy)`.")
    with_knowledge: bool = Field(default=False, description="Whether the copy has the documents and collections too.")


# The default for an empty body.
WITHOUT_KNOWLEDGE = Duplicate()


@router.post("/chatbots", summary="Make a chatbot", status_code=201)
async def create_chatbot(user: CurrentUser, new: NewChatbot) -> Chatbot:
    """Makes a chatbot as a draft. Members make and edit drafts; owners and admins set its domains and publish it."""
    return await manage.create_chatbot(user, new)


@router.get("/chatbots", summary="List chatbots")
async def list_chatbots(
    user: CurrentUser,
    *,
    search: Annotated[str | None, Query(max_length=100, description="A part of the name.")] = None,
    use_case: Annotated[
        UseCase | None, Query(description="Only those of this use case. `useCase` is accepted too.")
    ] = None,
    status: Annotated[ChatbotStatus | None, Query(description="Only those with this status.")] = None,
    deleted: Annotated[bool, Query(description="`1`: the deleted ones that are not erased, and no others.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ChatbotPage:
    """Lists the workspace's chatbots, newest first."""
    return await manage.list_chatbots(
        user, search=search, use_case=use_case, status=status, deleted=deleted, limit=limit, cursor=cursor
    )


@router.get("/chatbots/{id}", summary="Get a chatbot")
async def show_chatbot(user: CurrentUser, id: ChatbotId) -> ChatbotDetail:
    """Returns a chatbot with its draft, what is published, what it is asked from and its newest conversations; a
    deleted one until it is erased."""
    return await manage.show_chatbot(user, id)


@router.put("/chatbots/{id}", summary="Change a chatbot with PUT", operation_id="put_chatbot")
@router.patch("/chatbots/{id}", summary="Change a chatbot")
async def change_chatbot(user: CurrentUser, id: ChatbotId, changes: ChatbotChanges) -> Chatbot:
    """Changes the draft; visitors get it when it is published. Limits and domains take effect at once, and only owners
    and admins change them."""
    return await manage.change_chatbot(user, id, changes)


@router.delete("/chatbots/{id}", summary="Delete a chatbot", status_code=204)
async def delete_chatbot(
    user: CurrentUser,
    id: ChatbotId,
    documents: Annotated[
        Literal["keep", "delete"],
        Query(description="`delete`: the documents that only this chatbot names are erased with it."),
    ] = "keep",
    conversations: Annotated[
        Literal["keep", "delete"],
        Query(description="`keep`: members still read its visitors' conversations, until each expires."),
    ] = "keep",
) -> None:
    """Deletes a chatbot, as an owner or admin. It can be restored for 30 days; then it is erased, or with its last
    conversation if they are kept."""
    await manage.delete_chatbot(
        user, id, keep_conversations=conversations == "keep", with_documents=documents == "delete"
    )


@router.post("/chatbots/{id}/restore", summary="Restore a deleted chatbot")
async def restore_chatbot(user: CurrentUser, id: ChatbotId) -> Chatbot:
    """Restores a deleted chatbot within its 30 days; it is paused if it was published."""
    return await manage.restore_chatbot(user, id)


@router.post("/chatbots/{id}/publish", summary="Publish a chatbot")
async def publish_chatbot(user: CurrentUser, id: ChatbotId) -> Published:
    """Publishes the draft as the next version, as an owner or admin, and says what got worse by its evaluations. An
    unchanged draft keeps its version."""
    return await versions.publish_chatbot(user, id)


@router.post("/chatbots/{id}/toggle", summary="Pause or resume a chatbot")
async def toggle_chatbot(user: CurrentUser, id: ChatbotId) -> Toggled:
    """Pauses a published chatbot, or lets a paused one answer again, as an owner or admin."""
    return Toggled(status=await versions.toggle_chatbot(user, id))


@router.post("/chatbots/{id}/duplicate", summary="Duplicate a chatbot", status_code=201)
async def duplicate_chatbot(user: CurrentUser, id: ChatbotId, copy: Duplicate = WITHOUT_KNOWLEDGE) -> Chatbot:
    """Copies the draft to another chatbot of the workspace, which is not published and has no domains."""
    return await manage.duplicate_chatbot(user, id, name=copy.name, with_knowledge=copy.with_knowledge)


@router.post("/chatbots/{id}/move", summary="Move a chatbot to another workspace")
async def move_chatbot(user: CurrentUser, id: ChatbotId, request: ChatbotMove) -> Chatbot:
    """Moves a chatbot with its versions, curated answers, visitors and their conversations, as an owner or admin of
    both workspaces. Embed codes keep working. The other workspace pays for later answers; what was paid stays where
    it was."""
    return await move.move_chatbot(user, id, request)


@router.post("/chatbots/{id}/reset", summary="Reset the figures of a chatbot")
async def reset_chatbot(user: CurrentUser, id: ChatbotId) -> Chatbot:
    """Lets its figures count from now, as an owner or admin. What it cost stays in the workspace's usage."""
    return await manage.reset_chatbot(user, id)


@router.get("/chatbots/{id}/stats", summary="Get the figures of a chatbot")
async def show_stats(
    user: CurrentUser,
    id: ChatbotId,
    days: Annotated[int, Query(ge=1, le=366, description="How many of the last days it lists.")] = 30,
) -> ChatbotFigures:
    """Returns what the chatbot did and cost since its figures were reset, and day by day in the workspace's time
    zone."""
    return await manage.show_stats(user, id, days)


@router.get("/chatbots/{id}/versions", summary="List the versions of a chatbot")
async def list_versions(
    user: CurrentUser, id: ChatbotId, limit: Limit = 50, cursor: Cursor = None
) -> ChatbotVersionPage:
    """Lists what was published, newest first."""
    return await versions.list_versions(user, id, limit, cursor)


@router.post("/chatbots/{id}/versions/{version}/restore", summary="Restore a version of a chatbot")
async def restore_version(user: CurrentUser, id: ChatbotId, version: Version) -> Chatbot:
    """Copies a version to the draft. Publish it to give it to visitors again."""
    return await versions.restore_version(user, id, version)


@router.get("/chatbots/{id}/versions/{version}/compare", summary="Compare two versions of a chatbot")
async def compare_versions(
    user: CurrentUser,
    id: ChatbotId,
    version: Version,
    after: Annotated[
        Literal["draft"] | Annotated[int, Field(ge=1, le=2**31 - 1)],
        Query(alias="with", description="What it is compared with: another version's number, or `draft`."),
    ] = "draft",
) -> VersionComparison:
    """Returns the fields that differ between a version and a later state, each before and after."""
    return await comparison.compare_versions(user, id, version, after)


@router.get("/chatbots/{id}/embed-code", summary="Get the embed code of a chatbot")
async def embed_code(user: CurrentUser, id: ChatbotId) -> EmbedCode:
    """Returns what shows the chatbot on a website: a script tag, a component for React, a snippet for WordPress, a
    link, and a QR code of its own page."""
    return await website_code.embed_code(user, id)
