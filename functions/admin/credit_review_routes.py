"""Routes for prepaid credits: figures, what payments do not explain, and the credits of one workspace."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import workspace_credits
from oneai.admin.act import Actor, ActReason
from oneai.admin.workspace_credits import CreditFigures, NewCreditGrant, UnexplainedCreditsList, WorkspaceCredits

router = APIRouter(tags=["Admin"])

WorkspaceId = Annotated[UUID, Path(description="The workspace's id; a personal one has its user's.")]
GrantId = Annotated[UUID, Path(description="The grant's id.")]
Since = Annotated[date | None, Query(description="The first UTC day; by default 29 days before `until`.")]
Until = Annotated[date | None, Query(description="The last UTC day; by default today.")]


@router.get("/admin/credits/figures", dependencies=[STAFF], summary="Get figures of credits")
async def get_credit_figures(since: Since = None, until: Until = None) -> CreditFigures:
    """Returns what was sold, used, expired and refunded of prepaid credits by day, purchases by currency, what is left,
    and the margin."""
    return await workspace_credits.figures(since, until)


@router.get("/admin/credits/unexplained", dependencies=[STAFF], summary="List unexplained credits")
async def list_unexplained_credits() -> UnexplainedCreditsList:
    """Lists payments and grants of credits that do not explain each other. None is expected."""
    return await workspace_credits.unexplained()


@router.get("/admin/workspaces/{id}/credits", dependencies=[STAFF], summary="Get the credits of any workspace")
async def get_workspace_credits(id: WorkspaceId) -> WorkspaceCredits:
    """Returns the grants of a workspace, what is left of them, and its blocks after lost disputes."""
    return await workspace_credits.credits_of(id)


@router.post("/admin/workspaces/{id}/credits/grant", summary="Give credits", status_code=201)
async def give_credits(admin: Admin, id: WorkspaceId, body: NewCreditGrant) -> WorkspaceCredits:
    """Gives a workspace promotional credits, which are never paid back."""
    return await workspace_credits.grant(Actor.admin(admin.user_id), id, body)


@router.post("/admin/workspaces/{id}/credits/release", summary="Release a block of credits")
async def release_credits(admin: Admin, id: WorkspaceId, body: ActReason) -> WorkspaceCredits:
    """Ends the blocks of a workspace after lost disputes: it can buy and use credits again."""
    return await workspace_credits.release(Actor.admin(admin.user_id), id, body.reason)


@router.post("/admin/credit-grants/{id}/revoke", summary="Take credits back")
async def revoke_credits(admin: Admin, id: GrantId, body: ActReason) -> WorkspaceCredits:
    """Ends a grant and its bonus. What was used stays used. To pay money back, refund the payment instead."""
    return await workspace_credits.revoke(Actor.admin(admin.user_id), id, body.reason)
