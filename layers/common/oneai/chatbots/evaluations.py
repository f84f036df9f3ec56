"""Evaluations of a chatbot: questions with what has to be in the answer. Adds, lists, changes and deletes them."""

import json
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from oneai.chatbots.evaluation_checks import Checks
from oneai.field_errors import InvalidValue, invalid
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import message_text, one_line

Question = Annotated[
    str, Field(min_length=1, max_length=5000), AfterValidator(message_text), Field(json_schema_extra={"pattern": r"\S"})
]
Part = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Parts = Annotated[list[Part], Field(max_length=10)]
Sources = Annotated[list[UUID], Field(max_length=10)]


class NewEvaluation(Fields):
    """The body of `POST /api/chatbots/{id}/evaluations`."""

    question: Question | None = Field(default=None, description="The question. Send either it or `from_message_id`.")
    from_message_id: UUID | None = Field(
        default=None, description="A visitor's question to this chatbot, or the answer to one, whose question it is."
    )
    must_contain: Parts = Field(default=[], description="Texts that the answer has, whatever their case.")
    must_not_contain: Parts = Field(default=[], description="Texts that it does not have.")
    sources: Sources = Field(default=[], description="Documents that it rests on.")
    must_not_know: bool = Field(
        default=False, description="The outcome is `not_found`. Excludes `must_contain` and `sources`."
    )

    @model_validator(mode="after")
    def _is_one_question_with_checks(self) -> Self:
        if (self.question is None) == (self.from_message_id is None):
            raise InvalidValue("mismatch", "Send either `question` or `from_message_id`.")
        _require_checks(self.checks())
        return self

    def checks(self) -> Checks:
        """What the answer is checked for."""
        return Checks(self.must_contain, self.must_not_contain, self.sources, self.must_not_know)


class EvaluationChanges(Fields):
    """The body of `PATCH /api/chatbots/{id}/evaluations/{evaluation_id}`. Absent fields remain unchanged."""

    question: Question | None = Field(default=None, description="The question.")
    must_contain: Parts | None = Field(default=None, description="Texts that the answer has, whatever their case.")
    must_not_contain: Parts | None = Field(default=None, description="Texts that it does not have.")
    sources: Sources | None = Field(default=None, description="Documents that it rests on.")
    must_not_know: bool | None = Field(default=None, description="Whether the outcome is `not_found`.")


class Evaluation(BaseModel):
    """A question, and what its answer is checked for."""

    id: UUID = Field(description="Its id.")
    question: str = Field(description="The question.")
    must_contain: list[str] = Field(description="Texts that the answer has, whatever their case.")
    must_not_contain: list[str] = Field(description="Texts that it does not have.")
    sources: list[UUID] = Field(description="Documents that it rests on.")
    must_not_know: bool = Field(description="Whether the outcome is `not_found`.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")


class EvaluationList(BaseModel):
    """The evaluations of a chatbot."""

    items: list[Evaluation] = Field(description="All of them, at most fifty, oldest first.")


async def add_evaluation(principal: Principal, chatbot_id: UUID, new: NewEvaluation) -> Evaluation:
    """Adds an evaluation. Raises ChatbotNotFound, RoleInsufficient, EvaluationLimitReached; NotFound for a message that
    is none of a visitor of this chatbot; InvalidRequest for an unknown document."""
    (added,) = await db.call(
        "select oneai.add_evaluation(%s, %s, %s, %s, %s)",
        [principal.user_id, chatbot_id, new.question, new.from_message_id, new.checks().to_json()],
    )
    return Evaluation.model_validate(added)


async def list_evaluations(principal: Principal, chatbot_id: UUID) -> EvaluationList:
    """The evaluations of a chatbot. Raises ChatbotNotFound."""
    (rows,) = await db.call("select oneai.list_evaluations(%s, %s)", [principal.user_id, chatbot_id], idempotent=True)
    return EvaluationList.model_validate({"items": rows})


async def change_evaluation(
    principal: Principal, chatbot_id: UUID, evaluation_id: UUID, changes: EvaluationChanges
) -> Evaluation:
    """Sets the given fields. Raises ChatbotNotFound, NotFound, RoleInsufficient; InvalidRequest for an unknown
    document, and for checks that exclude each other, or that check nothing."""
    sent = changes.model_dump(mode="json", exclude_none=True)
    known = {each.id: each for each in (await list_evaluations(principal, chatbot_id)).items}.get(evaluation_id)
    if known is not None:
        try:
            _require_checks(Checks.parse(known.model_dump(mode="json") | sent))
        except InvalidValue as refusal:
            raise invalid("must_not_know", refusal.code, str(refusal)) from None
    question = sent.pop("question", None)
    (changed,) = await db.call(
        "select oneai.change_evaluation(%s, %s, %s, %s, %s)",
        [principal.user_id, chatbot_id, evaluation_id, question, json.dumps(sent, ensure_ascii=False)],
    )
    return Evaluation.model_validate(changed)


async def delete_evaluation(principal: Principal, chatbot_id: UUID, evaluation_id: UUID) -> None:
    """Deletes an evaluation. Raises ChatbotNotFound, NotFound, RoleInsufficient."""
    await db.call("select oneai.delete_evaluation(%s, %s, %s)", [principal.user_id, chatbot_id, evaluation_id])


def _require_checks(checks: Checks) -> None:
    """Raises InvalidValue for checks that check nothing, and for those that exclude each other."""
    if checks.must_not_know and (checks.must_contain or checks.sources):
        raise InvalidValue("excluded", "`must_not_know` excludes `must_contain` and `sources`.")
    if not (checks.must_not_know or checks.must_contain or checks.must_not_contain or checks.sources):
        raise InvalidValue("required", "An evaluation needs something to check.")
