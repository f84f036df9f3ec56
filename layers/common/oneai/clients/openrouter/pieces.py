"""The pieces of an answer: neighbours joined, no split characters."""

from dataclasses import dataclass
from typing import Any, Literal

type PieceKind = Literal["text", "reasoning", "image"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer; an image's text is its URL (`data:` or `https:`)."""

    kind: PieceKind
    text: str


class PieceBuffer:
    """Joins the deltas of one network read, so that a burst of tokens is one piece, and repairs invalid characters.

    An emoji may arrive as two escapes in two chunks: its high surrogate waits for the low one.
    """

    __slots__ = ("_high_surrogate", "_kind", "_parts", "_pieces", "has_output", "repairs_text")

    def __init__(self) -> None:
        self.repairs_text = False
        self.has_output = False
        self._kind: PieceKind = "text"
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._high_surrogate = ""

    def add(self, delta: dict[str, Any]) -> None:
        """Adds the content of a delta (or of a whole message): reasoning first, then text, then images."""
        reasoning = delta.get("reasoning") or _reasoning_text(delta.get("reasoning_details"))
        if reasoning and isinstance(reasoning, str):
            self._append("reasoning", reasoning)
        text = delta.get("content")
        if text and isinstance(text, str):
            self._append("text", text)
        images = delta.get("images")
        if images and isinstance(images, list):
            for url in filter(None, map(_image_url, images)):
                self._append("image", url)

    def take(self, *, last: bool = False) -> list[Piece]:
        """Removes and returns the pieces since the last call; `last` where nothing follows."""
        self._close(keep_surrogate=not last)
        pieces, self._pieces = self._pieces, []
        return pieces

    def _append(self, kind: PieceKind, text: str) -> None:
        if kind != self._kind or kind == "image":
            self._close(keep_surrogate=False)
            self._kind = kind
        self.has_output = True
        self._parts.append(text)

    def _close(self, *, keep_surrogate: bool) -> None:
        if not self._parts and (keep_surrogate or not self._high_surrogate):
            return
        text = "".join(self._parts)
        self._parts.clear()
        if self.repairs_text or self._high_surrogate:
            text, self._high_surrogate = self._high_surrogate + text, ""
            if keep_surrogate and "\ud800" <= text[-1:] <= "\udbff":
                text, self._high_surrogate = text[:-1], text[-1]
            text = repair(text)
        if text:
            self._pieces.append(Piece(self._kind, text))


def repair(text: str) -> str:
    """Surrogate pairs joined; lone surrogates and U+0000, which Postgres cannot store, replaced."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


def _reasoning_text(details: object) -> str:
    """The reasoning of providers that send it in details only, without signatures and encrypted parts."""
    if not details or not isinstance(details, list):
        return ""
    texts = (detail.get("text") or detail.get("summary") for detail in details if isinstance(detail, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _image_url(image: object) -> str | None:
    part = image.get("image_url") if isinstance(image, dict) else None
    url = part.get("url") if isinstance(part, dict) else None
    if not (isinstance(url, str) and url.startswith(("data:image/", "https://"))):
        return None
    # Anything else cannot be stored and is no valid address.
    return url if url.isascii() and "\0" not in url else None
