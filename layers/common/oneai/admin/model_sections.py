"""Operators decide which models the sections of the list of models show first, and which never."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from oneai.admin.act import Actor, ActReason, act
from oneai.errors import UpstreamUnavailable
from oneai.plans import model_list
from oneai.plans.model_sections import ChosenBy, SectionChoice, SectionKey
from oneai.postgres import db
from oneai.text import clean_line
from oneai.usage import model_figures

# oneai.model_sections has the same limits.
PATTERNS, PATTERN_CHARACTERS = 20, 190

Pattern = Annotated[str, Field(min_length=1, max_length=PATTERN_CHARACTERS), AfterValidator(clean_line)]
Patterns = Annotated[list[Pattern], Field(max_length=PATTERNS)]


class ShownModel(BaseModel):
    """A model that a section shows, and why."""

    id: str = Field(description="The model's id.")
    name: str = Field(description="The model's display name.")
    chosen_by: ChosenBy = Field(
        description="`default`: it is the default model. `pattern`: it is the newest match of an operator's pattern. "
        "`rule`: the section's rule chose it."
    )
    pattern: str | None = Field(description="The pattern that it matches, if an operator's pattern chose it.")


class SectionModels(BaseModel):
    """A section of the list of models, as operators decide it."""

    section: SectionKey = Field(description="The section.")
    models: list[str] = Field(
        description="Shell patterns of model ids. The newest available match of each is shown first, in this order; "
        "a rule over prices, speed and ratings fills the rest."
    )
    never: list[str] = Field(description="Shell patterns of model ids that the section never shows.")
    shown: list[ShownModel] | None = Field(
        description="The models that the section shows with these patterns, in order; null while the models on offer "
        "cannot be read."
    )


class SectionModelsList(BaseModel):
    """Every section."""

    items: list[SectionModels] = Field(description="The sections, by name.")


class NewSectionModels(ActReason):
    """Replaces what operators decide for a section."""

    models: Patterns = Field(description="Shell patterns of model ids that are shown first, such as `openai/gpt-*`.")
    never: Patterns = Field(default=[], description="Shell patterns of model ids that the section never shows.")


@dataclass
class _Row:
    section: SectionKey
    models: list[str]
    never: list[str]


async def list_sections() -> SectionModelsList:
    """Returns what operators decided for each section, and which models it shows."""
    query = "select section, models, never from oneai.model_sections order by section"
    rows = await db.as_admin(query, [], _Row)
    return SectionModelsList(items=[await preview(row.section, row.models, row.never) for row in rows])


async def preview(section: SectionKey, models: list[str], never: list[str]) -> SectionModels:
    """Returns which models a section shows with these patterns. Changes nothing."""
    return SectionModels(section=section, models=models, never=never, shown=await _shown(section, models, never))


async def change_section(actor: Actor, section: SectionKey, new: NewSectionModels) -> SectionModels:
    """Replaces the patterns of a section. Clients see it within ten minutes, as they and functions cache the list."""
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
    return await preview(section, new.models, new.never)


async def _shown(section: SectionKey, models: list[str], never: list[str]) -> list[ShownModel] | None:
    choice = SectionChoice(tuple(models), tuple(never))
    try:
        chosen = await model_list.section_with(section, choice, (await model_figures.model_choices()).figures)
    except UpstreamUnavailable:
        return None
    return [
        ShownModel(id=each.model.id, name=each.model.name, chosen_by=each.chosen_by, pattern=each.pattern)
        for each in chosen
    ]
