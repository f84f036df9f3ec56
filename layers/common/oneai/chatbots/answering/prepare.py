"""Prepares the answer to a question that a chatbot was asked.

The turn (`oneai/chat/turn/chatbot_answer.py`) calls `prepare` once the question is admitted and its cost is held. It
sends what is prepared to the model, and every piece of the model's text through the reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from oneai.chatbots.answering import curated, prompts, retrieval, rewriting, sentences
from oneai.chatbots.answering.language import language_of
from oneai.chatbots.answering.leaks import PromptGuard
from oneai.chatbots.answering.outcome import RESPONSE_FORMAT, Outcome
from oneai.chatbots.answering.outcome_reader import OutcomeReader
from oneai.chatbots.answering.readers import GuardedReader, VerifiedReader
from oneai.chatbots.fields import Configuration, Language
from oneai.documents.question import OwnKeyEmbedder
from oneai.passages import BETWEEN, Passage, quoted, sources
from oneai.prompt_size import serialised_bytes

# What a prepared prompt may have besides the question and the chatbot's own prompt, in bytes as sent: passages of
# documents and instructions. Tokens are reserved for it.
PREPARED_BYTES = 28_000


@dataclass(frozen=True)
class Asked:
    """A question to a chatbot. `version` is the published version that answers (None: the draft, in a preview),
    `history` the messages before it as (role, text), oldest first, `max_bytes` the most that `prepare` may add to the
    prompt, `answer_id` the answer that holds the cost of what is prepared (None: none does), and `user_id` the member
    who asks in a preview. Where the workspace's own key pays, `own_key` writes and `embedder` embeds with it.
    `by_words`: what pays the answer does not hold its preparation, so the question is searched as it is, and by its
    words."""

    chatbot_id: UUID
    version: int | None
    configuration: Configuration
    question: str
    history: Sequence[tuple[str, str]]
    max_bytes: int = PREPARED_BYTES
    answer_id: UUID | None = None
    user_id: UUID | None = None
    own_key: rewriting.Writer | None = None
    embedder: OwnKeyEmbedder | None = None
    by_words: bool = False


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
    """Takes all that it is given as the answer."""

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
    """Prepares the answer to this question: a curated one that fits it, our own sentence where documents alone may
    answer and have nothing, or what a model is asked. Raises Busy."""
    configuration = asked.configuration
    language = language_of(asked.question, configuration.widget.languages)
    known = await curated.find(asked.chatbot_id, asked.question)
    if known and known[0].fits:
        return _ready(asked, known[0].answer, "answered")
    prompt = prompts.system_prompt(configuration, language)
    found = await _find_passages(asked, prompt)
    nothing = _nothing_found(known, language)
    if configuration.knowledge.mode == "documents_only" and not found:
        return _ready(asked, nothing, "not_found")
    public = [*(passage.content for passage in found), asked.question, *(text for _, text in asked.history)]
    guard = PromptGuard(configuration.system_prompt, public)
    structured = configuration.knowledge.mode != "general"
    objects = OutcomeReader(len(found), needs_passages=configuration.knowledge.mode == "documents_only")
    return Prepared(
        system_prompt=prompt,
        question=BETWEEN.join([quoted(found), asked.question]) if found else asked.question,
        reader=VerifiedReader(objects, guard, language, nothing) if structured else GuardedReader(guard, language),
        request={"response_format": RESPONSE_FORMAT} if structured else {},
        sources=sources(found) if configuration.widget.sources_shown else [],
    )


async def _find_passages(asked: Asked, prompt: str) -> list[Passage]:
    """The passages for the question, which is made whole first if it continues the conversation. Raises Busy."""
    knowledge = asked.configuration.knowledge
    if not knowledge.documents and not knowledge.collections:
        return []
    question = asked.question
    if not asked.by_words and rewriting.needs_rewriting(question, asked.history):
        question = await rewriting.whole_question(
            asked.chatbot_id, question, asked.history, asked.answer_id, asked.user_id, own_key=asked.own_key
        )
    instructions = serialised_bytes(prompt) - serialised_bytes(asked.configuration.system_prompt)
    return await retrieval.find_passages(
        *(asked.chatbot_id, asked.version, question, asked.max_bytes - instructions - serialised_bytes(BETWEEN)),
        asker=asked.user_id,
        answer_id=asked.answer_id,
        own_key=asked.embedder,
        with_meaning=not asked.by_words,
    )


def _ready(asked: Asked, text: str, outcome: Outcome) -> Prepared:
    return Prepared(system_prompt="", question=asked.question, reader=PlainReader(outcome), ready=text)


def _nothing_found(known: Sequence[curated.Match], language: Language) -> str:
    """What a visitor reads where the documents have no answer, with the nearest curated one."""
    words = sentences.NOT_FOUND[language]
    return f"{words}\n\n{sentences.NEAREST[language]} **{known[0].question}**\n\n{known[0].answer}" if known else words
