"""Prepaid credits as the owners and admins of a workspace read them. docs/decisions/credits.md has the reasons."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.billing.credit_equivalents import CreditEquivalent, equivalents
from oneai.plans.price_of_use import UsePrice
from oneai.postgres import db
from oneai.postgres.db import Principal

type CreditGrantKind = Literal["paid", "bonus", "promotional"]
type TransactionKind = Literal["purchase", "use", "refund", "expiry", "grant", "adjustment"]

_LARGEST_NUMBER = 2**63 - 1


class CreditGrant(BaseModel):
    """Credits of one purchase, bonus or gift."""

    id: UUID = Field(description="Its id.")
    kind: CreditGrantKind = Field(description="`bonus` came with a purchase.")
    remaining_micro_usd: int = Field(description="What is neither used nor held.")
    held_micro_usd: int = Field(description="What answers hold that have not ended.")
    expires_at: datetime = Field(description="When it ends.")
    frozen_at: datetime | None = Field(
        description="Since when it cannot be used: its payment is in dispute or its workspace is being deleted. "
        "Its end moves by that time if it can be used again."
    )


class CreditBalance(BaseModel):
    """What the workspace has in credits, in micro-dollars."""

    available_micro_usd: int = Field(description="What can be used now.")
    held_micro_usd: int = Field(description="What answers hold that have not ended. It is not available.")
    owed_micro_usd: int = Field(description="What was used and is not paid; the next credits pay it.")
    grants: list[CreditGrant] = Field(description="Those that have credits left, in the order in which they are used.")
    equivalents: list[CreditEquivalent] = Field(
        description="What the available credits are worth: of the default model, and of a large one."
    )


class CreditTransaction(BaseModel):
    """One change of the workspace's credits."""

    id: UUID = Field(description="The id of its movement in the ledger.")
    at: datetime = Field(description="When it happened; an end has the time of the end.")
    kind: TransactionKind = Field(description="What it was.")
    amount_micro_usd: int = Field(description="The change, negative if it took credits.")
    balance_micro_usd: int = Field(description="The credits after it, with what answers hold.")
    grant_id: UUID | None = Field(description="The grant that it made or ended.")
    message_id: UUID | None = Field(description="The answer that it paid.")
    chatbot_id: UUID | None = Field(description="The chatbot that answered.")


class CreditTransactionPage(BaseModel):
    """A page of transactions."""

    items: list[CreditTransaction] = Field(description="The transactions, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class LedgerEntry(BaseModel):
    """One entry of the workspace's chain. docs/ledger.md has the bytes of its hash."""

    number: int = Field(description="Its place in the chain, from 1 without a gap.")
    workspace_id: UUID = Field(description="The workspace.")
    movement_id: UUID = Field(description="Its movement, whose entries sum to zero.")
    account: str = Field(description="The account.")
    amount_micro_usd: int = Field(description="The amount.")
    cause: str = Field(description="The cause of the movement.")
    at: datetime = Field(description="When it happened, to the microsecond.")
    previous_hash: str = Field(description="The hash of the entry before; 64 zeros for the first.")
    hash: str = Field(description="Its hash, in hexadecimal.")


class LedgerEntryPage(BaseModel):
    """A page of the workspace's chain."""

    items: list[LedgerEntry] = Field(description="The entries, from the first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def read_balance(principal: Principal) -> CreditBalance:
    """Returns the credits of the request's workspace. Raises WorkspaceNotFound and RoleInsufficient."""
    (found,) = await db.call("select oneai.read_credit_balance(%s)", [principal.user_id], idempotent=True)
    agreed = tuple(UsePrice(**row) for row in found.pop("prices"))
    return CreditBalance(**found, equivalents=await equivalents(found["available_micro_usd"], agreed))


async def list_transactions(principal: Principal, limit: int, cursor: str | None) -> CreditTransactionPage:
    """Returns a page of what changed the credits of the request's workspace. Raises WorkspaceNotFound,
    RoleInsufficient, and InvalidRequest for an invalid cursor."""
    before = None if cursor is None else _number(cursor)
    (rows,) = await db.call(
        "select oneai.list_credit_transactions(%s, %s, %s)", [principal.user_id, before, limit + 1], idempotent=True
    )
    items = [CreditTransaction(**row) for row in rows[:limit]]
    return CreditTransactionPage(items=items, next_cursor=_next(rows, limit))


async def list_entries(principal: Principal, limit: int, cursor: str | None) -> LedgerEntryPage:
    """Returns a page of the chain of the request's workspace. Raises WorkspaceNotFound, RoleInsufficient, and
    InvalidRequest for an invalid cursor."""
    after = 0 if cursor is None else _number(cursor)
    (rows,) = await db.call(
        "select oneai.list_ledger_entries(%s, %s, %s)",
        [principal.user_id, after, limit + 1],
        idempotent=True,
    )
    return LedgerEntryPage(items=[LedgerEntry(**row) for row in rows[:limit]], next_cursor=_next(rows, limit))


def _next(rows: list[dict[str, Any]], limit: int) -> str | None:
    return cursors.encode(rows[limit - 1]["number"]) if len(rows) > limit else None


def _number(cursor: str) -> int:
    (number,) = cursors.decode(cursor, int)
    if not 0 < number <= _LARGEST_NUMBER:
        raise cursors.invalid_cursor()
    return int(number)
