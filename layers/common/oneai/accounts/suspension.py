"""Suspending users: they are refused everywhere at once, but for what concerns their money and their data.

A suspension ends no subscription: charges go on until it is cancelled.
"""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.errors import InvalidRequest
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.text import replace_nul

REASON_CHARACTERS = 1_000


def _reason(text: str) -> str:
    result = replace_nul(text).strip()
    if not result:
        raise InvalidValue("empty", "A reason is needed, for those who ask later.")
    return result


class SuspensionReason(BaseModel):
    """The body of `POST /api/admin/users/{id}/suspend` and `/unsuspend`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Annotated[str, Field(max_length=REASON_CHARACTERS), AfterValidator(_reason)] = Field(
        description="Why, for operators; the user does not see it."
    )


async def suspend(user_id: UUID, reason: str, actor: UUID | None = None) -> bool:
    """Suspends a user; `actor` is the admin who does it, None an operator. False where they were suspended already.

    Raises NotFound for an unknown user, and InvalidRequest for an admin who would suspend themselves.
    """
    if actor == user_id:
        raise InvalidRequest("You cannot suspend yourself.")
    (changed,) = await db.call("select oneai.suspend_user(%s, %s, %s)", [actor, user_id, reason])
    return bool(changed)


async def unsuspend(user_id: UUID, reason: str, actor: UUID | None = None) -> bool:
    """Ends a suspension. False where the user was not suspended. Raises NotFound for an unknown user."""
    (changed,) = await db.call("select oneai.unsuspend_user(%s, %s, %s)", [actor, user_id, reason])
    return bool(changed)
