"""Routes for the widgets of chatbots, which strangers call. Their questions are in the function `visitor_chat`."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from oneai.chatbots import sessions
from oneai.chatbots.sessions import NEW_VISITOR, SessionRequest, VisitorSession, WidgetConfiguration
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC

PublicId = Annotated[str, Path(max_length=100, description="The chatbot's id in pages that show it.")]

# A widget shows a change after at most a minute.
SECONDS_CACHED = 60

router = APIRouter(tags=["Widgets"], dependencies=[PUBLIC])


@router.get(
    "/widget/{public_id}",
    summary="Get the configuration of a widget",
    response_model=WidgetConfiguration,
    responses=CACHEABLE,
)
async def show_widget(request: Request, public_id: PublicId) -> Response:
    """Returns what a widget shows of its published chatbot, never its prompt. Public."""
    configuration = await sessions.widget_configuration(public_id)
    return cacheable(request, configuration.model_dump_json().encode(), max_age=SECONDS_CACHED)


@router.post("/widget/{public_id}/sessions", summary="Begin a visitor's session", status_code=201)
async def begin_session(public_id: PublicId, request: SessionRequest = NEW_VISITOR) -> VisitorSession:
    """Begins an hour of a visitor. Nothing is stored before their first message. Public."""
    return await sessions.begin_session(public_id, request)
