"""`POST /chat/ui-stream` and `GET /chat/ui-stream/{id}`: the chat in the protocol of the AI SDK's `useChat`."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from oneai import chat
from oneai.http import headers, streaming
from oneai.http.event_stream import EventStream
from oneai.ui_stream import ids
from oneai.ui_stream.admit import admit
from oneai.ui_stream.chunks import HEADERS, UIMessageChunks
from oneai.ui_stream.lookup import find_running_answer
from oneai.ui_stream.request import UIStreamRequest

BODY_BYTES = 5_500_000


async def ask(request: Request, request_id: str) -> Response:
    """Asks the last message and streams its answer; the same message under the same id streams the same answer."""
    user = await streaming.signed_in(request, "asking")
    ui_request = await streaming.parse(UIStreamRequest, await streaming.read_body(request, BODY_BYTES))
    key = request.headers.get("idempotency-key")
    result = await admit(user, ui_request, chat.answer_id_from_key(user.user_id, key) if key else None)
    deadline = streaming.deadline(request.scope)
    chunks = UIMessageChunks(request_id)
    if isinstance(result, chat.Replay):
        answer_id = result.message_ids[0]
        return _stream(
            await chat.resume(user, answer_id, 0, deadline=deadline, request_id=request_id, stream_format=chunks)
        )
    (turn,) = result
    answer = chat.begin(turn, deadline)
    streaming.keep_invocation_open(request.scope, [answer.task] if answer.task else [])
    return _stream(chat.follow(answer, 0, request_id, stream_format=chunks), turn.quota)


async def resume(request: Request, request_id: str) -> Response:
    """The running answer of a conversation, from its start; 204 if there is none."""
    user = await streaming.signed_in(request, permits=("maintenance",))
    conversation_id = ids.conversation_id(user.user_id, request.path_params["id"])
    answer_id = await find_running_answer(user, conversation_id)
    if answer_id is None:
        return Response(status_code=204)
    deadline = streaming.deadline(request.scope)
    chunks = UIMessageChunks(request_id)
    return _stream(
        await chat.resume(user, answer_id, 0, deadline=deadline, request_id=request_id, stream_format=chunks)
    )


def _stream(events: AsyncIterator[bytes], quota: dict[str, Any] | None = None) -> Response:
    return EventStream(events, HEADERS if quota is None else {**HEADERS, **headers.rate_limit(quota)})
