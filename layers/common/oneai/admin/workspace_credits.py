"""Prepaid credits as operators see and correct them. Money goes back with the refund of a payment (`payments.py`)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin.act import Actor, ActReason, act
from oneai.billing.prepaid_credits import CreditGrantKind
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db

# The largest number of days in figures, and of unexplained items.
MOST_DAYS = 400
MOST_UNEXPLAINED = 200

UnexplainedKind = Literal[
    "payment_without_credits",
    "payment_without_refund",
    "credits_without_payment",
    "refund_not_sent",
    "ledger_of_another_amount",
    "unknown_payment",
]


class CreditDay(BaseModel):
    """The credits of one UTC day, in micro-dollars."""

    day: date = Field(description="The day.")
    sold_micro_usd: int = Field(description="Bought.")
    granted_micro_usd: int = Field(description="Given: bonuses and gifts.")
    used_micro_usd: int = Field(description="Charged for answers.")
    expired_micro_usd: int = Field(description="Ended unused.")
    refunded_micro_usd: int = Field(description="Paid back.")
    voided_micro_usd: int = Field(description="Taken back.")
    cost_micro_usd: int = Field(description="What the answers cost that credits paid.")
    liability_micro_usd: int = Field(description="What workspaces had at its end, bought and given.")


class CreditSales(BaseModel):
    """Purchases of one UTC day in one currency, in its smallest unit."""

    day: date = Field(description="The day.")
    currency: str = Field(description="The currency.")
    purchases: int = Field(description="How many were paid.")
    amount: int = Field(description="What was paid, with tax.")
    tax: int = Field(description="The tax in it.")
    credit_micro_usd: int = Field(description="The credits, without bonuses.")
    refunded: int = Field(description="What was refunded on this day.")


class CreditLiability(BaseModel):
    """Bought credits that are not used, as of now."""

    currency: str = Field(description="The currency that they were bought in.")
    credit_micro_usd: int = Field(description="The credits.")
    amount: int = Field(description="Their price, with tax, in the smallest unit.")


class CreditFigures(BaseModel):
    """What was sold, used and is left of prepaid credits."""

    days: list[CreditDay] = Field(description="Each day, the oldest first.")
    sales: list[CreditSales] = Field(description="By day and currency; days without any are missing.")
    liability: list[CreditLiability] = Field(description="By currency.")
    owed_micro_usd: int = Field(description="What workspaces used and did not pay.")
    used_micro_usd: int = Field(description="What was charged for answers in all days.")
    cost_micro_usd: int = Field(description="What these answers cost.")
    margin_percent: int | None = Field(description="The share of the charge that the cost leaves; null without use.")
    unexplained: int = Field(description="Payments and grants that do not explain each other; 0 is expected.")


class UnexplainedCredits(BaseModel):
    """A payment or a grant of credits that nothing explains."""

    kind: UnexplainedKind = Field(description="What is missing.")
    id: str = Field(
        description="The payment, which is also the id of its grant; of an `unknown_payment` the provider's own id."
    )
    since: datetime = Field(description="Since when.")


class UnexplainedCreditsList(BaseModel):
    """What payments and grants of credits do not explain."""

    items: list[UnexplainedCredits] = Field(description="The oldest first, at most 200.")


class AdminCreditGrant(BaseModel):
    """Credits of one purchase, bonus or gift, in micro-dollars."""

    id: UUID = Field(description="Its id; that of a purchase is its payment's.")
    kind: CreditGrantKind = Field(description="`bonus` came with a purchase.")
    granted_micro_usd: int = Field(description="What it was.")
    remaining_micro_usd: int = Field(description="What is neither used nor held.")
    held_micro_usd: int = Field(description="What answers hold that have not ended.")
    used_micro_usd: int = Field(description="What answers used.")
    granted_at: datetime = Field(description="When it came.")
    expires_at: datetime = Field(description="When it ends.")
    ended_at: datetime | None = Field(description="When it was refunded or taken back.")
    frozen_at: datetime | None = Field(description="Since when it cannot be used: a dispute, or a deletion.")


class CreditBlock(BaseModel):
    """A lost dispute that ends buying and using credits."""

    payment_id: UUID = Field(description="The payment.")
    blocked_at: datetime = Field(description="Since when.")


class WorkspaceCredits(BaseModel):
    """The credits of one workspace, in micro-dollars."""

    workspace_id: UUID = Field(description="The workspace.")
    available_micro_usd: int = Field(description="What can be used now.")
    held_micro_usd: int = Field(description="What answers hold.")
    owed_micro_usd: int = Field(description="What was used and is not paid.")
    buying_limit_micro_usd: int | None = Field(description="What may be bought in thirty days, if an operator set it.")
    grants: list[AdminCreditGrant] = Field(description="All, the newest first.")
    blocks: list[CreditBlock] = Field(description="Those that are not released.")


class NewCreditGrant(ActReason):
    """The body of `POST /api/admin/workspaces/{id}/credits/grant`."""

    micro_usd: Annotated[int, Field(ge=1, le=10**10)] = Field(description="The credits.")
    days: Annotated[int, Field(ge=1, le=3_650)] = Field(default=365, description="For how many days.")


async def figures(since: date | None, until: date | None) -> CreditFigures:
    """The figures of UTC days, by default the last thirty. Raises InvalidRequest for a range that is not one."""
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    last = until or now.date()
    first = since or last - timedelta(days=29)
    if first > last or (last - first).days >= MOST_DAYS:
        raise invalid("since", "invalid", f"Choose from 1 to {MOST_DAYS} days.")
    (found,) = await db.call("select oneai.credit_figures(%s, %s)", [first, last], idempotent=True)
    used = sum(int(each["used_micro_usd"]) for each in found["days"])
    cost = sum(int(each["cost_micro_usd"]) for each in found["days"])
    return CreditFigures(
        **found,
        used_micro_usd=used,
        cost_micro_usd=cost,
        margin_percent=None if used <= 0 else round((used - cost) * 100 / used),
        unexplained=len((await unexplained()).items),
    )


async def unexplained() -> UnexplainedCreditsList:
    """Payments and grants of credits that do not explain each other."""
    (rows,) = await db.call("select oneai.unexplained_credits(%s)", [MOST_UNEXPLAINED], idempotent=True)
    return UnexplainedCreditsList.model_validate({"items": rows})


async def credits_of(workspace_id: UUID) -> WorkspaceCredits:
    """The credits of a workspace. Raises NotFound."""
    (found,) = await db.call("select oneai.credits_of_workspace(%s)", [workspace_id], idempotent=True) or (None,)
    if found is None:
        raise NotFound
    return WorkspaceCredits.model_validate(found)


async def grant(actor: Actor, workspace_id: UUID, new: NewCreditGrant) -> WorkspaceCredits:
    """Gives a workspace promotional credits. Raises NotFound."""
    async with act(actor, new.reason) as running:
        (made,) = await running.call("select oneai.give_credits(%s, %s, %s)", [workspace_id, new.micro_usd, new.days])
        if made is None:
            raise NotFound
        await running.record(
            "credits.grant",
            target=("workspace", workspace_id),
            grant=made,
            micro_usd=new.micro_usd,
            days=new.days,
        )
    return await credits_of(workspace_id)


async def revoke(actor: Actor, grant_id: UUID, reason: str) -> WorkspaceCredits:
    """Ends a grant and its bonus; what was used of it stays used. Raises NotFound."""
    async with act(actor, reason) as running:
        (workspace_id,) = await running.call("select oneai.revoke_credits(%s)", [grant_id])
        if workspace_id is None:
            raise NotFound
        await running.record("credits.revoke", target=("workspace", workspace_id), grant=grant_id)
    return await credits_of(workspace_id)


async def release(actor: Actor, workspace_id: UUID, reason: str) -> WorkspaceCredits:
    """Ends a workspace's blocks after lost disputes. Raises NotFound if it has none."""
    async with act(actor, reason) as running:
        (released,) = await running.call("select oneai.release_credits(%s)", [workspace_id])
        if not released:
            raise NotFound
        await running.record("credits.release", target=("workspace", workspace_id), blocks=released)
    return await credits_of(workspace_id)
