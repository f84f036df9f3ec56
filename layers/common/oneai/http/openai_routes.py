"""The routes under `/v1`: OpenAI's endpoints, with its errors, its headers and its way of retrying.

One route of API Gateway leads here for all paths, so that unknown ones are refused in the same form.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from json import dumps
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oneai import chat
from oneai.clients.supabase_auth import Principal
from oneai.errors import MethodNotAllowed, NotFound, OneAIError
from oneai.http import access, streaming
from oneai.http.openai_headers import add_headers, exposed, limit_headers
from oneai.http.streaming import Endpoint, EventStream
from oneai.http.waiting import WaitingResponse
from oneai.openai_api import errors, generation
from oneai.openai_api.generation import Generation
from oneai.postgres import request_check

BODY_BYTES = 5_500_000

type Handler = Callable[[Request, str], Awaitable[Response]]


async def _chat_completions(request: Request, request_id: str) -> Response:
    from oneai.openai_api.chat_request import ChatCompletionRequest
    from oneai.openai_api.chunks import Chunks
    from oneai.openai_api.completion import Collector

    user, body = await _caller_and_body(request)
    asked = streaming.parse(ChatCompletionRequest, body)
    question = asked.question(
        generation.request_hash("/chat/completions", body),
        is_retry=_is_retry(request),
        message_id=_key_id(request, user),
    )
    deadline = streaming.deadline(request.scope)
    if asked.stream:
        chunks = Chunks(include_usage=asked.include_usage)
        begun = await generation.begin(user, question, chunks, deadline=deadline, request_id=request_id)
        return await _streamed(request, begun)
    collector = Collector()
    begun = await generation.begin(user, question, collector, deadline=deadline, request_id=request_id)
    return await _whole(request, begun, collector.result, request_id)


async def _responses(request: Request, request_id: str) -> Response:
    from oneai.openai_api.response_events import ResponseCollector, ResponseEvents
    from oneai.openai_api.responses_request import ResponsesRequest

    user, body = await _caller_and_body(request)
    asked = streaming.parse(ResponsesRequest, body)
    request_hash = generation.request_hash("/responses", body)
    question = asked.question(request_hash, is_retry=_is_retry(request), message_id=_key_id(request, user))
    deadline = streaming.deadline(request.scope)
    if asked.stream:
        events = ResponseEvents(asked.echo())
        return await _streamed(
            request, await generation.begin(user, question, events, deadline=deadline, request_id=request_id)
        )
    collector = ResponseCollector(asked.echo())
    begun = await generation.begin(user, question, collector, deadline=deadline, request_id=request_id)
    return await _whole(request, begun, collector.result, request_id)


async def _embeddings(request: Request, _: str) -> Response:
    from oneai.openai_api import embeddings

    user, body = await _caller_and_body(request)
    result = await embeddings.create(user, streaming.parse(embeddings.EmbeddingsRequest, body))
    return _json(result.body)


async def _models(request: Request, _: str) -> Response:
    from oneai.openai_api import models

    await access.signed_in(request.headers.get("authorization"))
    return _json(await models.list_models())


async def _model(request: Request, _: str) -> Response:
    from oneai.openai_api import models

    await access.signed_in(request.headers.get("authorization"))
    return _json(await models.find_model(_path(request).removeprefix("/models/")))


ROUTES: dict[str, tuple[str, Handler]] = {
    "/chat/completions": ("POST", _chat_completions),
    "/embeddings": ("POST", _embeddings),
    "/models": ("GET", _models),
    "/responses": ("POST", _responses),
}


async def _dispatch(request: Request, request_id: str) -> Response:
    path = _path(request)
    method, handler = ("GET", _model) if path.startswith("/models/") else ROUTES.get(path, ("", None))
    if handler is None:
        raise NotFound(f"There is no endpoint {request.method} /v1{path[:100]} here.")
    if method != ("GET" if request.method == "HEAD" else request.method):
        raise MethodNotAllowed(f"This endpoint takes {method} requests.", allow=method)
    return await handler(request, request_id)


def _path(request: Request) -> str:
    """The path below `/v1`; a trailing slash means nothing."""
    return request.scope["path"].removeprefix("/v1").rstrip("/") or "/"


async def _caller_and_body(request: Request) -> tuple[Principal, bytes]:
    user = await access.signed_in(request.headers.get("authorization"), "asking")
    return user, await streaming.read_body(request, BODY_BYTES)


def _is_retry(request: Request) -> bool:
    """Whether the client's library repeats a request whose response it did not get, or did not like."""
    count = request.headers.get("x-stainless-retry-count", "0")
    return count.isascii() and count.isdigit() and int(count[:9]) > 0


def _key_id(request: Request, user: Principal) -> UUID | None:
    key = request.headers.get("idempotency-key")
    return chat.answer_id_from_key(user.user_id, key) if key else None


async def _streamed(request: Request, begun: Generation) -> Response:
    streaming.keep_invocation_open(request.scope, begun.tasks)
    await generation.raise_early_failure(begun)
    return EventStream(begun.stream)


async def _whole(
    request: Request, begun: Generation, result: Callable[[], dict[str, Any]], request_id: str
) -> Response:
    """The response once the answer has ended; after a while white space keeps the connection alive until then."""
    streaming.keep_invocation_open(request.scope, begun.tasks)
    task = asyncio.create_task(_exhaust(begun.stream))
    streaming.keep_invocation_open(request.scope, [task])

    def render() -> bytes:
        try:
            return _encode(result())
        except OneAIError as error:
            return errors.body(error, request_id)

    if await WaitingResponse.is_early(task):
        return _json(result())
    return WaitingResponse(task, render)


async def _exhaust(stream: AsyncIterator[bytes]) -> None:
    async for _ in stream:
        pass


def _json(content: Any) -> Response:
    return Response(_encode(content), media_type="application/json")


def _encode(content: Any) -> bytes:
    return dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _OpenAIEndpoint(Endpoint):
    """Its errors become responses as OpenAI's clients expect them."""

    def refusal(self, error: OneAIError, request_id: str) -> Response:
        headers = {**errors.headers(error), **limit_headers(error)}
        if isinstance(error, MethodNotAllowed):
            headers["allow"] = error.extra.get("allow", "")
        return Response(
            errors.body(error, request_id),
            status_code=errors.status(error),
            headers=headers,
            media_type="application/json",
        )


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI app of everything below `/v1`."""
    started = time.monotonic()

    async def with_headers(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": exposed(add_headers(message["headers"], started, request_check.current()))}
        await send(message)

    await _ENDPOINT(scope, receive, with_headers)


_ENDPOINT = _OpenAIEndpoint(_dispatch)
