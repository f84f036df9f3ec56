"""The public route of the ledger's roots."""

from fastapi import APIRouter, Request, Response

from oneai.billing import ledger_roots
from oneai.billing.ledger_roots import LedgerRootPage
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC, Cursor, Limit

router = APIRouter(tags=["Credits"])


@router.get(
    "/ledger/roots",
    dependencies=[PUBLIC],
    summary="List the roots of the ledger",
    response_model=LedgerRootPage,
    responses=CACHEABLE,
)
async def list_ledger_roots(request: Request, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """Lists the daily signed roots over the chains of all workspaces, newest first. Public."""
    return cacheable(request, (await ledger_roots.list_roots(limit, cursor)).model_dump_json().encode())
