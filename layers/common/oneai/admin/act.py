"""An action of an admin, or of an operator's command: one transaction that makes a change and records it."""

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
        raise InvalidValue("empty", "A reason is required.")
    return result


type Reason = Annotated[str, Field(max_length=REASON_CHARACTERS), AfterValidator(_reason)]


class ActReason(BaseModel):
    """The body of every action of an admin; many have more fields."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Reason = Field(description="Why, for the audit log; the user does not see it.")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an admin by user id, or an operator by name, with the command and its host as `origin`."""

    kind: Literal["admin", "operator"]
    name: str
    origin: str | None = None

    @classmethod
    def admin(cls, user_id: UUID) -> "Actor":
        """The admin who sends a request."""
        return cls("admin", str(user_id))

    @classmethod
    def operator(cls, operator: Operator) -> "Actor":
        """The operator who runs a command."""
        return cls("operator", operator.name, operator.origin)

    @property
    def user_id(self) -> UUID | None:
        """The admin's user id; None for an operator."""
        return UUID(self.name) if self.kind == "admin" else None


@dataclass(frozen=True, slots=True)
class Act:
    """A running action. Its change and its row in the audit log are committed together."""

    transaction: Transaction
    actor: Actor
    reason: str | None

    async def call(self, query: LiteralString, params: Sequence[Any]) -> Any:
        """Runs a statement and returns its first row, or None."""
        return await self.transaction.call(query, params)

    async def record(
        self,
        action: AuditAction,
        *,
        user_id: UUID | None = None,
        target: tuple[str, object] | None = None,
        **detail: Any,
    ) -> None:
        """Records the action. `user_id` is the account that it concerns. `target` is the kind and the id of what
        changed, by default the account. `detail` is JSON; it must contain neither credentials nor what people wrote."""
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
    """Opens a transaction as `oneai_admin`, which commits at its end and rolls back on an error.

    The caller checks an admin's role first (`roles.require_admin`). Raises our errors.
    """
    async with db.transaction() as transaction:
        await transaction.call("select set_config('role', 'oneai_admin', true)", [])
        yield Act(transaction, actor, reason)
