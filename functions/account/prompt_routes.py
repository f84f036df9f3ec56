"""Routes for a user's prompts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from oneai.accounts import prompts
from oneai.accounts.prompts import NewPrompts, Prompt, PromptChanges, PromptPage, Search, StoredPrompts
from oneai.http.fastapi_app import Cursor, Limit, PersonalUser

PromptId = Annotated[UUID, Path(description="The prompt's id.")]
Words = Annotated[Search, Query(description="Only prompts whose names contain every word, ignoring case.")]

router = APIRouter(tags=["Prompts"])


@router.get("/user/prompts", summary="List prompts")
async def list_prompts(user: PersonalUser, q: Words = "", limit: Limit = 50, cursor: Cursor = None) -> PromptPage:
    """Lists your prompts by name."""
    return await prompts.list_prompts(user, q, limit, cursor)


@router.post("/user/prompts", summary="Create prompts", status_code=201)
async def create_prompts(user: PersonalUser, new: NewPrompts) -> StoredPrompts:
    """Stores up to a hundred prompts, all or none."""
    return await prompts.create_prompts(user, new)


@router.patch("/user/prompts/{id}", summary="Update a prompt")
async def update_prompt(user: PersonalUser, id: PromptId, changes: PromptChanges) -> Prompt:
    """Changes the given fields."""
    return await prompts.update_prompt(user, id, changes)


@router.delete("/user/prompts/{id}", summary="Delete a prompt", status_code=204)
async def delete_prompt(user: PersonalUser, id: PromptId) -> None:
    """Deletes the prompt immediately."""
    await prompts.delete_prompt(user, id)
