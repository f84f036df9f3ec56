"""Routes behind the links of mail: to unsubscribe, and to confirm a visitor's address."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from oneai import notifications
from oneai.http.fastapi_app import PUBLIC
from oneai.notifications import unsubscribe_pages

# The page posts only to itself and never leaks its URL, which contains the token.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}
# For browsers.
OR_A_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}

Token = Annotated[str, Query(min_length=1, max_length=100, description="From the link in the email.")]

router = APIRouter(tags=["Mail"])


class Unsubscribed(BaseModel):
    """What has ended."""

    unsubscribed: str = Field(
        description="The kind of email that was turned off: `quota`, `summary` or `product`, or about one workspace "
        "`handoff`, `budget` or `weekly`, or `visitor` for all emails from a chat's team."
    )


@router.get("/mail/unsubscribe", summary="Show the page to unsubscribe on", response_class=HTMLResponse)
async def ask_to_unsubscribe() -> Response:
    """Shows a page with a button that unsubscribes from this kind of email. Opening it changes and reveals nothing."""
    return HTMLResponse(unsubscribe_pages.QUESTION, headers=HEADERS)


@router.post(
    "/mail/unsubscribe",
    dependencies=[PUBLIC],
    summary="Unsubscribe from a kind of email",
    response_model=Unsubscribed,
    responses=OR_A_PAGE,
)
async def unsubscribe(request: Request, token: Token) -> Response:
    """Unsubscribes from the kind of email with this token, as mail programs do by RFC 8058. Idempotent."""
    topic = await notifications.unsubscribe(token)
    if "text/html" in request.headers.get("accept", ""):
        done = unsubscribe_pages.VISITOR_DONE if topic == "visitor" else unsubscribe_pages.DONE
        return HTMLResponse(done, headers=HEADERS)
    return Response(Unsubscribed(unsubscribed=topic).model_dump_json(), media_type="application/json", headers=HEADERS)


@router.get("/mail/confirm", summary="Show the page to confirm an address on", response_class=HTMLResponse)
async def ask_to_confirm_address() -> Response:
    """Shows a page with a button that confirms a visitor's address. Opening it changes and reveals nothing."""
    return HTMLResponse(unsubscribe_pages.CONFIRM, headers=HEADERS)


@router.post("/mail/confirm", dependencies=[PUBLIC], summary="Confirm a visitor's address", response_class=HTMLResponse)
async def confirm_visitor_address(token: Token) -> Response:
    """Confirms the address to which the email with this token went in the last 24 hours, for the one chat in which it
    was left. Idempotent."""
    await notifications.confirm_address(token)
    return HTMLResponse(unsubscribe_pages.CONFIRMED, headers=HEADERS)
