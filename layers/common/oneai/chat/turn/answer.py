"""An answer while it is being written, held in memory for whoever follows it.

The producer adds to `log`; followers read it and wait for `changed`. Nobody else's leaving changes anything.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from oneai.chat.turn.admit import Turn
from oneai.chat.turn.context import weight
from oneai.clients.openrouter import Completion
from oneai.errors import OneAIError

# The estimate is for the worst of tokenizers: up to so many times fewer tokens may have been counted upstream.
TOLERANCE = 2.5

ALL_THOUGHTS = (
    "The model used up its tokens before it wrote an answer. Let it think less (reasoning), or allow it more tokens "
    "(max_tokens)."
)
NO_WORDS = "The model ended without writing an answer."

type Kind = Literal["text", "reasoning"]


class Event(NamedTuple):
    """What a follower passes on; `at` code points of text came before it."""

    kind: Kind
    at: int
    text: str


@dataclass(frozen=True)
class Ending:
    """How an answer ended, as `done` or `error` tells it; `quota` is None while Postgres is away, `notice` a sentence
    where the answer is charged and has nothing to read.

    `streaming` where only a stream of it ended.
    """

    state: Literal["complete", "stopped", "truncated", "failed", "streaming"]
    finish_reason: str | None
    requested_model: str
    model: str | None
    provider: str | None
    usage: dict[str, Any]
    quota: dict[str, Any] | None
    error: OneAIError | None = None
    notice: str | None = None


def notice(state: str, finish_reason: str | None, *, empty: bool) -> str | None:
    """What a person is told of an answer that ended by itself with neither words nor pictures."""
    if not empty or (state != "complete" and finish_reason != "budget"):
        return None
    return ALL_THOUGHTS if finish_reason in ("length", "budget") else NO_WORDS


@dataclass(eq=False)
class Answer:
    """The running answer of one turn; `deadline` in seconds of `time.time()`."""

    turn: Turn
    deadline: float
    log: list[Event] = field(default_factory=list)
    offset: int = 0
    images: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    completion: Completion | None = None
    ending: Ending | None = None
    task: "asyncio.Task[None] | None" = None
    begun: float = field(default_factory=time.monotonic)
    first_token_ms: int | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    spoke: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    # What was written, thoughts included, counted where a budget may end: pieces, and tokens by estimate.
    pieces: int = 0
    weight: float = 0.0
    _waiting: "list[asyncio.Future[None]]" = field(default_factory=list)
    _half: str = ""

    def text(self) -> str:
        """All text so far, reasoning not counted."""
        return "".join([event.text for event in self.log if event.kind == "text"])

    def add(self, kind: Kind, text: str) -> None:
        """Takes down what the model wrote."""
        if self._half or not text.isascii() or "\0" in text:
            text = self._whole(text)
        if not text:
            return
        self.log.append(Event(kind, self.offset, text))
        if self.turn.budget is not None:
            self.pieces += 1
            self.weight += weight(text)
        if kind == "text":
            self.offset += len(text)
            if not self.spoke.is_set():
                self.first_token_ms = int((time.monotonic() - self.begun) * 1000)
                self.spoke.set()

    def over_budget(self) -> bool:
        """Whether the upstream wrote more tokens than were held, which one that keeps to `max_tokens` never does.

        Every piece has one token or more; where pieces are large, an estimate tells.
        """
        budget = self.turn.budget
        return budget is not None and (self.pieces > budget or self.weight > budget * TOLERANCE)

    def changed(self) -> "asyncio.Future[None]":
        """Done as soon as there is more in `log`, an end, or a reason to show that the line is alive."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def tell(self) -> None:
        """Wakes everybody who waits for `changed`."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _whole(self, text: str) -> str:
        """Joins a surrogate pair that two frames tore apart; what cannot be stored becomes U+FFFD."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


# The answers this process is writing: for followers, for stops, and for shutting down.
running: dict[UUID, Answer] = {}
