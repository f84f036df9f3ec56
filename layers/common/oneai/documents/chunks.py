"""Cuts the text of a document into chunks, at paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CHARACTERS = 1600
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a document's text; `page` from 1, None where the type has no pages."""

    page: int | None
    heading: str | None
    content: str
    tokens: int


def cut(pieces: Sequence[dict[str, Any]], *, name: str) -> list[Chunk]:  # noqa: ARG001  of the seam
    """The chunks of these pieces (`text`, `page`, `heading`) of the document `name`, in their order."""
    chunks = []
    for piece in pieces:
        for paragraph in piece["text"].split("\n\n"):
            text = paragraph.strip()
            for at in range(0, len(text), CHARACTERS):
                part = text[at : at + CHARACTERS]
                tokens = -(-len(part) // CHARACTERS_PER_TOKEN)
                chunks.append(Chunk(piece["page"], piece["heading"], part, tokens))
    return chunks
