"""Makes the pieces of an answer from its deltas: neighbours joined, no split characters."""

from collections.abc import Callable, Iterable
from typing import Any

from oneai.clients.model_streams.citations import CitationReader
from oneai.clients.model_streams.content import (
    details_beyond,
    details_json,
    image_url,
    logprobs_json,
    parts_of,
    reasoning_in,
)
from oneai.clients.model_streams.tool_calls import ToolCallReader
from oneai.models import Piece, PieceKind
from oneai.models.pieces import repair, text_in
from oneai.text import is_blank

# Pieces of other kinds are not joined.
JOINED: tuple[PieceKind, ...] = ("text", "reasoning", "refusal")
# What a user has asked for: thoughts and what describes an answer are none by themselves.
ANSWERS: tuple[PieceKind, ...] = ("text", "refusal", "image")
# The fields of most deltas, which need no look at what else there may be.
PLAIN = frozenset({"role", "content"})
# Where something is cited: in a delta or message, or beside the choices.
CITING = frozenset({"annotations", "citations", "search_results"})
# In characters. A model writes the same token twice, such as "ha", but not the same sentence and nothing else.
LONGEST_TOKEN = 8
type _Append = Callable[[PieceKind, str], None]


class PieceBuffer:
    """Joins the deltas of one network read, so that a burst of tokens is one piece, and repairs invalid characters.

    An emoji may arrive as two escapes in two chunks: its high surrogate waits for the low one.
    """

    __slots__ = (
        "_citations",
        "_has_deltas",
        "_high_surrogate",
        "_is_part",
        "_kind",
        "_parts",
        "_pieces",
        "_reasoning_field",
        "_sent",
        "_tool_calls",
        "has_answer",
        "has_output",
        "repairs_text",
    )

    def __init__(self) -> None:
        self.repairs_text = False
        self.has_output = False  # of any kind
        self.has_answer = False  # text that is not blank, a refusal or an image
        self._kind: PieceKind = "text"
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._tool_calls = ToolCallReader()
        self._citations = CitationReader()
        self._has_deltas = False
        self._is_part = False  # whether the message that is being added is a part of the answer
        self._reasoning_field = ""  # the one that had thoughts first
        self._high_surrogate = ""
        # All pieces so far by kind, to know what a whole message repeats.
        self._sent: dict[PieceKind, list[str]] = {}

    @property
    def has_tool_call(self) -> bool:
        """Whether a tool call has started."""
        return self._tool_calls.has_calls

    def add(self, delta: dict[str, Any], logprobs: object = None, frame: dict[str, Any] | None = None) -> None:
        """Adds the content of a delta: reasoning first, then text and the `logprobs` of its choice, then images, tool
        calls, and what is cited in it or in its `frame`."""
        self._has_deltas = True
        content = delta.get("content")
        is_plain = not logprobs and delta.keys() <= PLAIN
        if not is_plain and _is_refusal(delta):
            content = None
        if not is_plain:
            self._add_reasoning(delta, self._append)
        if content:
            if isinstance(content, str):
                self._append("text", content)
            else:
                self._add_parts(content, self._append)
        if is_plain:
            if frame is not None and not CITING.isdisjoint(frame):
                self._add_citations(delta, frame, self._append)
            return
        self._add_rest(delta, logprobs, frame or {}, self._append)
        if (calls := delta.get("tool_calls")) or delta.get("function_call"):
            self._add_calls(self._tool_calls.read(calls, delta.get("function_call")))

    def add_details(self, details: list[dict[str, Any]]) -> None:
        """Adds entries of `reasoning_details` whose thoughts are shown otherwise, or not at all."""
        if as_json := details_json(details):
            self._append("reasoning_details", as_json)

    def repeats(self, delta: dict[str, Any]) -> bool:
        """Whether the text of the last delta is all text so far: some upstreams end with the whole. One short piece may
        be followed by the same."""
        self._close(keep_surrogate=True)
        sent = self._sent.get("text", [])
        known = "".join(sent)
        return (len(sent) > 1 or len(known) > LONGEST_TOKEN) and text_in(delta.get("content")) == known

    def add_message(
        self, message: dict[str, Any], logprobs: object, frame: dict[str, Any], *, is_last: bool = False
    ) -> None:
        """Adds the parts of a whole message that its deltas did not have. Some upstreams send messages in place of
        deltas. Each has all text so far, or only the new text; the last one (`is_last`) has all."""
        self._is_part = not (self._has_deltas or is_last)
        self._close(keep_surrogate=True)
        self._add_reasoning(message, self._append_rest)
        if not _is_refusal(message):
            self._add_parts(message.get("content"), self._append_rest)
        self._add_rest(message, logprobs, frame, self._append_rest)
        if (calls := message.get("tool_calls")) or message.get("function_call"):
            self._add_calls(self._tool_calls.read_whole(calls, message.get("function_call")))

    def finish_calls(self, *, complete: bool) -> None:
        """Adds what was held back of tool calls; `complete`: the model ended by itself."""
        self._add_calls(self._tool_calls.finish(complete=complete))

    def take(self, *, last: bool = False) -> list[Piece]:
        """Removes and returns the pieces since the last call; `last` where nothing follows."""
        self._close(keep_surrogate=not last)
        pieces, self._pieces = self._pieces, []
        return pieces

    def _add_reasoning(self, delta: dict[str, Any], append: _Append) -> None:
        field, text = reasoning_in(delta)
        if text:
            self._add_thoughts(field, text, append)
        if (details := delta.get("reasoning_details")) and (as_json := details_json(details)):
            append("reasoning_details", as_json)

    def _add_thoughts(self, field: str, text: str, append: _Append) -> None:
        """Adds thoughts, unless they repeat in one field what came in another."""
        self._reasoning_field = self._reasoning_field or field
        if field != self._reasoning_field:
            self._close(keep_surrogate=True)
            if text in "".join(self._sent.get("reasoning", ())):
                return
        append("reasoning", text)

    def _add_parts(self, content: object, append: _Append) -> None:
        for kind, value in parts_of(content):
            if kind == "reasoning":
                self._add_thoughts("content", value, append)
            elif kind == "annotations":
                self._add_citations({"annotations": value}, {}, append)
            elif kind == "reasoning_details":
                append(kind, details_json(value))
            elif value:
                append(kind, value)

    def _add_rest(self, delta: dict[str, Any], logprobs: object, frame: dict[str, Any], append: _Append) -> None:
        if refusal := text_in(delta.get("refusal")):
            append("refusal", refusal)
        if logprobs and (as_json := logprobs_json(logprobs)):
            append("logprobs", as_json)
        images = delta.get("images")
        if images and isinstance(images, list):
            for url in filter(None, map(image_url, images)):
                append("image", url)
        self._add_citations(delta, frame, append)

    def _add_citations(self, delta: dict[str, Any], frame: dict[str, Any], append: _Append) -> None:
        if CITING.isdisjoint(delta) and CITING.isdisjoint(frame):
            return
        if as_json := self._citations.read(frame, delta):
            append("annotations", as_json)

    def _add_calls(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            self._append("tool_call", fragment)

    def _append_rest(self, kind: PieceKind, text: str) -> None:
        """Appends what goes beyond the pieces of this kind so far; nothing where it is something else."""
        if kind in JOINED:
            self._close(keep_surrogate=True)
            known = "".join(self._sent.get(kind, ()))
            if text.startswith(known):
                text = text[len(known) :]
            elif not self._is_part:
                return
            if kind == "refusal" and text == "".join(self._sent.get("text", ())):
                return
        elif kind == "reasoning_details":
            text = details_beyond(self._sent.get(kind, ()), text)
        elif (kind == "logprobs" and kind in self._sent) or (kind == "image" and text in self._sent.get(kind, ())):
            return
        if text:
            self._append(kind, text)

    def _append(self, kind: PieceKind, text: str) -> None:
        if kind != self._kind or kind not in JOINED:
            self._close(keep_surrogate=False)
            self._kind = kind
        self.has_output = True
        if not self.has_answer and kind in ANSWERS and not is_blank(text):
            self.has_answer = True
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
            self._sent.setdefault(self._kind, []).append(text)


def _is_refusal(message: dict[str, Any]) -> bool:
    """Whether the content repeats the refusal."""
    refusal = text_in(message.get("refusal"))
    return bool(refusal) and text_in(message.get("content")) == refusal
