"""Users' requests to the sales team, which fill the support queue."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.field_errors import InvalidValue, invalid
from oneai.plans.limits_and_prices import PLANS
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_line, clean_lines, is_blank


def _message(text: str) -> str:
    result = clean_lines(text)
    if is_blank(result):
        raise InvalidValue("empty", "Write what you need.")
    return result


def _company(text: str) -> str | None:
    return clean_line(text) or None


class NewSalesRequest(BaseModel):
    """The body of `POST /api/support/sales`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: Annotated[str, Field(max_length=4_000), AfterValidator(_message)] = Field(description="What you need.")
    plan_id: str = Field(default="enterprise", max_length=100, description="The plan that it is about.")
    seats: int | None = Field(default=None, ge=1, le=100_000, description="For how many people.")
    company: Annotated[str, Field(max_length=200), AfterValidator(_company)] | None = Field(
        default=None, description="The name of the company."
    )


class SalesRequest(BaseModel):
    """A request that waits for an answer by email."""

    id: UUID = Field(description="Its id.")
    created_at: datetime = Field(description="When it was made.")
    due_at: datetime = Field(description="By when it is answered, which follows from the plan.")


async def ask_sales(principal: Principal, new: NewSalesRequest) -> SalesRequest:
    """Adds a request to the support queue. Raises InvalidRequest for an unknown or free plan, and RateLimited after
    five of a user within a day."""
    if new.plan_id not in PLANS or PLANS[new.plan_id].free:
        raise invalid("plan_id", "unknown_plan", "There is no such plan to buy.")
    (result,) = await db.call(
        "select oneai.ask_sales(%s, %s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, new.plan_id, new.seats, new.company, new.message],
    )
    return SalesRequest.model_validate(result)
