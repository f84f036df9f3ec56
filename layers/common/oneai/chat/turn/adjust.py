"""Versions of an answer that change it: continued, shorter, longer, simpler, or in another language.

The model reads the conversation up to the answer, the answer, and one of these instructions in place of a next
question. `docs/decisions/adjusted-answers.md` explains why.
"""

from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from oneai.adjustments import LANGUAGES, Kind
from oneai.field_errors import InvalidValue

_KEEP = "Keep its language, its format, and the numbers of its sources."
_ALONE = "Reply with the new text alone, without an introduction."
_INSTRUCTIONS: dict[Kind, str] = {
    "continue": (
        "Your last answer was cut off. Continue it from the exact place where it stops, even within a word, a list, a "
        "table or code. Begin with the next characters, and with a space or a line break if one comes next. Repeat "
        "nothing that you have written, open no code block again, and write no introduction."
    ),
    "shorter": f"Rewrite your last answer in about half its length. Keep what matters most. {_KEEP} {_ALONE}",
    "longer": (
        f"Rewrite your last answer in more detail, up to twice its length: explain the reasons and give examples. "
        f"{_KEEP} {_ALONE}"
    ),
    "simpler": (
        "Rewrite your last answer for a reader who is new to the subject: short sentences, common words, and every "
        f"technical term explained where it first occurs. {_KEEP} {_ALONE}"
    ),
    "translate": (
        "Translate your last answer into {language}. Keep its format, its code, its names, its links, and the numbers "
        f"of its sources. {_ALONE}"
    ),
}
# Role and separators of the two messages more, in bytes, as `context.TOKENS_PER_MESSAGE` counts them.
_MESSAGE_BYTES = 24


class Adjustment(BaseModel):
    """How an answer is changed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Kind = Field(
        description="`continue`: the version begins with the answer's text and goes on where it stops; `shorter`, "
        "`longer`, `simpler`: the answer is rewritten; `translate`: it is translated into `language`."
    )
    language: str | None = Field(
        default=None,
        validate_default=True,
        description="The language to translate into, by BCP 47. Only with `translate`, where it is required.",
        json_schema_extra={"enum": [*LANGUAGES, None]},
    )

    @field_validator("language")
    @classmethod
    def _language_to_translate(cls, language: str | None, info: ValidationInfo) -> str | None:
        translates = info.data.get("kind") == "translate"
        if language is not None and not translates and "kind" in info.data:
            raise InvalidValue("excluded", "Only a translation has a language.")
        if language is None and translates:
            raise InvalidValue("required", "A translation needs a language.")
        if language is not None and language not in LANGUAGES:
            raise InvalidValue("not_a_choice", f"This must be one of {', '.join(LANGUAGES)}.")
        return language

    def instruction(self) -> str:
        """What the model reads after the answer."""
        return _INSTRUCTIONS[self.kind].replace("{language}", LANGUAGES.get(self.language or "", ""))

    def prompt_bytes(self) -> int:
        """The bytes of a prompt besides the answer's own text."""
        return len(self.instruction().encode()) + _MESSAGE_BYTES

    def to_request(self) -> dict[str, str]:
        """As SQL and the version's metadata have it."""
        return self.model_dump(exclude_none=True)


@dataclass(frozen=True, slots=True)
class AdjustedAnswer:
    """The answer that is changed: its text, the pages of the web that it cites, and what the model is asked to do."""

    content: str
    pages: list[dict[str, Any]]
    instruction: str
    continues: bool

    @classmethod
    def parse(cls, row: dict[str, Any] | None, adjustment: Adjustment | None) -> Self | None:
        """From the result of `oneai.adjusted_answer`."""
        if row is None or adjustment is None:
            return None
        return cls(row["content"], row["pages"] or [], adjustment.instruction(), adjustment.kind == "continue")
