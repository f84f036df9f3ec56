"""What a question would cost at most, told before it is sent."""

from uuid import uuid4

from pydantic import BaseModel, Field

from oneai import plans
from oneai.chat.attachments.resolve import resolve
from oneai.chat.turn.admit import in_sql, not_in_plan, want, want_all
from oneai.chat.turn.question import Question
from oneai.clients import openrouter
from oneai.errors import InvalidRequest, ModelNotInPlan
from oneai.postgres import db
from oneai.postgres.db import Person


class QuotedLine(BaseModel):
    """What would be reserved of one quota."""

    quota_key: str = Field(description="The quota.")
    units: int = Field(
        description="What would be reserved of it: messages, under `tokens` tokens, under `cost` micro-dollars."
    )


class Basis(BaseModel):
    """How the cost of one answer was estimated."""

    model: str = Field(description="The model that would be asked.")
    price_version: str = Field(description="Names the prices of that moment.")
    prompt_tokens: int = Field(description="The estimated tokens of the prompt, history included.")
    answer_tokens: int = Field(description="The most tokens the answer may have.")
    max_cost_micro_usd: int = Field(description="What the answer may cost at most, in micro-dollars.")


class Quote(BaseModel):
    """What a question would hold if it were sent just now, and whether that is there."""

    allowed: bool = Field(description="Whether all lines could be reserved just now.")
    lines: list[QuotedLine] = Field(description="What would be reserved, by quota.")
    max_cost_micro_usd: int = Field(description="What all answers may cost at most, in micro-dollars.")
    basis: list[Basis] = Field(description="How that was estimated, an entry for each answer.")


async def quote(person: Person, question: Question) -> Quote:
    """What `admit` would hold for this question, reckoned by the same functions; nothing is stored or held.

    Refuses as `admit` does, but for want of units and while another answer is being written.
    """
    first = question.message_id or uuid4()
    catalogue = await openrouter.list_models()
    wanted = want_all(first, question, catalogue)
    attached = await resolve(person, first, question)
    any_model = not (question.compare or question.model or question.models)
    while True:
        ask, terms, blind = in_sql(question, wanted, attached, any_model=any_model)
        try:
            (told,) = await db.call("select oneai.quote(%s, %s, %s)", [person.user_id, ask, terms], idempotent=True)
        except ModelNotInPlan:
            raise not_in_plan(wanted) from None
        except InvalidRequest as refusal:
            raise refusal if refusal.extra or blind is None else blind from None
        if "usual_models" not in told:
            return Quote.model_validate(told)
        wanted, any_model = [want(first, 1, [plans.first_on_offer(catalogue, told["usual_models"])])], False
