"""A visitor's question to a chatbot: the admission of a user's, behind the limits of address, visitor and chatbot."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, ConfigDict, Field

from oneai import alerts, metrics
from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.admit import Replay, Turn, admission_of, turns_of
from oneai.chat.turn.question import Question
from oneai.chat.turn.requested_answers import question_request, requested_answers, sql_arguments
from oneai.chatbots.answering.language import written_language
from oneai.chatbots.answering.preparation_cost import preparation_cost
from oneai.chatbots.answering.prepare import PREPARED_BYTES, Asked
from oneai.chatbots.introduction import Introduction
from oneai.chatbots.published import PublishedChatbot, published_chatbot
from oneai.chatbots.visit import BrowserLanguage, Device, PageAddress, visit_language
from oneai.chatbots.visitor import Visitor
from oneai.errors import Busy, UnknownModel, UpstreamUnavailable
from oneai.fields import Fields
from oneai.models import providers
from oneai.postgres import db, request_refusals
from oneai.prompt_size import serialised_bytes
from oneai.text import message_text

MESSAGE_CHARACTERS = 5000
# How many versions a question is tried with. Each further try needs another publication in those milliseconds.
VERSIONS_TRIED = 5

# Why a chatbot does not answer now. `spent`: what it, or its workspace, may cost; `model`: none of its models exists.
type OfflineReason = Literal["paused", "suspended", "spent", "plan", "model"]


class AskedText(Fields):
    """What is asked of a chatbot: the question, and where it belongs."""

    model_config = ConfigDict(strict=True)

    message: Annotated[
        str,
        Field(max_length=MESSAGE_CHARACTERS),
        AfterValidator(message_text),
        Field(json_schema_extra={"minLength": 1}),
    ] = Field(description="The question.")
    message_id: UUID | None = Field(
        default=None,
        description="The answer's id, chosen by the client. The same id and question is asked and charged only once.",
    )
    conversation_id: UUID | None = Field(default=None, description="Absent: the question starts a new conversation.")


@dataclass(frozen=True)
class _Client:
    """What a request says of the visitor's network and device."""

    network: bytes
    device: Device | None


class VisitorQuestion(AskedText):
    """The body of `POST /api/widget/{public_id}/chat`."""

    introduction: Introduction | None = Field(
        default=None,
        description="What the visitor filled into the form before the first message. It is stored with the visitor "
        "when the question is admitted.",
    )
    page: PageAddress | None = Field(
        default=None, description="The page on which it is asked; it is stored without its query."
    )
    referrer: PageAddress | None = Field(
        default=None, description="The page that led the visitor there; it is stored without its query."
    )
    language: BrowserLanguage | None = Field(
        default=None,
        description="The language of the visitor's browser, as BCP 47 writes it (`pt-BR`). It is stored if what they "
        "write does not say another one.",
    )


@dataclass(frozen=True)
class Waiting:
    """The message was stored for people, who answer in this conversation. No model is asked."""

    message_id: str
    status: str


@dataclass(frozen=True)
class Offline:
    """The chatbot does not answer now, and its widget shows its away message, known answers and a form."""

    reason: OfflineReason
    chatbot: PublishedChatbot


async def admit_visitor(
    visitor: Visitor, asked: VisitorQuestion, network: bytes, device: Device | None = None
) -> Turn | Replay | Waiting | Offline:
    """Admits the question to the published version of the visitor's chatbot, or stores it for people. `network` is a
    hash of the client's, `device` what it is.

    Raises ChatbotNotFound, AddressLimit, VisitorLimit, ConversationFull, NotFound, ConversationBusy, InvalidRequest,
    IdempotencyConflict, and Busy, also if the team publishes again during each of VERSIONS_TRIED tries; nothing is
    stored or reserved then.
    """
    message_id = asked.message_id or uuid4()
    request_refusals.describe(message_id=message_id, conversation_id=asked.conversation_id)
    for tried in range(VERSIONS_TRIED):
        chatbot = await published_chatbot(visitor.public_id, afresh=tried > 0)
        result = await _admit(visitor, chatbot, asked, message_id, _Client(network, device))
        if result is not None:
            return result
    # Not "away": the chatbot answers, and the widget may send the same question again.
    raise Busy(retry_after=1)


