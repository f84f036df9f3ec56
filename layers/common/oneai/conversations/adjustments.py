"""How an answer was made of another version of it, as pages, readers of a share and exports show it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

type Kind = Literal["continue", "shorter", "longer", "simpler", "translate"]
# By BCP 47, with their names as models read them.
LANGUAGES = {
    "ar": "Arabic",
    "as": "Assamese",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fil": "Filipino",
    "fr": "French",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "kn": "Kannada",
    "ko": "Korean",
    "ml": "Malayalam",
    "mr": "Marathi",
    "ms": "Malay",
    "nb": "Norwegian",
    "ne": "Nepali",
    "nl": "Dutch",
    "or": "Odia",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sa": "Sanskrit",
    "si": "Sinhala",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh-Hans": "Simplified Chinese",
    "zh-Hant": "Traditional Chinese",
}
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
