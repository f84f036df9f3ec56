"""How a workspace uses its credits: what pays its answers, its limits of a month, and what was used."""

import json
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.usage.date_range import DateRange

PaymentSource = Literal["own_key", "plan", "credits"]
LimitKind = Literal["chatbot", "member", "api_key"]
CreditUsageBy = Literal["day", "model", "chatbot", "member", "api_key"]

# Micro-dollars: a million dollars.
MOST = 1_000_000_000_000
MAX_LIMITS = 1_000
MAX_CHATBOTS = 1_000


class ChatbotSource(BaseModel):
    """What alone pays a chatbot's answers."""

    model_config = ConfigDict(extra="forbid")

    chatbot_id: UUID = Field(description="The chatbot.")
    source: PaymentSource = Field(
        description="`own_key`: the workspace's own keys for providers; `plan`: units of the plan; `credits`: prepaid "
        "credits."
    )


class PaymentSources(BaseModel):
    """What pays the answers of a workspace."""

    model_config = ConfigDict(extra="forbid")

    order: Annotated[list[PaymentSource], Field(min_length=1, max_length=3)] = Field(
        description="The sources in their order. Each pays what those before it cannot, but none after an own key: a "
        "key that is refused or has reached a limit refuses the answer. Where `own_key` is missing, own keys come "
        "first."
    )
    chatbots: Annotated[list[ChatbotSource], Field(max_length=MAX_CHATBOTS)] = Field(
        description="Chatbots with one source alone; the others are paid in the order of the workspace."
    )

    @field_validator("order")
    @classmethod
    def _names_each_once(cls, value: list[PaymentSource]) -> list[PaymentSource]:
        if len(set(value)) < len(value):
            raise InvalidValue("repeated", "Each source may occur once.")
        return value

    @field_validator("chatbots")
    @classmethod
    def _has_each_once(cls, value: list[ChatbotSource]) -> list[ChatbotSource]:
        if len({each.chatbot_id for each in value}) < len(value):
            raise InvalidValue("repeated", "Each chatbot may occur once.")
        return value


class NewCreditLimit(BaseModel):
    """The most that a chatbot, a member or an API key may use of the credits in a month."""

    model_config = ConfigDict(extra="forbid")

    limit: LimitKind = Field(description="Whose limit it is.")
    limit_id: UUID = Field(description="The id of the chatbot, of the member's user, or of the API key.")
    micro_usd_per_month: Annotated[int, Field(strict=True, ge=0, le=MOST)] = Field(
        description="Micro-dollars of credits in a month of the workspace's time zone."
    )


class CreditLimits(BaseModel):
    """The body of `PUT /api/credits/limits`: it replaces all limits."""

    model_config = ConfigDict(extra="forbid")

    limits: Annotated[list[NewCreditLimit], Field(max_length=MAX_LIMITS)] = Field(
        description="All limits. They move no money, and may add up to more than the balance."
    )

    @field_validator("limits")
    @classmethod
    def _has_each_once(cls, value: list[NewCreditLimit]) -> list[NewCreditLimit]:
        if len({(each.limit, each.limit_id) for each in value}) < len(value):
            raise InvalidValue("repeated", "Each may have one limit.")
        return value


class CreditLimit(BaseModel):
    """A limit with what is used of it."""

    limit: LimitKind = Field(description="Whose limit it is.")
    limit_id: UUID = Field(description="The id of the chatbot, of the member's user, or of the API key.")
    micro_usd_per_month: int = Field(description="Micro-dollars of credits in a month.")
    spent_micro_usd: int = Field(description="What was charged in this month, and what open answers hold.")
    resets_at: datetime = Field(description="When the next month starts.")


class CreditLimitList(BaseModel):
    """The limits of a workspace's credits."""

    items: list[CreditLimit] = Field(description="The limits.")


class CreditUsageItem(BaseModel):
    """What credits paid, of one day, model, chatbot, member or API key."""

    key: str | None = Field(description="The day, the model's id, or the other's id; null: of none.")
    answers: int = Field(description="Answers, and requests without one.")
    cost_micro_usd: int = Field(description="What they cost.")
    charged_micro_usd: int = Field(description="What credits were charged.")


class CreditUsage(BaseModel):
    """What credits paid in a range of dates."""

    since: datetime = Field(description="The start.")
    until: datetime = Field(description="The end, exclusive.")
    charged_micro_usd: int = Field(description="What credits were charged in all.")
    items: list[CreditUsageItem] = Field(description="Days in their order; else what was charged most first.")


async def read_sources(principal: Principal) -> PaymentSources:
    """Returns what pays the answers of the request's workspace."""
    (found,) = await db.call("select oneai.read_payment_sources(%s)", [principal.user_id], idempotent=True)
    return PaymentSources(**found)


async def set_sources(principal: Principal, sources: PaymentSources) -> PaymentSources:
    """Sets what pays the answers of the request's workspace. Raises ChatbotNotFound."""
    chatbots = json.dumps([each.model_dump(mode="json") for each in sources.chatbots])
    (found,) = await db.call(
        "select oneai.set_payment_sources(%s, %s, %s)", [principal.user_id, sources.order, chatbots], idempotent=True
    )
    return PaymentSources(**found)


async def list_limits(principal: Principal) -> CreditLimitList:
    """Returns the limits of the request's workspace."""
    (found,) = await db.call("select oneai.list_credit_limits(%s)", [principal.user_id], idempotent=True)
    return CreditLimitList(items=found)


async def set_limits(principal: Principal, limits: CreditLimits) -> CreditLimitList:
    """Replaces the limits of the request's workspace. Raises NotFound for what it does not have."""
    new = json.dumps([each.model_dump(mode="json") for each in limits.limits])
    (found,) = await db.call("select oneai.set_credit_limits(%s, %s)", [principal.user_id, new], idempotent=True)
    return CreditLimitList(items=found)


async def usage(principal: Principal, dates: DateRange, by: CreditUsageBy) -> CreditUsage:
    """Returns what credits paid in the request's workspace, as far back as `GET /user/usage/export` has usage."""
    (items,) = await db.call(
        "select oneai.credit_usage(%s, %s, %s, %s, %s)",
        [principal.user_id, dates.since, dates.until, dates.tz, by],
        idempotent=True,
    )
    charged = sum(each["charged_micro_usd"] for each in items)
    return CreditUsage(since=dates.since, until=dates.until, charged_micro_usd=charged, items=items)
