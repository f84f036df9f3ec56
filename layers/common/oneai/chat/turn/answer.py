"""An answer while it is being written, held in memory for its followers.

The generating task appends to `deltas`; followers read it and wait for `next_change`. A follower that leaves changes
nothing.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

from oneai import request_stages
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.continuation import Continuation
from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.errors import OneAIError
from oneai.models import Completion
from oneai.models.pieces import join_annotations, join_logprobs, join_reasoning_details, join_tool_calls
from oneai.prompt_size import NOT_PROMPT
from oneai.token_estimate import token_weight

if TYPE_CHECKING:
    from oneai.chatbots.answering.prepare import Prepared, Reader

# The estimate is for the worst of tokenizers: the upstream may have counted fewer tokens, by up to this
# factor.
TOLERANCE = 2.5
# Of a tool call, as Postgres counts the text of an answer whose process died.
CHARACTERS_PER_TOKEN = 3
# What one answer may hold in memory besides images, in characters of text, thoughts, tool calls and logprobs. More than
# a million tokens; an upstream that writes on is cut, before it takes the memory of other answers in the process.
MAX_CHARACTERS = 4_000_000
# The result of a background completion is stored before the function's deadline.
SECONDS_TO_STORE = 2.0
# Pages of the web that one answer names as its sources.
MAX_PAGES = 50

NO_WORDS = "The model ended without writing an answer."
REFUSED = "The model declined to answer."

type DeltaKind = Literal[
    "text", "reasoning", "refusal", "tool_call", "logprobs", "image", "reasoning_details", "annotations"
]
# A user reads a refusal in place of an answer, so it counts as text everywhere.
TEXTS: tuple[DeltaKind, ...] = ("text", "refusal")
# What a model wrote, as opposed to what describes it.
WRITTEN: tuple[DeltaKind, ...] = (*TEXTS, "reasoning", "tool_call")


class Delta(NamedTuple):
    """A part of the answer as followers are sent it; `at` code points of text came before it. The text of a tool call's
    fragment, of logprobs, of `reasoning_details` and of annotations is JSON, that of an image its address; only answers
    to a `PromptedQuestion` have them."""

    kind: DeltaKind
    at: int
    text: str


@dataclass(frozen=True)
class Ending:
    """How an answer ended, the content of `done` or `error`.

    `quota` is None while Postgres is down, `notice` a sentence where the answer is charged and is not what was asked
    for: a call of a tool that the chat does not have, or a refusal; `outcome` how the answer of a chatbot turned out.
    The state `streaming` means that only this stream of it ended.
    """

    state: Literal["complete", "stopped", "truncated", "failed", "streaming"]
    finish_reason: str | None
    requested_model: str
    model: str | None
    provider: str | None
    usage: dict[str, Any]
    quota: dict[str, Any] | None
    first_token_ms: int | None = None
    error: OneAIError | None = None
    notice: str | None = None
    outcome: str | None = None


def answer_notice(state: str, *, empty: bool, refused: bool) -> str | None:
    """The notice on an answer that ended by itself with neither text nor images, or with a refusal."""
    if state != "complete":
        return None
    if refused:
        return REFUSED
    return NO_WORDS if empty else None


@dataclass(eq=False)
class Answer:
    """The running answer of one turn; `deadline` in seconds of `time.time()`.

    `sources` are the passages of documents that it is written from, which are known before it (None until then), and
    the pages that it cites, which come while it is written; the list is replaced and not changed.
    """

    turn: Turn
    deadline: float
    deltas: list[Delta] = field(default_factory=list)
    offset: int = 0
    images: list[str] = field(default_factory=list)
    sources: list[dict[str, Any]] | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    completion: Completion | None = None
    ending: Ending | None = None
    task: "asyncio.Task[None] | None" = None
    started_at: float = field(default_factory=time.monotonic)
    # When the first text, tool call or image came; the first piece of any kind, reasoning included.
    first_token_ms: int | None = None
    # How long the request took until its question was admitted, and then until the model was asked.
    admission_ms: int | None = field(default_factory=request_stages.elapsed_ms)
    preparation_ms: int | None = None
    first_piece_ms: int | None = None
    first_token: asyncio.Event = field(default_factory=asyncio.Event)
    # Done as soon as the answer is to end for another reason than its own: `interrupt`.
    interruption: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    is_deleted: bool = False
    # Of a chatbot's answer: what the model is asked, what reads its text, the sources it may name, and whether no model
    # was asked.
    prepared: "Prepared | None" = None
    reader: "Reader | None" = None
    prepared_sources: list[dict[str, Any]] = field(default_factory=list)
    is_ready: bool = False
    # What was written, reasoning included: characters; and, where a budget may end it, pieces and tokens by estimate.
    characters: int = 0
    tool_call_characters: int = 0
    piece_count: int = 0
    estimated_tokens: float = 0.0
    _waiters: "list[asyncio.Future[None]]" = field(default_factory=list)
    _high_surrogate: str = ""
    _read: list[str] = field(default_factory=list)
    _continued: str = ""
    _continuation: Continuation | None = None

    def __post_init__(self) -> None:
        adjusted = self.turn.adjusted
        if adjusted is None:
            return
        self.sources = adjusted.pages or None
        if adjusted.continues:
            self._continued = adjusted.content
            self._continuation = Continuation(adjusted.content)
            self.deltas.append(Delta("text", 0, adjusted.content))
            self.offset = len(adjusted.content)

    @property
    def has_begun(self) -> bool:
        """Whether the model has written anything."""
        if self._continuation is None:
            return bool(self.deltas)
        return len(self.deltas) > 1 or self._continuation.is_holding

    @property
    def generation_id(self) -> str | None:
        """The id by which the operator can read what the answer cost; of an own key's answer only its owner can."""
        return self.completion.generation_id if self.completion and self.turn.own_key is None else None

    def seconds_left(self) -> float:
        """Until what is requested after the answer has to have ended."""
        return self.deadline - time.time() - SECONDS_TO_STORE

    def text(self) -> str:
        """All text so far, without reasoning; with the text that it continues."""
        return "".join([delta.text for delta in self.deltas if delta.kind in TEXTS])

    def written_text(self) -> str:
        """The text that the model wrote of it."""
        return self.text()[len(self._continued) :]

    def model_text(self) -> str:
        """What the model wrote as text, from which a chatbot's reader takes the answer."""
        return "".join(self._read) if self.reader is not None else self.written_text()

    def reasoning(self) -> str:
        """All thoughts so far."""
        return "".join(self._texts("reasoning"))

    def prompt(self) -> dict[str, Any]:
        """The request's messages, and its other fields that are part of the prompt."""
        question = self.turn.question
        parameters = question.parameters if isinstance(question, PromptedQuestion) else {}
        others = {name: value for name, value in parameters.items() if name not in NOT_PROMPT}
        return {**others, "messages": self.messages}

    def structured(self) -> dict[str, Any]:
        """What the answer has besides text, as its metadata keeps it: tool calls, logprobs, a refusal (a part of the
        text), annotations and what has to go back to the model's provider."""
        calls = join_tool_calls(self._texts("tool_call"))
        logprobs, refusal = self._texts("logprobs"), "".join(self._texts("refusal"))
        details = join_reasoning_details(self._texts("reasoning_details"))
        annotations = join_annotations(self._texts("annotations"))
        return {
            **({"tool_calls": calls} if calls else {}),
            **({"logprobs": join_logprobs(logprobs)} if logprobs else {}),
            **({"refusal": refusal} if refusal else {}),
            **({"reasoning_details": details} if details else {}),
            **({"annotations": annotations} if annotations else {}),
        }

    def cite(self, pages: list[dict[str, Any]]) -> None:
        """Adds pages of the web to the sources, each address once. Their numbers follow those of documents: a page of a
        list has its place in it, any other one the next number."""
        sources = list(self.sources or ())
        documents = sum(each.get("document_id") is not None for each in sources)
        taken = {each["n"] for each in sources}
        known = {each.get("url") for each in sources}
        for page in pages:
            if page["url"] not in known and len(known - {None}) < MAX_PAGES:
                known.add(page["url"])
                n = documents + page.get("n", 0)
                if n <= documents or n in taken:
                    n = max(taken, default=0) + 1
                taken.add(n)
                sources.append({**page, "n": n})
        if len(sources) > len(self.sources or ()):
            self.sources = sources

    def cites_pages(self) -> bool:
        """Whether a page of the web is among the sources."""
        return any("url" in each for each in self.sources or ())

    def add(self, kind: DeltaKind, text: str) -> None:
        """Appends what the model wrote."""
        if kind in ("text", "refusal", "reasoning") and (self._high_surrogate or not text.isascii() or "\0" in text):
            text = self._join_surrogates(text)
        if kind == "text" and self._continuation is not None:
            text = self._continuation.take(text)
        elif kind == "text" and self.reader is not None:
            self._read.append(text)
            text = self.reader.read(text)
            self._name_sources()
        self._append(kind, text)

    def end_text(self) -> None:
        """Appends what a continuation or a chatbot's reader has held back until now. No text follows."""
        if self._continuation is not None:
            self._append("text", self._continuation.end())
        elif self.reader is not None and not self.is_ready:
            self._append("text", self.reader.end())
            self._name_sources()

    def be_ready(self, text: str) -> None:
        """Takes this text as the whole answer, for which no model is asked."""
        self.is_ready = True
        self._append("text", text)
        self._name_sources()

    def _name_sources(self) -> None:
        """Names the sources as soon as the reader knows which ones the answer rests on."""
        if (
            self.sources is None
            and self.reader is not None
            and self.reader.outcome is not None
            and self.prepared_sources
        ):
            cited = self.reader.cited
            named = [each for each in self.prepared_sources if cited is None or each["n"] in cited]
            self.sources = named or None

    def _append(self, kind: DeltaKind, text: str) -> None:
        if not text:
            return
        if self.first_piece_ms is None:
            self.first_piece_ms = self._elapsed_ms()
        self.deltas.append(Delta(kind, self.offset, text))
        if kind != "image":
            self.characters += len(text)
        if kind == "tool_call":
            self.tool_call_characters += len(text)
        if self.turn.budget is not None and kind in WRITTEN:
            self.piece_count += 1
            self.estimated_tokens += token_weight(text)
        if kind in TEXTS:
            self.offset += len(text)
        if kind in (*TEXTS, "tool_call", "image") and not self.first_token.is_set():
            self.first_token_ms = self._elapsed_ms()
            self.first_token.set()

    def interrupt(self, *, deleted: bool = False) -> None:
        """Ends the answer: its user stopped it, or its message was deleted."""
        self.is_deleted = self.is_deleted or deleted
        if not self.interruption.done():
            self.interruption.set_result(None)

    def ask_model(self) -> None:
        """Notes that the model is asked now; of several times the first counts."""
        if self.preparation_ms is None:
            self.preparation_ms = self._elapsed_ms()

    def over_budget(self) -> bool:
        """Whether the upstream wrote more tokens than were reserved, which one that respects `max_tokens` never does,
        or more than one answer may hold.

        Every piece has one token or more; where pieces are large, the estimate decides.
        """
        if self.characters > MAX_CHARACTERS:
            return True
        budget = self.turn.budget
        return budget is not None and (self.piece_count > budget or self.estimated_tokens > budget * TOLERANCE)

    def unstored_tokens(self) -> int | None:
        """Tokens, by estimate, of tool calls, which are stored when the answer ends; None while neither a tool call nor
        an image has come."""
        if not (self.images or self.tool_call_characters):
            return None
        return self.tool_call_characters // CHARACTERS_PER_TOKEN

    def next_change(self) -> "asyncio.Future[None]":
        """Done as soon as there are more `deltas`, an ending, or a reason to send a keep-alive comment."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        return future

    def wake_followers(self) -> None:
        """Completes every pending `next_change`."""
        waiters, self._waiters = self._waiters, []
        for future in waiters:
            if not future.done():
                future.set_result(None)

    def _texts(self, kind: DeltaKind) -> list[str]:
        return [delta.text for delta in self.deltas if delta.kind == kind]

    def _elapsed_ms(self) -> int:
        return int((time.monotonic() - self.started_at) * 1000)

    def _join_surrogates(self, text: str) -> str:
        """Joins a surrogate pair that two frames split; what cannot be stored becomes U+FFFD."""
        text, self._high_surrogate = self._high_surrogate + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._high_surrogate = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


# The answers this process is writing: for followers, for stops, and for shutting down.
running: dict[UUID, Answer] = {}


def running_answer(user_id: UUID, message_id: UUID) -> Answer | None:
    """The user's answer, where this process is writing it."""
    answer = running.get(message_id)
    return answer if answer is not None and answer.turn.principal.user_id == user_id else None
