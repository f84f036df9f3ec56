"""Deletion of the user's own account: preview it, request it, and undo it within the grace period.

`deletion_job` deletes the account after the grace period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing.credit_deletion import DeletedCredits, preview_deleted_credits
from oneai.errors import Unauthenticated
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_code

# The confirmation for an account without an email address.
WORD = "DELETE"


@dataclass(frozen=True)
class DeletionSettings:
    """For how many days a deletion can be undone."""

    deletion_grace_days: int = 14


class DeletionRequest(BaseModel):
    """The body of `DELETE /api/user`; a preview does not need one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    confirm: str | None = Field(
        default=None,
        max_length=320,
        description="The account's email address, or `DELETE` if it has none; `preview=1` returns which.",
    )


class DeletionAccepted(BaseModel):
    """A deletion that was requested."""

    deletes_at: datetime = Field(description="When everything is erased; until then `POST /user/restore` undoes it.")


class ErasedData(BaseModel):
    """What is erased, in numbers. The profile, preferences, sessions, keys and mail are erased too."""

    conversations: int = Field(description="Conversations, without temporary ones.")
    messages: int = Field(description="Messages, those of other branches included.")
    api_keys: int = Field(description="API keys. The request revokes them; restoring the account does not undo that.")
    share_links: int = Field(description="Open links. The request closes them.")
    stored_bytes: int = Field(description="Bytes of storage in use, as in `GET /user/quota`.")


class KeptData(BaseModel):
    """What the law requires us to store, in numbers."""

    invoices: int = Field(description="Invoices and credit notes, with the buyer's name and address.")
    payments: int = Field(description="Payments, as recorded at the payment provider.")
    reason: str = Field(description="The reason, as a sentence.")


class DeletionPreview(BaseModel):
    """What deleting the account would do. A preview changes nothing."""

    deletes_at: datetime = Field(description="When everything would be erased, if it were requested now.")
    confirm: str = Field(description="The required value of `confirm`.")
    erased: ErasedData = Field(description="The data that would be erased.")
    kept: KeptData = Field(description="The data that would be kept.")
    credits: DeletedCredits = Field(
        description="What becomes of prepaid credits, also of teams that are deleted with it."
    )
    subscription_ends_at: datetime | None = Field(
        description="Until when the running subscription is paid for: it is not charged again. Null without one, and "
        "where no period is paid for: then it ends at the request."
    )


class _Preview(BaseModel):
    """What `oneai.account_deletion_preview` returns."""

    workspaces: list[UUID]
    as_of: datetime
    email: str | None
    conversations: int
    messages: int
    api_keys: int
    share_links: int
    stored_bytes: int
    invoices: int
    payments: int
    subscription_ends_at: datetime | None


KEPT_BECAUSE = "Tax law requires us to store invoices and their payments. We delete all other data about you."


async def preview_deletion(principal: Principal) -> DeletionPreview:
    """Returns what deleting this account would remove. Read-only. Raises Unauthenticated for an unknown user."""
    data = await _preview(principal)
    grace = timedelta(days=settings.read(DeletionSettings).deletion_grace_days)
    return DeletionPreview(
        deletes_at=data.as_of.replace(microsecond=0) + grace,
        confirm=data.email or WORD,
        erased=ErasedData.model_validate(data.model_dump(include=set(ErasedData.model_fields))),
        kept=KeptData(invoices=data.invoices, payments=data.payments, reason=KEPT_BECAUSE),
        credits=await preview_deleted_credits(data.workspaces),
        subscription_ends_at=data.subscription_ends_at,
    )


async def request_deletion(principal: Principal, request: DeletionRequest) -> DeletionAccepted:
    """Starts the grace period: stops running answers and ends the subscription with its period.

    Raises InvalidRequest if `confirm` is not the account's address (in any case), or `DELETE` for an account without
    one.
    """
    if request.confirm is None:
        raise invalid("confirm", "required", "Confirm with the account's email address.")
    data = await _preview(principal)
    if data.email is None and clean_code(request.confirm) != WORD:
        raise invalid("confirm", "mismatch", f"To delete this account, confirm with {WORD}.")
    if data.email is not None and clean_code(request.confirm).casefold() != data.email.casefold():
        raise invalid("confirm", "mismatch", "To delete this account, confirm with its email address.")
    grace_days = settings.read(DeletionSettings).deletion_grace_days
    (deletes_at,) = await db.call(
        "select oneai.request_account_deletion(%s, %s)",
        [principal.user_id, grace_days],
        idempotent=True,
    )
    return DeletionAccepted(deletes_at=deletes_at)


async def restore_account(principal: Principal) -> None:
    """Undoes a requested deletion, if there is one, and that of the teams which it included. Raises DeletionFinal after
    the grace period."""
    from oneai import billing

    (teams,) = await db.call("select oneai.teams_deleted_with(%s)", [principal.user_id], idempotent=True)
    await billing.record_wish(principal.user_id, "select oneai.restore_account(%s)", [principal.user_id])
    for team in teams:
        await billing.record_wish(team, "select oneai.restore_workspace(%s, %s)", [principal.user_id, team])


async def _preview(principal: Principal) -> _Preview:
    (row,) = await db.call("select oneai.account_deletion_preview(%s)", [principal.user_id], idempotent=True)
    if row is None:
        raise Unauthenticated
    return _Preview.model_validate(row)
