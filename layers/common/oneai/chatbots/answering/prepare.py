"""Prepares the answer to a question that a chatbot was asked.

The turn (`oneai/chat/turn/chatbot_answer.py`) calls `prepare` once the question is admitted and its cost is held. It
sends what is prepared to the model, and every piece of the model's text through the reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from oneai.chatbots.fields import Configuration

# How an answer turned out, for its visitor and for statistics.
type Outcome = Literal["answered", "partial", "not_found", "off_topic", "handoff"]

# What a prepared prompt may have besides the question and the chatbot's own prompt, in bytes as sent: passages of
# documents and instructions. Tokens are reserved for it.
PREPARED_BYTES = 28_000


@dataclass(frozen=True)
class Asked:
    """A question to a chatbot. `version` is the published version that answers (None: the draft, in a preview),
    `history` the messages before it as (role, text), oldest first, and `max_bytes` the most that `prepare` may add to
    the prompt."""

    chatbot_id: UUID
    version: int | None
    configuration: Configuration
    question: str
    history: Sequence[tuple[str, str]]
    max_bytes: int = PREPARED_BYTES


class Reader(Protocol):
    """Reads what the model writes, piece by piece, and returns what of it is the answer's text."""

    @property
    def outcome(self) -> Outcome | None:
        """How it turned out; None until it is known. It is known before the first letter of the answer."""

    @property
    def cited(self) -> Sequence[int] | None:
        """The numbers (`n`) of the sources that the answer rests on; None: all that were prepared."""

    def read(self, text: str) -> str:
        """The answer's text in the next piece of the model's output; often empty at the start."""

    def end(self) -> str:
        """The rest of the answer's text. The model writes no more."""


@dataclass
class PlainReader:
    """Takes all that a model writes as its answer."""

    outcome: Outcome | None = "answered"
    cited: Sequence[int] | None = None

    def read(self, text: str) -> str:
        """The same text."""
        return text

    def end(self) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True)
class Prepared:
    """What the model is asked, or the answer itself.

    `ready` is the whole answer where no model is needed; nothing is requested then, and no unit is charged. `question`
    is what the model reads as the question, with its passages. `request` has further fields of the model's request,
    such as `response_format`. `sources` are in the form of the event `sources`.
    """

    system_prompt: str
    question: str
    reader: Reader = field(default_factory=PlainReader)
    request: dict[str, Any] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)
    ready: str | None = None


async def prepare(asked: Asked) -> Prepared:
    """Prepares the answer to this question. Raises Busy."""
    return Prepared(system_prompt=asked.configuration.system_prompt, question=asked.question)