async def _admit(
    visitor: Visitor, chatbot: PublishedChatbot, asked: VisitorQuestion, message_id: UUID, client: _Client
) -> Turn | Replay | Waiting | Offline | None:
    """The admission; None if another version is published now."""
    question = _question(chatbot, asked, message_id)
    none = ResolvedAttachments(visitor)
    visit = {"visit": _visit(chatbot, asked, client.device)}
    try:
        answers = requested_answers(message_id, question, await providers.list_models())
        preparation = await preparation_cost(
            chatbot.configuration, asked.message, continues=asked.conversation_id is not None
        )
    except (UnknownModel, UpstreamUnavailable):
        return await _write_to_people(visitor, question, message_id, client.network) or Offline("model", chatbot)
    request, terms, _ = sql_arguments(
        question,
        answers,
        none,
        any_model=False,
        more_bytes=PREPARED_BYTES + serialised_bytes(chatbot.configuration.system_prompt),
        metadata=visit,
        provider=chatbot.configuration.provider,
    )
    (row,) = await db.call(
        "select oneai.admit_visitor(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(visitor.public_id, visitor.visitor_id, visitor.identity_json, client.network, chatbot.version),
            *(message_id, request, terms, preparation),
            asked.introduction and asked.introduction.model_dump_json(),
        ],
    )
    if row.get("republished"):
        return None
    if waiting := row.get("waiting"):
        return Waiting(**waiting)
    if reason := row.get("offline"):
        return await _offline(chatbot, row, reason)
    if row.get("expired"):
        metrics.count_expired_lease()
    result = admission_of(row)
    if isinstance(result, Replay):
        return result
    (turn,) = turns_of(visitor, question, answers, none, result)
    history = [(each.role, each.content) for each in turn.branch.history]
    return replace(
        turn,
        chatbot=Asked(
            *(chatbot.id, chatbot.version, chatbot.configuration, turn.message, history), answer_id=turn.message_id
        ),
    )


def _visit(chatbot: PublishedChatbot, asked: VisitorQuestion, device: Device | None) -> dict[str, Any]:
    """Where the visitor asks, as `oneai.count_message_in_inbox` reads it."""
    languages = chatbot.configuration.widget.languages
    language = visit_language(written_language(asked.message, languages), asked.language) or languages[0]
    known = {"language": language, "page": asked.page, "referrer": asked.referrer, "device": device}
    return {name: value for name, value in known.items() if value is not None}


async def _write_to_people(visitor: Visitor, question: Question, message_id: UUID, network: bytes) -> Waiting | None:
    """Stores the message where people answer, for whom no model has to exist; None where they do not."""
    if question.conversation_id is None:
        return None
    (waiting,) = await db.call(
        "select oneai.write_to_people(%s, %s, %s, %s, %s)",
        [visitor.public_id, visitor.visitor_id, network, message_id, question_request(question).to_json()],
    )
    return waiting and Waiting(**waiting["waiting"])


async def _offline(chatbot: PublishedChatbot, row: dict[str, Any], reason: OfflineReason) -> Offline:
    if row.get("refusal") == "service_paused":
        await alerts.raise_alert_throttled("spend_limit_reached", "daily")
    return Offline(reason, chatbot)


def _question(chatbot: PublishedChatbot, asked: VisitorQuestion, message_id: UUID) -> Question:
    configuration = chatbot.configuration
    return Question(
        conversation_id=asked.conversation_id,
        message=asked.message,
        model=configuration.model,
        models=configuration.fallbacks,
        message_id=message_id,
        temperature=configuration.temperature,
        max_tokens=configuration.max_tokens,
        web_search=False,
    )
