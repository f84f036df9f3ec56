"""One streamed completion: asked for, read piece by piece, and what is known about it when it ends."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal

from oneai.openrouter.usage import Usage


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer; an image's text is its URL (`data:` or `https:`)."""

    kind: Literal["text", "reasoning", "image"]
    text: str


class Completion:
    """Iterates over lists of pieces; what is known of the answer stays readable after the end, failures included."""

    generation_id: str | None = None
    model: str | None = None
    provider: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None

    def __aiter__(self) -> AsyncIterator[list[Piece]]:
        raise NotImplementedError


def complete(request: dict[str, Any]) -> AbstractAsyncContextManager[Completion]:
    """Asks for a completion; leaving the context closes the connection, which stops the model where that is possible."""
    raise NotImplementedError
