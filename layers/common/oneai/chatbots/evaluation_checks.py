"""What the answer to an evaluation is checked for. Code checks it and no model, so that equal answers pass alike."""

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Check = Literal["must_contain", "must_not_contain", "sources", "must_not_know"]


class CheckFailure(BaseModel):
    """A check that an answer did not pass."""

    check: Check = Field(description="Which check.")
    value: str | None = Field(description="The text or the document's id; null for `must_not_know`.")


@dataclass(frozen=True)
class Checks:
    """The checks of one question. `sources` are ids of documents."""

    must_contain: Sequence[str]
    must_not_contain: Sequence[str]
    sources: Sequence[UUID]
    must_not_know: bool

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> "Checks":
        """From the fields of JSON."""
        return cls(
            fields["must_contain"],
            fields["must_not_contain"],
            [UUID(each) for each in fields["sources"]],
            fields["must_not_know"],
        )

    def to_json(self) -> str:
        """As Postgres stores them."""
        return json.dumps(vars(self), ensure_ascii=False, default=str)

    def failures(self, text: str, outcome: str | None, sources: Collection[UUID]) -> list[CheckFailure]:
        """The checks that this answer does not pass: its text, its outcome, and the documents that it rests on.

        Texts are compared without regard to case, to forms of the same letter in Unicode, and to the width of spaces.
        """
        answer = _folded(text)
        found: list[tuple[Check, str | None]] = [
            *(("must_contain", each) for each in self.must_contain if _folded(each) not in answer),
            *(("must_not_contain", each) for each in self.must_not_contain if _folded(each) in answer),
            *(("sources", str(each)) for each in self.sources if each not in sources),
        ]
        if self.must_not_know and outcome != "not_found":
            found.append(("must_not_know", None))
        return [CheckFailure(check=check, value=value) for check, value in found]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
