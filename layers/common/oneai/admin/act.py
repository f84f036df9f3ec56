"""An act of an admin, or of an operator with a command: one transaction that changes something and records it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.accounts.audit import AuditAction, Operator
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Transaction
from oneai.text import clean_lines, is_blank

REASON_CHARACTERS = 1_000


def _reason(text: str) -> str:
    result = clean_lines(text)
    if is_blank(result):
        raise InvalidValue("empty", "A reason is needed, for those who ask later.")
    return result


type Reason = Annotated[str, Field(max_length=REASON_CHARACTERS), AfterValidator(_reason)]


class ActReason(BaseModel):
    """The body of every act of an admin; many have more fields."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Reason = Field(description="Why, for the audit log; the user does not see it.")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an admin by their user id, or an operator by name, with the command and the host as `origin`."""

    kind: Literal["admin", "operator"]
    name: str
    origin: str | None = None

    @classmethod
    def admin(cls, user_id: UUID) -> "Actor":
        """The admin of a request."""
        return cls("admin", str(user_id))

    @classmethod
    def operator(cls, operator: Operator) -> "Actor":
        """The operator of a command."""
        return cls("operator", operator.name, operator.origin)

    @property
    def user_id(self) -> UUID | None:
        """An admin's user id; None of an operator."""
        return UUID(self.name) if self.kind == "admin" else None


@dataclass(frozen=True, slots=True)
class Act:
    """A running act. What it changes and its row in the audit log are committed together."""

    transaction: Transaction
    actor: Actor
    reason: str | None

    async def call(self, query: LiteralString, params: Sequence[Any]) -> Any:
        """The first row of a statement, or None."""
        return await self.transaction.call(query, params)

    async def record(
        self,
        action: AuditAction,
        *,
        user_id: UUID | None = None,
        target: tuple[str, object] | None = None,
        **detail: Any,
    ) -> None:
        """Records it. `user_id`: whose account it concerns; `target`: the kind and the id of what was changed, by
        default the account. `detail` is JSON, and holds neither credentials nor what people wrote."""
        if target is None and user_id is not None:
            target = ("user", user_id)
        kind, target_id = target or (None, None)
        await self.transaction.call(
            """
            select oneai.record_audit(%s, %s, %s, %s, %s, %s, %s, p_user_agent => %s, p_detail => %s)
            """,
            [
                self.actor.kind,
                self.actor.name,
                action,
                user_id,
                kind,
                None if target_id is None else str(target_id),
                self.reason,
                self.actor.origin,
                json.dumps(detail, default=str),
            ],
        )


@asynccontextmanager
async def act(actor: Actor, reason: str | None) -> AsyncIterator[Act]:
    """A transaction as `oneai_admin`, which commits at its end and rolls back on an error.

    Of an admin the caller has checked the role (`roles.require_admin`). Raises our errors.
    """
    async with db.transaction() as transaction:
        await transaction.call("select set_config('role', 'oneai_admin', true)", [])
        yield Act(transaction, actor, reason)
