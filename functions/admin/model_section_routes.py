"""Routes for the sections of the list of models."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import model_sections
from oneai.admin.act import Actor
from oneai.admin.model_sections import NewSectionModels, Patterns, SectionModels, SectionModelsList
from oneai.plans.model_sections import SectionKey

router = APIRouter(tags=["Admin"])


@router.get("/admin/model-sections", dependencies=[STAFF], summary="List sections of models")
async def list_model_sections() -> SectionModelsList:
    """Lists which models operators show first in each section of the list of models, which never, and the result."""
    return await model_sections.list_sections()


@router.get("/admin/model-sections/{section}/preview", dependencies=[STAFF], summary="Preview a section of models")
async def preview_model_section(
    section: Annotated[SectionKey, Path(description="The section.")],
    models: Annotated[Patterns, Query(description="Shell patterns of model ids that are shown first, in order.")] = [],  # noqa: B006  FastAPI copies it
    never: Annotated[Patterns, Query(description="Shell patterns of model ids that the section never shows.")] = [],  # noqa: B006
) -> SectionModels:
    """Returns which models a section would show with these patterns. Changes nothing."""
    return await model_sections.preview(section, models, never)


@router.put("/admin/model-sections/{section}", summary="Change a section of models")
async def change_model_section(
    section: Annotated[SectionKey, Path(description="The section.")], admin: Admin, body: NewSectionModels
) -> SectionModels:
    """Replaces the patterns of a section. `GET /api/chat/models` shows it within ten minutes."""
    return await model_sections.change_section(Actor.admin(admin.user_id), section, body)
