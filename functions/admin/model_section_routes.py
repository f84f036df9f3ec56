"""Routes for the sections of the list of models."""

from typing import Annotated

from fastapi import APIRouter, Path
from staff import STAFF, Admin

from oneai.admin import model_sections
from oneai.admin.act import Actor
from oneai.admin.model_sections import NewSectionModels, SectionModels, SectionModelsList
from oneai.plans.model_sections import SectionKey

router = APIRouter(tags=["Admin"])


@router.get("/admin/model-sections", dependencies=[STAFF], summary="List sections of models")
async def list_model_sections() -> SectionModelsList:
    """Lists which models operators show first in each section of the list of models, and which never."""
    return await model_sections.list_sections()


@router.put("/admin/model-sections/{section}", summary="Change a section of models")
async def change_model_section(
    section: Annotated[SectionKey, Path(description="The section.")], admin: Admin, body: NewSectionModels
) -> SectionModels:
    """Replaces the patterns of a section. `GET /api/chat/models` shows it within five minutes."""
    return await model_sections.change_section(Actor.admin(admin.user_id), section, body)
