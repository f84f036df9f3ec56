"""Routes for the widgets of chatbots, which strangers call. Their questions are in the function `visitor_chat`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from oneai.chatbots import reports, sessions, visitor_conversations, visitor_feedback
from oneai.chatbots import visitor as visitors
from oneai.chatbots.reports import ChatbotReport
from oneai.chatbots.sessions import NEW_VISITOR, SessionRequest, VisitorSession, WidgetConfiguration
from oneai.chatbots.visitor import Visitor
from oneai.chatbots.visitor_conversations import VisitorConversationList, VisitorMessageList
from oneai.chatbots.visitor_feedback import ConversationScore, Lead, NewLead, VisitorRating
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC
from oneai.http.rate_limits import network_of
from oneai.inbox import handoff, visitor_mail
from oneai.inbox.handoff import ConversationStatus
from oneai.inbox.visitor_mail import MailAddress, MailStatus

PublicId = Annotated[str, Path(max_length=100, description="The chatbot's id in pages that show it.")]

# A widget shows a change after at most a minute.
SECONDS_CACHED = 60


def _visitor(request: Request, public_id: PublicId) -> Visitor:
    return visitors.of_token(request.headers.get("authorization"), public_id)


CurrentVisitor = Annotated[Visitor, Depends(_visitor)]
ConversationId = Annotated[UUID, Path(description="The conversation's id.")]
MessageId = Annotated[UUID, Path(description="The answer's id.")]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="The number of the last message that is known.")]
Hidden = Annotated[bool, Query(description="Whether the page is not visible, so that nothing of it is read now.")]

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


@router.get("/widget/{public_id}/conversations", summary="List a visitor's conversations")
async def list_visitor_conversations(visitor: CurrentVisitor) -> VisitorConversationList:
    """Lists the visitor's newest conversations with the chatbot, at most fifty."""
    return await visitor_conversations.list_conversations(visitor)


@router.get("/widget/{public_id}/conversations/{id}", summary="Read a visitor's conversation")
async def read_visitor_conversation(
    visitor: CurrentVisitor, id: ConversationId, after: After = 0, hidden: Hidden = False
) -> VisitorMessageList:
    """Returns the messages of the conversation, from the first or after a known one. What people wrote and the visitor
    reads here is not mailed."""
    return await visitor_conversations.list_messages(visitor, id, after, hidden=hidden)


@router.post("/widget/{public_id}/messages/{id}/feedback", summary="Rate an answer as a visitor", status_code=204)
async def rate_visitor_answer(visitor: CurrentVisitor, id: MessageId, request: VisitorRating) -> None:
    """Stores the visitor's rating of an answer. The last one counts."""
    await visitor_feedback.rate(visitor, id, request.rating)


@router.post("/widget/{public_id}/conversations/{id}/csat", summary="Score a visitor's conversation", status_code=204)
async def score_visitor_conversation(visitor: CurrentVisitor, id: ConversationId, request: ConversationScore) -> None:
    """Stores how satisfied the visitor is with the conversation. The last score counts."""
    await visitor_feedback.score(visitor, id, request)


@router.post("/widget/{public_id}/conversations/{id}/handoff", summary="Ask for a person")
async def ask_for_person(visitor: CurrentVisitor, id: ConversationId) -> ConversationStatus:
    """Asks people to answer in the conversation instead of the chatbot, whose running answer stops. Messages are stored
    for them from then on."""
    return await handoff.ask_for_person(visitor, id)


@router.post("/widget/{public_id}/conversations/{id}/mail", summary="Get people's messages by email")
async def leave_mail_address(
    visitor: CurrentVisitor, id: ConversationId, http_request: Request, request: MailAddress
) -> MailStatus:
    """Sends an email with a link to the address. People's messages that the visitor does not read in five minutes are
    mailed there once the link is pressed. Where people do not answer or the plan has no such mail, nothing happens. At
    most 5 in a day from one address."""
    return await visitor_mail.leave_address(visitor, id, request, _network(http_request))


@router.post("/widget/{public_id}/leads", summary="Leave a visitor's address", status_code=201)
async def leave_visitor_lead(visitor: CurrentVisitor, http_request: Request, request: NewLead) -> Lead:
    """Stores how the workspace can reach the visitor, also while the chatbot does not answer. At most 20 in a day from
    one address."""
    return await visitor_feedback.leave_lead(visitor, request, _network(http_request))


@router.post("/widget/{public_id}/reports", summary="Report a chatbot", status_code=204)
async def report_chatbot(public_id: PublicId, http_request: Request, request: ChatbotReport) -> None:
    """Reports a problem with a chatbot to the operators, at most 20 in a day from one address. Public."""
    await reports.report(public_id, request, _network(http_request))


def _network(request: Request) -> bytes:
    return visitors.network_hash(network_of(request.client.host if request.client else None))


@router.delete("/widget/{public_id}/visitor", summary="Forget a visitor", status_code=204)
async def forget_visitor(visitor: CurrentVisitor) -> None:
    """Deletes the visitor with their conversations and leads at once. What their questions cost stays in the usage."""
    await visitor_conversations.forget(visitor)
