"""The route by which users write to the sales team."""

from fastapi import APIRouter

from oneai.accounts.sales_request import NewSalesRequest, SalesRequest, ask_sales
from oneai.http.fastapi_app import CurrentUser

router = APIRouter(tags=["Account"])


@router.post("/support/sales", summary="Contact sales", status_code=201)
async def contact_sales(user: CurrentUser, body: NewSalesRequest) -> SalesRequest:
    """Asks for a plan that has no price here. An answer by email is due at `due_at`, which follows from the current
    plan. 429 `rate_limited` after five within a day."""
    return await ask_sales(user, body)
