"""The routes about mail: what one wants to get, and the link in each that ends it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from oneai import notifications
from oneai.notifications import PreferenceChanges, Preferences, unsubscribing
from oneai.web import CurrentUser

# The page sends nothing anywhere but here, and tells nobody the address it stands at, which is a key.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}
# Somebody who presses the button in a browser.
OR_A_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}

router = APIRouter()


class Unsubscribed(BaseModel):
    """The notifications that have ended: `quota`, `summary` or `product`."""

    unsubscribed: str


@router.get("/user/preferences")
async def get_preferences(user: CurrentUser) -> Preferences:
    """What you are mailed about, and in which language."""
    return await notifications.preferences(user)


@router.patch("/user/preferences")
async def change_preferences(user: CurrentUser, changes: PreferenceChanges) -> Preferences:
    """Change some of it; what you do not name stays."""
    return await notifications.prefer(user, changes)


@router.get("/mail/unsubscribe", response_class=HTMLResponse)
async def ask_to_unsubscribe() -> Response:
    """A page with a button that ends the mail it was reached from. Looking at it changes nothing and shows nothing."""
    return HTMLResponse(unsubscribing.QUESTION, headers=HEADERS)


@router.post("/mail/unsubscribe", response_model=Unsubscribed, responses=OR_A_PAGE)
async def unsubscribe(request: Request, token: Annotated[str, Query(min_length=1, max_length=100)]) -> Response:
    """End the kind of mail this token came in, as RFC 8058 has mail programs do it; again changes nothing."""
    topic = await notifications.unsubscribe(token)
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(unsubscribing.DONE, headers=HEADERS)
    return Response(Unsubscribed(unsubscribed=topic).model_dump_json(), media_type="application/json", headers=HEADERS)
