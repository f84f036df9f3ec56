"""The streaming door: Starlette routes for the chat, each a few lines that turn HTTP into the chat's words.

Starlette and pydantic instead of FastAPI, whose import would be most of this function's cold start.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from oneai import auth, chat, headers, log
from oneai.errors import (
    BodyTooLarge,
    InternalError,
    MethodNotAllowed,
    NotFound,
    OneAIError,
    envelope_bytes,
)
from oneai.errors import headers as error_headers
from oneai.field_errors import from_pydantic, invalid

# Room for attachments in a question; API Gateway allows 10 MB and Lambda 6 MB.
QUESTION_BYTES = 5_500_000
BODY_BYTES = 1_000_000
# Outside Lambda a request may take this long, as inside.
SECONDS_ALLOWED = 900
SECONDS_TO_FINISH = 5.0
# As long as a follower's lease: a client that takes nothing for so long has lost its place.
SECONDS_UNREAD = 30.0

type Endpoint = Callable[[Request, str], Awaitable[Response]]


def application() -> Starlette:
    """The ASGI app of `functions/chat_stream`; paths are those behind the API's stage."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await chat.finish_all(SECONDS_TO_FINISH)

    routes = [
        Route("/chat/stream", _Answering(_ask), methods=["POST"]),
        Route("/chat/stop", _Answering(_stop), methods=["POST"]),
        Route("/chat/stream/{message_id}", _Answering(_resume), methods=["GET"]),
    ]
    handlers: dict[Any, Any] = {404: _render(NotFound), 405: _render(MethodNotAllowed)}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


def preload() -> None:
    """Imports what the first request would import: for SnapStart, which photographs the process after its init."""
    from oneai import pool  # noqa: F401
    from oneai.openrouter import connection  # noqa: F401


class _Answering:
    """An endpoint whose refusals and failures become our envelope."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = _request_id(scope)
        try:
            response = await self._endpoint(request, request_id)
        except OneAIError as error:
            response = _refusal(error, request_id)
        except Exception:  # noqa: BLE001 — the last resort: its text goes to the log, never to the person
            log.exception("a request failed for a reason nobody foresaw", path=scope["path"], request_id=request_id)
            response = _refusal(InternalError(), request_id)
        headers.add_common(response.headers, request_id, request.headers.get("origin"))
        await response(scope, receive, send)


class EventStream(Response):
    """Server-sent events, sent on as they come; what follows an answer may end early, the answer goes on.

    A client that takes nothing is hung up on: it would keep this execution from everybody else until the deadline.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], more: dict[str, str] | None = None) -> None:
        super().__init__(headers={"cache-control": "no-store, no-transform", "x-accel-buffering": "no", **(more or {})})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        message: Message = {"type": "http.response.body", "body": b"", "more_body": True}
        async for data in self._events:
            try:
                async with asyncio.timeout(SECONDS_UNREAD):
                    await send({**message, "body": data})
            except TimeoutError:
                log.info("a client that took nothing was hung up on")
                return
        await send({**message, "more_body": False})


async def _ask(request: Request, request_id: str) -> Response:
    person = await auth.principal(request.headers.get("authorization"))
    question = _parse(chat.Question, await _body(request, QUESTION_BYTES))
    key = request.headers.get("idempotency-key")
    admitted = await chat.admit(person, question, chat.id_from_key(person.user_id, key) if key else None)
    deadline = _deadline(request.scope)
    if isinstance(admitted, chat.AskedBefore):
        return EventStream(await _again(person, question, admitted.message_ids, deadline, request_id))
    answers = [chat.begin(turn, deadline) for turn in admitted]
    invocation = request.scope.get("extensions", {}).get("oneai.invocation")
    if invocation is not None:
        invocation["tasks"].update(answer.task for answer in answers)
    if question.compare is None:
        return EventStream(chat.follow(answers[0], 0, request_id), headers.rate_limit(admitted[0].quota))
    # Each answer's quota is its own: the headers tell of the one that has least left.
    scarce = min((turn.quota for turn in admitted), key=lambda quota: quota["remaining"])
    return EventStream(chat.follow_all(answers, request_id), headers.rate_limit(scarce))


async def _again(
    person: auth.Principal, question: chat.Question, message_ids: list[UUID], deadline: float, request_id: str
) -> AsyncIterator[bytes]:
    if question.compare is None:
        return await chat.resume(person, message_ids[0], 0, deadline=deadline, request_id=request_id)
    return await chat.resume_all(person, message_ids, deadline=deadline, request_id=request_id)


async def _resume(request: Request, request_id: str) -> Response:
    person = await auth.principal(request.headers.get("authorization"))
    message_id = _uuid(request.path_params["message_id"])
    # Where answers came side by side, their events' ids name them.
    offset = request.headers.get("last-event-id", "0").removeprefix(f"{message_id}:")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise invalid("Last-Event-ID", "wrong_format", "A number of characters, 0 or more.")
    return EventStream(
        await chat.resume(person, message_id, int(offset), deadline=_deadline(request.scope), request_id=request_id)
    )


async def _stop(request: Request, _: str) -> Response:
    person = await auth.principal(request.headers.get("authorization"))
    stopped = await chat.stop(person, _parse(chat.StopRequest, await _body(request, BODY_BYTES)).message_id)
    body = {"message_id": str(stopped.message_id), "state": stopped.state}
    return Response(
        json.dumps(body), status_code=202 if stopped.state == "streaming" else 200, media_type="application/json"
    )


async def _body(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BodyTooLarge
        parts.append(part)
    return b"".join(parts)


def _parse[T: BaseModel](kind: type[T], body: bytes) -> T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise from_pydantic(error.errors()) from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _deadline(scope: Scope) -> float:
    invocation = scope.get("extensions", {}).get("oneai.invocation")
    return invocation["deadline_ms"] / 1000 if invocation else time.time() + SECONDS_ALLOWED


def _request_id(scope: Scope) -> str:
    invocation = scope.get("extensions", {}).get("oneai.invocation")
    return str(invocation["request_id"] if invocation else uuid4())


def _refusal(error: OneAIError, request_id: str) -> Response:
    return Response(
        envelope_bytes(error, request_id),
        status_code=error.status,
        headers=error_headers(error),
        media_type="application/json",
    )


def _render(kind: type[OneAIError]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def render(request: Request, _: Exception) -> Response:
        request_id = _request_id(request.scope)
        response = _refusal(kind(), request_id)
        headers.add_common(response.headers, request_id, request.headers.get("origin"))
        return response

    return render
