"""How an answer was made of another version of it, as pages, readers of a share and exports show it."""

from typing import Annotated

from pydantic import BaseModel, Field

from oneai.adjustments import LANGUAGES, Kind

_NOTES: dict[Kind, str] = {
    "continue": "continued",
    "shorter": "shorter version",
    "longer": "longer version",
    "simpler": "simpler version",
    "translate": "translated",
}


class Adjusted(BaseModel):
    """How a version changes another one."""

    kind: Kind = Field(description="`continue`, `shorter`, `longer`, `simpler` or `translate`.")
    language: Annotated[str, Field(max_length=35)] | None = Field(
        default=None, description="The language of a translation, by BCP 47."
    )


def notes(adjust: Adjusted | None, *, edited: bool) -> list[str]:
    """What an export says about how a version was made."""
    making = []
    if adjust is not None:
        language = LANGUAGES.get(adjust.language or "")
        making.append(f"{_NOTES[adjust.kind]} into {language}" if language else _NOTES[adjust.kind])
    return [*making, "edited by hand"] if edited else making
