"""A member's question to a chatbot, usually to its draft: the admission of a question of their own, which the chatbot
answers as it answers visitors. What visitors may spend is not touched."""

import hashlib
import json
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import Field

from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.admit import Replay, Turn, admission_of, call_admit, turns_of
from oneai.chat.turn.admit_visitor import AskedText
from oneai.chat.turn.question import Question
from oneai.chat.turn.requested_answers import requested_answers, sql_arguments
from oneai.chatbots.answering.preparation_cost import preparation_cost
from oneai.chatbots.answering.prepare import PREPARED_BYTES, Asked
from oneai.chatbots.fields import Configuration
from oneai.models import providers
from oneai.postgres import db, request_refusals
from oneai.postgres.db import Principal
from oneai.prompt_size import serialised_bytes

Version = Literal["draft"] | Annotated[int, Field(ge=1, le=2**31 - 1)]


class PreviewQuestion(AskedText):
    """The body of `POST /api/chatbots/{id}/preview`."""

    version: Version = Field(default="draft", description="What answers: `draft`, or the number of a version.")


class ChatbotQuestion(Question, defer_build=True):
    """A question to this chatbot. `version` is the published version that answers; None: the draft."""

    chatbot_id: UUID
    version: int | None = None

    def fingerprint(self) -> str:
        """Equal if the same is asked of the same version again, also after the draft was edited."""
        asked = [self.message, str(self.chatbot_id), self.version]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


async def admit_preview(principal: Principal, chatbot_id: UUID, asked: PreviewQuestion) -> Turn | Replay:
    """Admits the question to the draft or a version of the chatbot, paid by its workspace as a question of this member.

    Raises ChatbotNotFound, also for a version that there is not, RoleInsufficient for viewers, and what
    `oneai.chat.admit` raises; nothing is stored or reserved then.
    """
    message_id = asked.message_id or uuid4()
    version = None if asked.version == "draft" else asked.version
    request_refusals.describe(message_id=message_id, conversation_id=asked.conversation_id)
    _, configuration = await configuration_to_preview(principal, chatbot_id, version)
    request_refusals.describe(models=[configuration.model])
    question = chatbot_question(
        chatbot_id, version, configuration, asked.message, message_id, conversation_id=asked.conversation_id
    )
    answers = requested_answers(message_id, question, await providers.list_models())
    none = ResolvedAttachments(principal)
    request, terms, _ = sql_arguments(
        question,
        answers,
        none,
        any_model=False,
        more_bytes=PREPARED_BYTES + serialised_bytes(configuration.system_prompt),
        provider=configuration.provider,
    )
    result = admission_of(
        await call_admit(
            principal,
            answers,
            "select oneai.admit_preview(%s, %s, %s, %s, %s, %s)",
            [
                *(principal.user_id, chatbot_id, message_id, request, terms),
                await preparation_cost(configuration, asked.message, continues=asked.conversation_id is not None),
            ],
        )
    )
    if isinstance(result, Replay):
        return result
    (turn,) = turns_of(principal, question, answers, none, result)
    history = [(each.role, each.content) for each in turn.branch.history]
    return replace(
        turn,
        chatbot=Asked(
            *(chatbot_id, version, configuration, turn.message, history),
            answer_id=turn.message_id,
            user_id=principal.user_id,
        ),
    )


async def configuration_to_preview(
    principal: Principal, chatbot_id: UUID, version: int | None
) -> tuple[dict[str, Any], Configuration]:
    """The configuration of a version (None: of the draft), as it is stored and parsed. Raises ChatbotNotFound,
    RoleInsufficient."""
    (row,) = await db.call(
        "select oneai.chatbot_to_preview(%s, %s, %s)", [principal.user_id, chatbot_id, version], idempotent=True
    )
    return row["configuration"], Configuration.model_validate(row["configuration"])


def chatbot_question(
    chatbot_id: UUID,
    version: int | None,
    configuration: Configuration,
    message: str,
    message_id: UUID,
    *,
    conversation_id: UUID | None = None,
) -> ChatbotQuestion:
    """A member's question to this configuration of the chatbot."""
    return ChatbotQuestion(
        conversation_id=conversation_id,
        message=message,
        model=configuration.model,
        models=configuration.fallbacks,
        message_id=message_id,
        temporary=True,
        temperature=configuration.temperature,
        max_tokens=configuration.max_tokens,
        web_search=False,
        chatbot_id=chatbot_id,
        version=version,
    )
