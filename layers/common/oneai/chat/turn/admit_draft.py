"""A drafted reply: a member lets a chatbot write what they may answer a visitor. It is admitted, held and settled as an
answer of the chatbot, in its budget and by the plan; the visitor's conversation is only read."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.admit import Replay, Turn, admission_of, call_admit, turns_of
from oneai.chat.turn.admit_preview import ChatbotQuestion, chatbot_question
from oneai.chat.turn.context import Branch
from oneai.chat.turn.requested_answers import RequestedAnswer, requested_answers, sql_arguments
from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.answering.preparation_cost import preparation_cost
from oneai.chatbots.answering.prepare import PREPARED_BYTES, Asked
from oneai.chatbots.conversations import ChatbotMessageSource
from oneai.chatbots.fields import Configuration
from oneai.fields import Fields
from oneai.models import providers
from oneai.postgres import db, request_refusals
from oneai.postgres.db import Principal
from oneai.prompt_size import serialised_bytes
from oneai.quota.quoted import Quote


class DraftRequest(Fields):
    """The body of `POST /api/inbox/conversations/{id}/draft`."""

    model_config = ConfigDict(strict=True)

    message_id: UUID | None = Field(
        default=None,
        description="The draft's id, chosen by the client. For a minute after its end the same id returns the same "
        "draft, which is charged once.",
    )


class DraftedReply(BaseModel):
    """What the chatbot would answer. Nothing of it is stored in the visitor's conversation."""

    message_id: UUID = Field(description="The draft's id.")
    text: str = Field(description="The text, in Markdown.")
    outcome: Outcome | None = Field(description="How it turned out; null if the draft was cut off before it was known.")
    sources: list[ChatbotMessageSource] = Field(description="The passages that it rests on, also if visitors see none.")
    cost_micro_usd: int = Field(description="What the draft cost, in micro-dollars.")
    charged_micro_usd: int = Field(
        description="What of it a unit of the plan paid for, or its price in credits, in micro-dollars."
    )


@dataclass(frozen=True)
class _Source:
    """What a draft is made from."""

    chatbot_id: UUID
    version: int
    configuration: Configuration
    question_id: UUID
    question: str
    continues: bool


async def admit_draft(principal: Principal, conversation_id: UUID, message_id: UUID) -> Turn | Replay:
    """Admits a draft for the visitor's last message, by the published version.

    Raises NotFound, ChatbotNotFound, RoleInsufficient, ChatbotSpent, and what `oneai.chat.admit` raises; nothing is
    stored or reserved then.
    """
    source, answers, arguments = await _arguments(principal, conversation_id, message_id)
    statement = "select oneai.admit_draft(%s, %s, %s, %s, %s, %s, %s, %s)"
    preparation = await preparation_cost(source.configuration, source.question, continues=source.continues)
    arguments = [*arguments[:4], message_id, *arguments[4:], preparation]
    row = await call_admit(principal, answers, statement, arguments)
    result = admission_of(row)
    if isinstance(result, Replay):
        return result
    question = _question(source, message_id)
    (turn,) = turns_of(principal, question, answers, ResolvedAttachments(principal), result)
    history = [(each.role, each.content) for each in turn.branch.history]
    # Members read the sources, whether visitors do or not.
    widget = source.configuration.widget.model_copy(update={"sources_shown": True})
    asked = Asked(
        *(source.chatbot_id, source.version, source.configuration.model_copy(update={"widget": widget})),
        *(turn.message, history),
        answer_id=turn.message_id,
        user_id=principal.user_id,
    )
    return replace(turn, chatbot=asked, branch=Branch(turn.branch.history, messages=len(history)))


async def quote_draft(principal: Principal, conversation_id: UUID) -> Quote:
    """What a draft would hold now. Raises as `admit_draft` does, except for quotas, credits and the chatbot's
    budget."""
    source, answers, arguments = await _arguments(principal, conversation_id, uuid4())
    preparation = await preparation_cost(source.configuration, source.question, continues=source.continues)
    statement = "select oneai.quote_draft(%s, %s, %s, %s, %s, %s, %s)"
    row = await call_admit(principal, answers, statement, [*arguments, preparation])
    return Quote.model_validate(row)


async def drafted_reply(principal: Principal, conversation_id: UUID, message_id: UUID) -> dict[str, Any]:
    """A draft that has ended: the fields of DraftedReply, `state` and `error_code`. Raises NotFound or RoleInsufficient
    for a member who does not read the visitor's conversation any more."""
    (row,) = await db.call(
        "select oneai.drafted_reply(%s, %s, %s)", [principal.user_id, conversation_id, message_id], idempotent=True
    )
    return dict(row)


async def _arguments(
    principal: Principal, conversation_id: UUID, message_id: UUID
) -> tuple[_Source, list[RequestedAnswer], list[Any]]:
    """What it is made from, the answer that it requests, and the arguments of both functions, without its id."""
    request_refusals.describe(message_id=message_id, conversation_id=conversation_id)
    (row,) = await db.call("select oneai.draft_from(%s, %s)", [principal.user_id, conversation_id], idempotent=True)
    source = _Source(
        chatbot_id=UUID(row["chatbot_id"]),
        version=row["version"],
        configuration=Configuration.model_validate(row["configuration"]),
        question_id=UUID(row["question_id"]),
        question=row["question"],
        continues=row["continues"],
    )
    request_refusals.describe(models=[source.configuration.model])
    question = _question(source, message_id)
    answers = requested_answers(message_id, question, await providers.list_models())
    request, terms, _ = sql_arguments(
        question,
        answers,
        ResolvedAttachments(principal),
        any_model=False,
        more_bytes=PREPARED_BYTES + serialised_bytes(source.configuration.system_prompt),
        provider=source.configuration.provider,
    )
    of = [principal.user_id, conversation_id, source.question_id, source.version]
    return source, answers, [*of, request, terms]


def _question(source: _Source, message_id: UUID) -> ChatbotQuestion:
    return chatbot_question(source.chatbot_id, source.version, source.configuration, source.question, message_id)
