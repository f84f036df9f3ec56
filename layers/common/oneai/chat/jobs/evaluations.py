"""Asks chatbots the questions of evaluation runs: each is a preview of the member who started the run, answered and
settled as every question is, with the reservation that the run holds for it.

It is safe to interrupt and to run concurrently: a question is claimed once, and one whose process died is settled as
every expired answer is, and counts as failed.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from oneai import log
from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.admit import Admission, Turn, admission_of, turns_of
from oneai.chat.turn.admit_preview import chatbot_question
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.generate import begin
from oneai.chat.turn.requested_answers import requested_answers
from oneai.chatbots.answering.prepare import Asked
from oneai.chatbots.evaluation_checks import Checks
from oneai.chatbots.fields import Configuration
from oneai.errors import OneAIError
from oneai.models import Model, providers
from oneai.postgres import db

# Questions that one job asks at once.
AT_ONCE = 2
# How long one answer may take; the job's time limit allows it after its last claim.
SECONDS_TO_ANSWER = 90.0


@dataclass(frozen=True, slots=True)
class _Member:
    """Who started the run. The job has no claims of theirs: an evaluation reads by the chatbot's grant alone."""

    user_id: UUID
    workspace_id: UUID
    claims: str = "{}"


async def answer_evaluations(seconds: float) -> int:
    """Asks for about `seconds`, plus one answer; the number of questions that were asked. Does nothing while the
    catalogue of models is not known."""
    until = time.monotonic() + seconds
    await db.call("select oneai.store_lost_evaluations()", [], idempotent=True)
    try:
        catalogue = await providers.list_models()
    except OneAIError as error:
        log.warning("evaluations have to wait", code=error.code)
        return 0
    return sum(await asyncio.gather(*(_answer_some(catalogue, until) for _ in range(AT_ONCE))))


async def _answer_some(catalogue: Sequence[Model], until: float) -> int:
    asked = 0
    while time.monotonic() < until:
        (claimed,) = await db.call("select oneai.claim_evaluation()", [])
        if claimed is None:
            break
        if not claimed.get("again"):
            await _answer(catalogue, claimed)
            asked += 1
    return asked


async def _answer(catalogue: Sequence[Model], claimed: dict[str, Any]) -> None:
    """Writes, settles and checks one answer."""
    try:
        answer = begin(_turn(catalogue, claimed), time.time() + SECONDS_TO_ANSWER)
        if answer.task is not None:
            await answer.task
        result = _result(answer, Checks.parse(claimed["checks"]))
    except OneAIError as error:
        # Nothing was asked: what is held is given back when its lease ends.
        result = {"error_code": error.code}
    await db.call(
        "select oneai.store_evaluation(%s, %s, %s)",
        [claimed["run_id"], claimed["evaluation_id"], json.dumps(result, ensure_ascii=False)],
        idempotent=True,
    )


def _turn(catalogue: Sequence[Model], claimed: dict[str, Any]) -> Turn:
    """The turn of a claimed question. Raises UnknownModel, UpstreamUnavailable."""
    configuration = Configuration.model_validate(claimed["configuration"])
    chatbot_id, message_id, version = UUID(claimed["chatbot_id"]), UUID(claimed["message_id"]), claimed["version"]
    admission = admission_of(claimed["admission"])
    if not isinstance(admission, Admission):
        raise RuntimeError("A question of a run is asked once.")
    member = _Member(UUID(claimed["user_id"]), UUID(claimed["admission"]["workspace_id"]))
    question = chatbot_question(chatbot_id, version, configuration, admission.message, message_id)
    answers = requested_answers(message_id, question, catalogue)
    (turn,) = turns_of(member, question, answers, ResolvedAttachments(member), admission)
    # Sources are checked, whether visitors are shown them or not.
    widget = configuration.widget.model_copy(update={"sources_shown": True})
    asked = Asked(
        *(chatbot_id, version, configuration.model_copy(update={"widget": widget}), admission.message, []),
        answer_id=message_id,
        user_id=member.user_id,
    )
    return replace(turn, chatbot=asked)


def _result(answer: Answer, checks: Checks) -> dict[str, Any]:
    """What `oneai.store_evaluation` stores of an answer that has ended."""
    ending = answer.ending
    if ending is None or ending.error is not None or ending.state != "complete":
        return {"error_code": ending.error.code if ending and ending.error else None}
    sources = {UUID(each["document_id"]) for each in answer.sources or () if each.get("document_id")}
    failures = checks.failures(answer.text(), ending.outcome, sources)
    return {
        "passed": not failures,
        "failures": [each.model_dump() for each in failures],
        "outcome": ending.outcome,
        "answer": answer.text(),
    }
