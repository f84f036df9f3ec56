"""Whether what the isolated process wrote is an answer of this function."""

from typing import Any

from extraction.problems import MESSAGES, describe


class AnswerInvalid(Exception):
    """Not an answer: the process that wrote it was taken over, or has a defect."""


def checked(answer: Any) -> dict[str, Any]:
    """The answer with exactly its fields, each of its type. Raises AnswerInvalid."""
    match answer:
        case {
            "pieces": list(pieces),
            "position": position,
            "progress": int() | float() as progress,
            "pages": int() | None as pages,
            "pages_without_text": int() as without_text,
            "problem": problem,
        } if 0 <= progress <= 1:
            return {
                "pieces": [_piece(each) for each in pieces],
                "position": _position(position),
                "progress": float(progress),
                "pages": pages,
                "pages_without_text": without_text,
                "problem": _problem(problem),
            }
    raise AnswerInvalid


def _piece(value: Any) -> dict[str, Any]:
    match value:
        case {"text": str(text), "page": int() | None as page, "heading": str() | None as heading}:
            return {"text": text, "page": page, "heading": heading}
    raise AnswerInvalid


def _position(value: Any) -> dict[str, Any] | None:
    match value:
        case None:
            return None
        case {"unit": int(unit), "piece": int(piece), "has_text": bool(has_text)}:
            return {"unit": unit, "piece": piece, "has_text": has_text}
    raise AnswerInvalid


def _problem(value: Any) -> dict[str, str] | None:
    match value:
        case None:
            return None
        case {"code": str(code)} if code in MESSAGES:
            return describe(code)  # the sentence is ours, whatever the process wrote
    raise AnswerInvalid
