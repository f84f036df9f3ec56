"""The routes of a chatbot's chat with its visitors. Paths are relative to the API's stage."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from oneai import chat
from oneai.chat.stream.widget_events import WidgetEvents
from oneai.chat.turn.admit_visitor import Offline, VisitorQuestion, Waiting, admit_visitor
from oneai.chatbots import visitor as visitors
from oneai.chatbots.answering.offline import offline_answers
from oneai.chatbots.published import published_chatbot
from oneai.chatbots.visit import device_of
from oneai.chatbots.visitor import Visitor
from oneai.field_errors import invalid
from oneai.http import authenticate, streaming
from oneai.http.event_stream import EventStream
from oneai.http.rate_limits import network_of
from oneai.http.streaming import Endpoint, Route
from oneai.http.unknown_parameters import refuse_unknown

# A question of 5,000 characters, each of them escaped.
BODY_BYTES = 100_000
SECONDS_TO_FINISH = 5.0


def application() -> ASGIApp:
    """The ASGI app of `functions/visitor_chat`."""
    routes = [
        Route("/widget/{public_id}/chat", Endpoint(_ask), methods=["POST"]),
        Route("/widget/{public_id}/stop", Endpoint(_stop), methods=["POST"]),
        Route("/widget/{public_id}/chat/{message_id}", Endpoint(_resume), methods=["GET"]),
    ]
    return streaming.application(routes, on_shutdown=_finish_answers)


async def _finish_answers() -> None:
    await chat.finish_all(SECONDS_TO_FINISH)


def _visitor(request: Request) -> Visitor:
    """The visitor who makes this request without query parameters; its first statement checks the rate of the address.
    Raises VisitorTokenInvalid, InvalidRequest."""
    authenticate.anonymous(_address(request))
    visitor = visitors.of_token(request.headers.get("authorization"), request.path_params["public_id"])
    refuse_unknown(request.query_params.keys(), ())
    return visitor


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


async def _ask(request: Request, request_id: str) -> Response:
    visitor = _visitor(request)
    asked = await streaming.parse(VisitorQuestion, await streaming.read_body(request, BODY_BYTES))
    network = visitors.network_hash(network_of(_address(request)))
    result = await admit_visitor(visitor, asked, network, device_of(request.headers.get("user-agent")))
    deadline = streaming.deadline(request.scope)
    if isinstance(result, Waiting):
        return Response(json.dumps(vars(result)), status_code=202, media_type="application/json")
    if isinstance(result, Offline):
        return await _offline(result, asked.message)
    if isinstance(result, chat.Replay):
        return EventStream(
            await chat.resume(
                *(visitor, result.message_ids[0], 0),
                deadline=deadline,
                request_id=request_id,
                stream_format=await _format(visitor, request_id),
            )
        )
    answer = chat.begin(result, deadline)
    streaming.keep_invocation_open(request.scope, [answer.task] if answer.task else [])
    return EventStream(chat.follow(answer, 0, request_id, stream_format=await _format(visitor, request_id)))


async def _offline(offline: Offline, question: str) -> Response:
    """What a widget shows while its chatbot does not answer."""
    chatbot = offline.chatbot
    body: dict[str, Any] = {
        "mode": "offline",
        "message": chatbot.configuration.widget.away_message,
        "answers": await offline_answers(chatbot.id, chatbot.version, chatbot.configuration, question),
        "form": True,
    }
    return Response(json.dumps(body, ensure_ascii=False), media_type="application/json")


async def _resume(request: Request, request_id: str) -> Response:
    visitor = _visitor(request)
    message_id = streaming.path_uuid(request, "message_id")
    offset = request.headers.get("last-event-id", "0")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise invalid("Last-Event-ID", "wrong_format", "This must be a number of characters, 0 or more.")
    events = await chat.resume(
        *(visitor, message_id, int(offset)),
        deadline=streaming.deadline(request.scope),
        request_id=request_id,
        stream_format=await _format(visitor, request_id),
    )
    return EventStream(events)


async def _format(visitor: Visitor, request_id: str) -> WidgetEvents:
    chatbot = await published_chatbot(visitor.public_id)
    return WidgetEvents(request_id, sources_shown=chatbot.configuration.widget.sources_shown)


async def _stop(request: Request, _: str) -> Response:
    visitor = _visitor(request)
    stop_request = await streaming.parse(chat.StopRequest, await streaming.read_body(request, BODY_BYTES))
    result = await chat.stop(visitor, stop_request.message_id)
    body = {"message_id": str(result.message_id), "state": result.state}
    return Response(
        json.dumps(body), status_code=202 if result.state == "streaming" else 200, media_type="application/json"
    )
