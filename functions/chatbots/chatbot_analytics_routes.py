"""Routes for the figures of chatbots."""

from typing import Annotated, Any, Literal
from uuid import UUID

from chatbot_conversation_routes import Reader
from chatbot_routes import ChatbotId
from fastapi import APIRouter, Query, Response

from oneai.chatbots import analytics
from oneai.chatbots.analytics import AnalyticsOverview, ChatbotAnalytics
from oneai.chatbots.analytics_csv import chatbots_csv, days_csv, sources_csv, topics_csv
from oneai.http.usage_query import Since, Until

router = APIRouter(tags=["Chatbots"])

Compare = Annotated[bool, Query(description="Also the figures of the period before, which is as long, in `before`.")]

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/analytics/overview",
    summary="Get the figures of all chatbots",
    response_model=AnalyticsOverview,
    responses=_CSV,
)
async def analytics_overview(
    user: Reader,
    *,
    since: Since = None,
    until: Until = None,
    chatbot_id: Annotated[
        list[UUID],
        Query(
            default_factory=list,
            max_length=50,
            description="Only this chatbot; repeat it to compare several chatbots of a workspace.",
        ),
    ],
    compare: Compare = False,
    format: Annotated[Literal["json", "csv"], Query(description="`csv` returns one of the tables.")] = "json",
    table: Annotated[
        Literal["by_day", "by_chatbot"], Query(description="Which one: a line for each day, or for each chatbot.")
    ] = "by_day",
) -> AnalyticsOverview | Response:
    """Returns what visitors did at the workspace's chatbots in a period, or at those that you choose, by chatbot and by
    day of the workspace's time zone."""
    found = await analytics.overview(user, since, until, chatbot_id, compare=compare)
    if format == "json":
        return found
    return _csv(table, days_csv(found.by_day) if table == "by_day" else chatbots_csv(found.by_chatbot))


@router.get(
    "/analytics/chatbots/{id}",
    summary="Get the analytics of a chatbot",
    response_model=ChatbotAnalytics,
    responses=_CSV,
)
async def chatbot_analytics(
    user: Reader,
    id: ChatbotId,
    *,
    since: Since = None,
    until: Until = None,
    compare: Compare = False,
    format: Annotated[Literal["json", "csv"], Query(description="`csv` returns one of the tables.")] = "json",
    table: Annotated[
        Literal["by_day", "topics", "sources"],
        Query(description="Which one: a line for each day, topic or document."),
    ] = "by_day",
) -> ChatbotAnalytics | Response:
    """Returns what visitors did at a chatbot in a period, by day of its workspace's time zone, and how its answers
    turned out."""
    found = await analytics.of_chatbot(user, id, since, until, compare=compare)
    if format == "json":
        return found
    match table:
        case "topics":
            return _csv(table, topics_csv(found.topics))
        case "sources":
            return _csv(table, sources_csv(found.sources))
        case "by_day":
            return _csv(table, days_csv(found.by_day))


def _csv(table: str, text: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="analytics-{table}.csv"'}
    return Response(text, 200, headers, "text/csv; charset=utf-8")
