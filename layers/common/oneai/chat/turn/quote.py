"""The maximum cost of a question before it is sent."""

from uuid import uuid4

from oneai.chat.attachments.resolve import resolve
from oneai.chat.turn.question import Question
from oneai.chat.turn.requested_answers import (
    names_no_model,
    not_in_plan,
    requested_answer,
    requested_answers,
    sql_arguments,
)
from oneai.errors import InvalidRequest, ModelNotInPlan
from oneai.models import providers
from oneai.plans.model_terms import first_available
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.quota.quoted import Quote


async def quote(principal: Principal, question: Question) -> Quote:
    """Estimates what `admit` would reserve for this question, with the same functions; stores and reserves nothing.

    Refuses as `admit` does, except for exceeded quotas and while another answer is running.
    """
    first_id = question.message_id or uuid4()
    catalogue = await providers.list_models()
    answers = requested_answers(first_id, question, catalogue)
    attachments = await resolve(principal, first_id, question)
    any_model = names_no_model(question)
    while True:
        request, terms, vision_refusal = sql_arguments(question, answers, attachments, any_model=any_model)
        try:
            (row,) = await db.call(
                "select oneai.quote(%s, %s, %s)", [principal.user_id, request, terms], idempotent=True
            )
        except ModelNotInPlan as refusal:
            raise not_in_plan(answers, refusal) from None
        except InvalidRequest as refusal:
            raise refusal if refusal.extra or vision_refusal is None else vision_refusal from None
        if "preferred_models" not in row:
            return Quote.model_validate(row)
        model = first_available(catalogue, row["preferred_models"])
        answers, any_model = [requested_answer(first_id, 1, [model])], False
