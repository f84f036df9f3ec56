"""The pieces of an answer: neighbours joined, no split characters."""

from dataclasses import dataclass
from typing import Any, Literal

from oneai.clients.openrouter.structured import ToolCallReader, logprobs_json
from oneai.clients.openrouter.unicode import repair

type PieceKind = Literal["text", "reasoning", "image", "tool_call", "logprobs"]
# Pieces of other kinds are not joined.
JOINED: tuple[PieceKind, ...] = ("text", "reasoning")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer; an image's text is its URL (`data:` or `https:`), that of a tool call's fragment and of
    logprobs is JSON (see `structured`)."""

    kind: PieceKind
    text: str


class PieceBuffer:
    """Joins the deltas of one network read, so that a burst of tokens is one piece, and repairs invalid characters.

    An emoji may arrive as two escapes in two chunks: its high surrogate waits for the low one.
    """

    __slots__ = ("_high_surrogate", "_kind", "_parts", "_pieces", "_tool_calls", "has_output", "repairs_text")

    def __init__(self) -> None:
        self.repairs_text = False
        self.has_output = False
        self._kind: PieceKind = "text"
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._tool_calls = ToolCallReader()
        self._high_surrogate = ""

    def add(self, delta: dict[str, Any], logprobs: object = None) -> None:
        """Adds the content of a delta (or of a whole message): reasoning first, then text and the `logprobs` of its
        choice, then images and tool calls."""
        reasoning = delta.get("reasoning") or _reasoning_text(delta.get("reasoning_details"))
        if reasoning and isinstance(reasoning, str):
            self._append("reasoning", reasoning)
        text = delta.get("content")
        if text and isinstance(text, str):
            self._append("text", text)
        if logprobs and (as_json := logprobs_json(logprobs)):
            self._append("logprobs", as_json)
        images = delta.get("images")
        if images and isinstance(images, list):
            for url in filter(None, map(_image_url, images)):
                self._append("image", url)
        if calls := delta.get("tool_calls"):
            for fragment in self._tool_calls.read(calls):
                self._append("tool_call", fragment)

    def take(self, *, last: bool = False) -> list[Piece]:
        """Removes and returns the pieces since the last call; `last` where nothing follows."""
        self._close(keep_surrogate=not last)
        pieces, self._pieces = self._pieces, []
        return pieces

    def _append(self, kind: PieceKind, text: str) -> None:
        if kind != self._kind or kind not in JOINED:
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
