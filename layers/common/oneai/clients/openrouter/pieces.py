"""The parts of an answer as a person gets them: neighbours joined, characters whole."""

from dataclasses import dataclass
from typing import Any, Literal

type Kind = Literal["text", "reasoning", "image"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer; an image's text is its URL (`data:` or `https:`)."""

    kind: Kind
    text: str


class Gathering:
    """Joins what one network read brought, so that a burst of tokens is one piece; and mends what JSON may carry.

    An emoji may come as two escapes in two chunks: its first half waits for the second.
    """

    __slots__ = ("_half", "_kind", "_parts", "_pieces", "careful", "wrote")

    def __init__(self) -> None:
        self.careful = False
        self.wrote = False
        self._kind: Kind = "text"
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._half = ""

    def delta(self, delta: dict[str, Any]) -> None:
        """Adds what a delta (or a whole message) says: thoughts first, then words, then pictures."""
        thought = delta.get("reasoning") or _details(delta.get("reasoning_details"))
        if thought and isinstance(thought, str):
            self._add("reasoning", thought)
        text = delta.get("content")
        if text and isinstance(text, str):
            self._add("text", text)
        images = delta.get("images")
        if images and isinstance(images, list):
            for url in filter(None, map(_url, images)):
                self._add("image", url)

    def take(self, *, last: bool = False) -> list[Piece]:
        """The pieces since the last call; `last` when nothing will follow."""
        self._close(keep_half=not last)
        pieces, self._pieces = self._pieces, []
        return pieces

    def _add(self, kind: Kind, text: str) -> None:
        if kind != self._kind or kind == "image":
            self._close(keep_half=False)
            self._kind = kind
        self.wrote = True
        self._parts.append(text)

    def _close(self, *, keep_half: bool) -> None:
        if not self._parts and (keep_half or not self._half):
            return
        text = "".join(self._parts)
        self._parts.clear()
        if self.careful or self._half:
            text, self._half = self._half + text, ""
            if keep_half and "\ud800" <= text[-1:] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = mended(text)
        if text:
            self._pieces.append(Piece(self._kind, text))


def mended(text: str) -> str:
    """Halves of characters joined, lone halves and U+0000 (which Postgres cannot store) replaced."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def _details(details: object) -> str:
    """Thoughts of providers that send them in details only; signatures and encrypted ones are not for reading."""
    if not details or not isinstance(details, list):
        return ""
    texts = (detail.get("text") or detail.get("summary") for detail in details if isinstance(detail, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _url(image: object) -> str | None:
    part = image.get("image_url") if isinstance(image, dict) else None
    url = part.get("url") if isinstance(part, dict) else None
    if not (isinstance(url, str) and url.startswith(("data:image/", "https://"))):
        return None
    # Anything else could not be stored, and is no address.
    return url if url.isascii() and "\0" not in url else None
