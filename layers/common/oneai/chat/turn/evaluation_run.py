"""Starts a run of a chatbot's evaluations, or quotes it: an answer for each question, all held before the first one."""

import json
from typing import Any
from uuid import UUID, uuid4

from pydantic import Field

from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.admit import call_admit
from oneai.chat.turn.admit_preview import Version, chatbot_question, configuration_to_preview
from oneai.chat.turn.requested_answers import RequestedAnswer, requested_answers, sql_arguments
from oneai.chatbots.answering.prepare import PREPARED_BYTES
from oneai.chatbots.evaluation_runs import EvaluationRun
from oneai.fields import Fields
from oneai.models import providers
from oneai.postgres.db import Principal
from oneai.prompt_size import serialised_bytes
from oneai.quota.quoted import Quote

# Postgres counts each question itself.
_ANY_QUESTION = "?"


class NewRun(Fields):
    """The body of `POST /api/chatbots/{id}/evaluation-runs`."""

    version: Version = Field(default="draft", description="What answers: `draft`, or the number of a version.")


async def quote_run(principal: Principal, chatbot_id: UUID, version: Version) -> Quote:
    """What a run would hold now. Raises as `start_run` does, except for quotas."""
    answers, arguments = await _arguments(principal, chatbot_id, version)
    row = await call_admit(principal, answers, "select oneai.quote_evaluation_run(%s, %s, %s, %s, %s, %s)", arguments)
    return Quote.model_validate(row)


async def start_run(principal: Principal, chatbot_id: UUID, version: Version) -> EvaluationRun:
    """Starts a run, which a job carries out. Everything that it may cost is held, or nothing.

    Raises ChatbotNotFound, also for a version that there is not, RoleInsufficient, EvaluationRunning, InvalidRequest
    without evaluations, Busy if the draft was changed meanwhile, and what `oneai.chat.admit` raises.
    """
    answers, arguments = await _arguments(principal, chatbot_id, version)
    row = await call_admit(principal, answers, "select oneai.start_evaluation_run(%s, %s, %s, %s, %s, %s)", arguments)
    return EvaluationRun.model_validate(row)


async def _arguments(
    principal: Principal, chatbot_id: UUID, version: Version
) -> tuple[list[RequestedAnswer], list[Any]]:
    """The answer that each question requests, and the arguments of both functions."""
    number = None if version == "draft" else version
    stored, configuration = await configuration_to_preview(principal, chatbot_id, number)
    question = chatbot_question(chatbot_id, number, configuration, _ANY_QUESTION, uuid4())
    answers = requested_answers(uuid4(), question, await providers.list_models())
    request, terms, _ = sql_arguments(
        question,
        answers,
        ResolvedAttachments(principal),
        any_model=False,
        more_bytes=PREPARED_BYTES + serialised_bytes(configuration.system_prompt),
        provider=configuration.provider,
    )
    return answers, [principal.user_id, chatbot_id, number, json.dumps(stored), request, terms]
