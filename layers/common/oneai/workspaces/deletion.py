"""Deletion of a team by an owner: preview it, request it, and undo it within the grace period.

`accounts.team_deletion_job` erases the team after the grace period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing.credit_deletion import DeletedCredits, preview_deleted_credits
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspace_errors import PersonalWorkspace


@dataclass(frozen=True)
class WorkspaceDeletionSettings:
    """For how many days the deletion of a team can be undone."""

    workspace_deletion_grace_days: int = 30


class WorkspaceDeletionRequest(BaseModel):
    """The body of `DELETE /api/workspaces/{id}`; a preview does not need one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    confirm: str | None = Field(default=None, max_length=100, description="The workspace's slug.")


class WorkspaceDeletionAccepted(BaseModel):
    """A deletion that was requested."""

    deletes_at: datetime = Field(
        description="When everything is erased; until then `POST /workspaces/{id}/restore` undoes it."
    )


class ErasedWorkspaceData(BaseModel):
    """What is erased, in numbers. Settings and memberships are erased too."""

    members: int = Field(description="Members, who lose access at the request.")
    conversations: int = Field(description="Conversations of all members, without temporary ones.")
    documents: int = Field(description="Documents.")
    api_keys: int = Field(description="API keys. The request revokes them; restoring does not undo that.")
    stored_bytes: int = Field(description="Bytes of storage in use.")


class KeptWorkspaceData(BaseModel):
    """What is stored on, in numbers. The audit log is stored too, with ids alone."""

    invoices: int = Field(description="Invoices and credit notes, with the buyer's name and address.")
    payments: int = Field(description="Payments, as recorded at the payment provider.")
    reason: str = Field(description="The reason, as a sentence.")


class WorkspaceDeletionPreview(BaseModel):
    """What deleting the workspace would do. A preview changes nothing."""

    deletes_at: datetime = Field(description="When everything would be erased, if it were requested now.")
    confirm: str = Field(description="The required value of `confirm`.")
    erased: ErasedWorkspaceData = Field(description="The data that would be erased.")
    kept: KeptWorkspaceData = Field(description="The data that would be kept.")
    credits: DeletedCredits = Field(description="What becomes of prepaid credits.")
    subscription_ends_at: datetime | None = Field(
        description="Until when the running subscription is paid for: it is not charged again. Null without one, and "
        "where no period is paid for: then it ends at the request."
    )


class _Preview(BaseModel):
    """What `oneai.workspace_deletion_preview` returns."""

    id: UUID
    as_of: datetime
    kind: str
    slug: str | None
    deletes_at: datetime | None
    members: int
    conversations: int
    documents: int
    api_keys: int
    stored_bytes: int
    invoices: int
    payments: int
    subscription_ends_at: datetime | None


KEPT_BECAUSE = "Tax law requires us to store invoices and their payments. We delete all other data of the workspace."
PERSONAL = "Your personal workspace is deleted with your account."


async def preview_workspace_deletion(principal: Principal, reference: str) -> WorkspaceDeletionPreview:
    """Returns what deleting this workspace would remove. Read-only. Raises WorkspaceNotFound, RoleInsufficient, and
    PersonalWorkspace."""
    (row,) = await db.call(
        "select oneai.workspace_deletion_preview(%s, %s)", [principal.user_id, reference], idempotent=True
    )
    if row is None:
        raise NotFound
    data = _Preview.model_validate(row)
    if data.kind == "personal":
        raise PersonalWorkspace(PERSONAL)
    grace = timedelta(days=settings.read(WorkspaceDeletionSettings).workspace_deletion_grace_days)
    return WorkspaceDeletionPreview(
        deletes_at=data.deletes_at or data.as_of.replace(microsecond=0) + grace,
        confirm=data.slug or "",
        erased=ErasedWorkspaceData.model_validate(data.model_dump(include=set(ErasedWorkspaceData.model_fields))),
        kept=KeptWorkspaceData(invoices=data.invoices, payments=data.payments, reason=KEPT_BECAUSE),
        credits=await preview_deleted_credits([data.id]),
        subscription_ends_at=data.subscription_ends_at,
    )


async def request_workspace_deletion(
    principal: Principal, reference: str, request: WorkspaceDeletionRequest
) -> WorkspaceDeletionAccepted:
    """Starts the grace period: stops running answers, revokes API keys, ends invitations, and cancels the subscription
    with its period.

    Raises InvalidRequest if `confirm` is not the slug (in any case), WorkspaceNotFound, RoleInsufficient, and
    PersonalWorkspace.
    """
    if request.confirm is None:
        raise invalid("confirm", "required", "Confirm with the workspace's slug.")
    grace_days = settings.read(WorkspaceDeletionSettings).workspace_deletion_grace_days
    (deletes_at,) = await db.call(
        "select oneai.request_workspace_deletion(%s, %s, %s, %s)",
        [principal.user_id, reference, request.confirm, grace_days],
        idempotent=True,
    )
    return WorkspaceDeletionAccepted(deletes_at=deletes_at)


async def restore_workspace(principal: Principal, reference: str) -> None:
    """Undoes a requested deletion, if there is one. Raises DeletionFinal after the grace period, WorkspaceNotFound and
    RoleInsufficient."""
    from oneai import billing

    (workspace_id,) = await db.call(
        "select oneai.owned_workspace(%s, %s)", [principal.user_id, reference], idempotent=True
    )
    await billing.record_wish(workspace_id, "select oneai.restore_workspace(%s, %s)", [principal.user_id, workspace_id])
