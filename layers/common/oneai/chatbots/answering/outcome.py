"""The verdict on an answer: what a model says of it before its first letter, checked against what it was sent.

No score of a search says that the documents have no answer. So the model's object begins with `outcome` and `passages`,
and the answer follows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

Outcome = Literal["answered", "partial", "not_found", "off_topic", "handoff"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# The model's own words are sent with these alone; the others have sentences of ours (`answering.sentences`).
WITH_WORDS: frozenset[Outcome] = frozenset({"answered", "partial"})

# As `response_format` of a request. Models write the fields in this order.
RESPONSE_FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "outcome": {"type": "string", "enum": list(OUTCOMES)},
                "passages": {"type": "array", "items": {"type": "integer"}},
                "answer": {"type": "string"},
            },
            "required": ["outcome", "passages", "answer"],
            "additionalProperties": False,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A checked outcome, and the numbers of the passages that it rests on, from 1; all of them were sent."""

    outcome: Outcome
    passages: tuple[int, ...] = ()


def check(outcome: object, named: Iterable[object], sent: int, *, needs_passages: bool) -> Verdict:
    """The verdict on what a model wrote, after it was sent `sent` passages.

    Passages that were not sent are dropped. An answer that named passages and keeps none is `not_found`, because it
    rests on something invented; where it `needs_passages`, so is one that named none. What is no outcome is
    `not_found`.
    """
    listed = list(named)
    passages = tuple(dict.fromkeys(n for each in listed if (n := _number(each)) is not None and 1 <= n <= sent))
    known = next((each for each in OUTCOMES if each == outcome), None)
    if known is None or (known in WITH_WORDS and not passages and (listed or needs_passages)):
        return Verdict("not_found")
    return Verdict(known, passages if known in WITH_WORDS else ())


def _number(named: object) -> int | None:
    """A passage's number, also as a text such as `3` or `[3]`."""
    if isinstance(named, str):
        digits = named.strip().removeprefix("[").removesuffix("]").strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
    return named if isinstance(named, int) and not isinstance(named, bool) else None
