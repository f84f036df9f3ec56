"""Operators decide which models the sections of the list of models show first, and which never."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from oneai.admin.act import Actor, ActReason, act
from oneai.plans.model_sections import SectionKey
from oneai.postgres import db
from oneai.text import clean_line

# oneai.model_sections has the same limits.
PATTERNS, PATTERN_CHARACTERS = 20, 190

Pattern = Annotated[str, Field(min_length=1, max_length=PATTERN_CHARACTERS), AfterValidator(clean_line)]
Patterns = Annotated[list[Pattern], Field(max_length=PATTERNS)]


class SectionModels(BaseModel):
    """A section of the list of models, as operators decide it."""

    section: SectionKey = Field(description="The section.")
    models: list[str] = Field(
        description="Shell patterns of model ids. The newest available match of each is shown first, in this order; "
        "a rule over prices, speed and ratings fills the rest."
    )
    never: list[str] = Field(description="Shell patterns of model ids that the section never shows.")


class SectionModelsList(BaseModel):
    """Every section."""

    items: list[SectionModels] = Field(description="The sections, by name.")


class NewSectionModels(ActReason):
    """Replaces what operators decide for a section."""

    models: Patterns = Field(description="Shell patterns of model ids that are shown first, such as `openai/gpt-*`.")
    never: Patterns = Field(default=[], description="Shell patterns of model ids that the section never shows.")


async def list_sections() -> SectionModelsList:
    """Returns what operators decided for each section."""
    query = "select section, models, never from oneai.model_sections order by section"
    return SectionModelsList(items=await db.as_admin(query, [], SectionModels))


async def change_section(actor: Actor, section: SectionKey, new: NewSectionModels) -> SectionModels:
    """Replaces the patterns of a section. Clients see it within five minutes, as their lists are cached."""
    async with act(actor, new.reason) as running:
        await running.call(
            "update oneai.model_sections set models = %s, never = %s where section = %s returning section",
            [new.models, new.never, section],
        )
        await running.record(
            "model_sections.change",
            target=("model_section", section),
            models=len(new.models),
            never=len(new.never),
        )
    return SectionModels(section=section, models=new.models, never=new.never)
