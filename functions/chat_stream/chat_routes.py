"""The routes of the chat: ask, stop, resume; previews of chatbots, and drafts of replies to their visitors; the same
for the AI SDK's `useChat`; and those of OpenAI's clients, all below `/v1`. Paths are relative to the API's stage."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oneai import chat
from oneai.clients.supabase_auth import UserPrincipal
from oneai.field_errors import invalid
from oneai.http import headers, streaming
from oneai.http.authenticate import Permit
from oneai.http.event_stream import EventStream
from oneai.http.streaming import Endpoint, Route

# Room for attachments in a question; API Gateway allows 10 MB and Lambda 6 MB.
QUESTION_BYTES = 5_500_000
STOP_REQUEST_BYTES = 1_000_000
PREVIEW_BYTES = 100_000
SECONDS_TO_FINISH = 5.0
# An answer that started before a maintenance can be followed and stopped during it.
RUNNING: tuple[Permit, ...] = ("maintenance",)


class _WholePath(PathConvertor):
    """A path with line breaks too, which Starlette's own does not match: OpenAI's clients expect their kind of error
    for each path below `/v1`."""

    regex = r"[\s\S]*"


def application() -> ASGIApp:
    """The ASGI app of `functions/chat_stream`."""
    register_url_convertor("whole_path", _WholePath())
    routes = [
        Route("/chat/stream", Endpoint(_ask), methods=["POST"]),
        Route("/chat/stop", Endpoint(_stop), methods=["POST"]),
        Route("/chat/stream/{message_id}", Endpoint(_resume), methods=["GET"]),
        Route("/chatbots/{id}/preview", Endpoint(_preview), methods=["POST"]),
        Route("/inbox/conversations/{id}/draft", Endpoint(_draft), methods=["POST"]),
        Route("/chat/ui-stream", Endpoint(_ask_for_ui), methods=["POST"]),
        Route("/chat/ui-stream/{id}", Endpoint(_resume_for_ui), methods=["GET"]),
        # The AI SDK's default path.
        Route("/chat/ui-stream/{id}/stream", Endpoint(_resume_for_ui), methods=["GET"]),
        Route("/v1/{path:whole_path}", _OpenAIApi()),
    ]
    return streaming.application(routes, on_shutdown=_finish_answers)


class _OpenAIApi:
    """Imported by its first request, so that a cold start of the chat does not pay for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from oneai.http import openai_routes

        await openai_routes.app(scope, receive, send)


async def _ask_for_ui(request: Request, request_id: str) -> Response:
    from oneai.http import ui_stream_routes  # imported by its first request, as OpenAI's routes are

    return await ui_stream_routes.ask(request, request_id)


async def _resume_for_ui(request: Request, request_id: str) -> Response:
    from oneai.http import ui_stream_routes

    return await ui_stream_routes.resume(request, request_id)


async def _finish_answers() -> None:
    await chat.finish_all(SECONDS_TO_FINISH)


async def _ask(request: Request, request_id: str) -> Response:
    user = await streaming.signed_in(request, "asking")
    question = await streaming.parse(chat.Question, await streaming.read_body(request, QUESTION_BYTES))
    key = request.headers.get("idempotency-key")
    result = await chat.admit(user, question, chat.answer_id_from_key(user.user_id, key) if key else None)
    deadline = streaming.deadline(request.scope)
    if isinstance(result, chat.Replay):
        return EventStream(await _replay(user, question, result.message_ids, deadline, request_id))
    answers = [chat.begin(turn, deadline) for turn in result]
    streaming.keep_invocation_open(request.scope, [answer.task for answer in answers if answer.task])
    if question.compare is None:
        return EventStream(chat.follow(answers[0], 0, request_id), headers.rate_limit(result[0].quota))
    # Each answer that the plan pays has its own quota: the headers describe the one with the fewest units left.
    quotas = [turn.quota for turn in result if turn.quota is not None]
    scarcest = min(quotas, key=lambda quota: quota["remaining"], default=None)
    return EventStream(chat.follow_all(answers, request_id), headers.rate_limit(scarcest))


async def _replay(
    user: UserPrincipal, question: chat.Question, message_ids: list[UUID], deadline: float, request_id: str
) -> AsyncIterator[bytes]:
    if question.compare is None:
        return await chat.resume(user, message_ids[0], 0, deadline=deadline, request_id=request_id)
    return await chat.resume_all(user, message_ids, deadline=deadline, request_id=request_id)


async def _preview(request: Request, request_id: str) -> Response:
    # Imported by its first request, so that a cold start of the chat does not pay for it.
    from oneai.chat.turn.admit_preview import PreviewQuestion, admit_preview

    user = await streaming.signed_in(request, "asking")
    chatbot_id = streaming.path_uuid(request, "id")
    asked = await streaming.parse(PreviewQuestion, await streaming.read_body(request, PREVIEW_BYTES))
    result = await admit_preview(user, chatbot_id, asked)
    deadline = streaming.deadline(request.scope)
    if isinstance(result, chat.Replay):
        return EventStream(await chat.resume(user, result.message_ids[0], 0, deadline=deadline, request_id=request_id))
    answer = chat.begin(result, deadline)
    streaming.keep_invocation_open(request.scope, [answer.task] if answer.task else [])
    return EventStream(chat.follow(answer, 0, request_id), headers.rate_limit(result.quota))


async def _draft(request: Request, request_id: str) -> Response:
    from oneai.http import draft_routes  # imported by its first request, as previews are

    return await draft_routes.draft(request, request_id)


async def _resume(request: Request, request_id: str) -> Response:
    user = await streaming.signed_in(request, permits=RUNNING)
    message_id = streaming.path_uuid(request, "message_id")
    # The ids of events contain their answer if several answers share a stream.
    offset = request.headers.get("last-event-id", "0").removeprefix(f"{message_id}:")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise invalid("Last-Event-ID", "wrong_format", "This must be a number of characters, 0 or more.")
    deadline = streaming.deadline(request.scope)
    return EventStream(await chat.resume(user, message_id, int(offset), deadline=deadline, request_id=request_id))


async def _stop(request: Request, _: str) -> Response:
    user = await streaming.signed_in(request, permits=RUNNING)
    stop_request = await streaming.parse(chat.StopRequest, await streaming.read_body(request, STOP_REQUEST_BYTES))
    result = await chat.stop(user, stop_request.message_id)
    body = {"message_id": str(result.message_id), "state": result.state}
    return Response(
        json.dumps(body), status_code=202 if result.state == "streaming" else 200, media_type="application/json"
    )
