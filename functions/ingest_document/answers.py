"""Validates the output of the isolated process as an answer of this function."""

from typing import Any

from extraction.problems import MESSAGES, describe

# The numbers that say where a piece begins.
_MAX_MARK = 8


class AnswerInvalid(Exception):
    """Not an answer: the process that wrote it was compromised, or has a defect."""


def checked(answer: Any) -> dict[str, Any]:
    """Returns the answer with exactly its fields, each of its type. Raises AnswerInvalid."""
    match answer:
        case {
            "pieces": list(pieces),
            "position": position,
            "progress": int() | float() as progress,
            "pages": int() | None as pages,
            "pages_without_text": int() as without_text,
            "picture_pages": list(pictures),
            "letters": {"in_file": int(in_file), "read": int(read)},
            "problem": problem,
        } if 0 <= progress <= 1 and all(type(page) is int for page in pictures):
            return {
                "pieces": [_piece(each) for each in pieces],
                "position": _position(position),
                "progress": float(progress),
                "pages": pages,
                "pages_without_text": without_text,
                "picture_pages": pictures,
                "letters": {"in_file": in_file, "read": read},
                "problem": _problem(problem),
            }
    raise AnswerInvalid


def checked_images(answer: Any) -> dict[str, Any]:
    """The same for an answer with images."""
    match answer:
        case {"images": list(images), "problem": problem}:
            return {"images": [_image(each) for each in images], "problem": _problem(problem)}
    raise AnswerInvalid


def _image(value: Any) -> dict[str, Any]:
    match value:
        case {"page": int(page), "media_type": "image/png" as media_type, "data": str() | None as data}:
            return {"page": page, "media_type": media_type, "data": data}
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
        case {
            "unit": int(unit),
            "piece": int(piece),
            "has_text": bool(has_text),
            "in_file": int(in_file),
            "read": int(read),
            "mark": list() | None as mark,
        } if mark is None or (len(mark) <= _MAX_MARK and all(type(each) is int for each in mark)):
            return {
                "unit": unit,
                "piece": piece,
                "has_text": has_text,
                "in_file": in_file,
                "read": read,
                "mark": mark,
            }
    raise AnswerInvalid


def _problem(value: Any) -> dict[str, str] | None:
    match value:
        case None:
            return None
        case {"code": str(code)} if code in MESSAGES:
            return describe(code)  # the sentence is ours, not the process's
    raise AnswerInvalid
