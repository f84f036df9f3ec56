"""Routes for the documents at the widget's own origin, which CloudFront fetches: `/widget/{public_id}` there is
`/widget/{public_id}/frame` here, and `/chat/{public_id}` is `/widget/{public_id}/page`."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from widget_routes import PublicId

from oneai.chatbots import widget_document
from oneai.chatbots.widget_document import WidgetDocument
from oneai.http.fastapi_app import PUBLIC

router = APIRouter(tags=["Widgets"], dependencies=[PUBLIC])

_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


@router.get(
    "/widget/{public_id}/frame",
    summary="Get the document of a widget's frame",
    response_class=HTMLResponse,
    responses=_HTML,
)
async def show_frame(request: Request, public_id: PublicId) -> HTMLResponse:
    """Returns the chat for a frame on the chatbot's websites, which its policy names: `/widget/{public_id}` at the
    widget's own origin. It has no token and is the same for everyone. Public."""
    return _response(await widget_document.frame_document(public_id, _api_address(request)))


@router.get(
    "/widget/{public_id}/page",
    summary="Get the page of a chatbot",
    response_class=HTMLResponse,
    responses=_HTML,
)
async def show_page(request: Request, public_id: PublicId) -> HTMLResponse:
    """Returns the chat as a page of its own, where the chatbot has one: `/chat/{public_id}` at the widget's own origin.
    Public."""
    return _response(await widget_document.page_document(public_id, _api_address(request)))


def _response(document: WidgetDocument) -> HTMLResponse:
    return HTMLResponse(document.html, headers=document.headers)


def _api_address(request: Request) -> str:
    """The API's address, as API Gateway received this request: with the stage, or the path of a domain's mapping."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    path = str(context.get("path", request.url.path))
    return f"https://{context.get('domainName', request.url.netloc)}{path.partition('/widget/')[0]}"
