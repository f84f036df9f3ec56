"""Routes for what admins do to accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from staff import Admin

from oneai.accounts import suspension
from oneai.accounts.suspension import SuspensionReason

router = APIRouter(tags=["Admin"])

UserId = Annotated[UUID, Path(description="The user's id.")]


@router.post("/admin/users/{id}/suspend", summary="Suspend a user", status_code=204)
async def suspend_user(admin: Admin, id: UserId, body: SuspensionReason) -> None:
    """Refuses the user everywhere at once. It ends no subscription: charges go on until it is cancelled."""
    await suspension.suspend(id, body.reason, admin.user_id)


@router.post("/admin/users/{id}/unsuspend", summary="End a suspension", status_code=204)
async def unsuspend_user(admin: Admin, id: UserId, body: SuspensionReason) -> None:
    """The user is served again."""
    await suspension.unsuspend(id, body.reason, admin.user_id)
