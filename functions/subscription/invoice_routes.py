"""Routes for billing details and invoices. `/billing/invoices` is another address of their list."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from oneai.billing import invoices
from oneai.billing.invoices import BillingDetails, Invoice, InvoicePage, NewBillingDetails
from oneai.http import edge
from oneai.http.fastapi_app import Cursor, Limit, Manager, ManagerInAnyState, Spender

InvoiceId = Annotated[UUID, Path(description="The id of the invoice or credit note.")]
PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document as a file.", "content": {"application/pdf": {"schema": {"type": "string"}}}}
}

router = APIRouter(tags=["Invoices"])


@router.get("/subscription/billing-details", summary="Get the billing details")
async def get_billing_details(request: Request, user: Manager) -> BillingDetails:
    """Returns the buyer of your invoices; fields are null until you set them."""
    return _seen_from(request, await invoices.read_billing_details(user))


@router.put("/subscription/billing-details", summary="Set the billing details")
async def put_billing_details(request: Request, user: Spender, new: NewBillingDetails) -> BillingDetails:
    """Sets the buyer of your invoices and replaces all previous details. Issued invoices do not change."""
    return _seen_from(request, await invoices.save_billing_details(user, new))


@router.get("/subscription/invoice", summary="List invoices and credit notes")
@router.get(
    "/billing/invoices",
    summary="List invoices and credit notes (billing)",
    operation_id="list_invoices_of_billing",
)
async def list_invoices(user: ManagerInAnyState, limit: Limit = 20, cursor: Cursor = None) -> InvoicePage:
    """Lists your invoices and credit notes, newest first."""
    return await invoices.list_invoices(user, limit, cursor)


@router.get("/subscription/invoice/{id}", summary="Get an invoice or credit note")
async def get_invoice(user: ManagerInAnyState, id: InvoiceId) -> Invoice:
    """One of them."""
    return await invoices.find_invoice(user, id)


@router.get(
    "/subscription/invoice/{id}/pdf",
    summary="Get an invoice or credit note as a PDF",
    response_class=Response,
    response_model=None,
    responses=PDF,
)
async def print_invoice(user: ManagerInAnyState, id: InvoiceId) -> Response:
    """Returns a document as a PDF."""
    printed = await invoices.print_invoice(user, id)
    headers = {"content-disposition": f'attachment; filename="{printed.name}"'}
    return Response(printed.body, 200, headers, "application/pdf")


def _seen_from(request: Request, details: BillingDetails) -> BillingDetails:
    """The details, with the country of the request's network."""
    return details.model_copy(update={"network_country": edge.country_of(request)})
