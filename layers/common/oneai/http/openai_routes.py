"""The routes under `/v1`: OpenAI's endpoints, with its errors, its headers and its retries.

One route of API Gateway leads here for all paths, so that unknown ones are refused in OpenAI's format.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from json import dumps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oneai import chat, log, request_stages
from oneai.api_keys.principal import KeyPrincipal
from oneai.api_keys.token_limit import TokenLimit
from oneai.chat.stream.format import StreamFormat
from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import MethodNotAllowed, NotFound, OneAIError
from oneai.http import authenticate, headers, streaming
from oneai.http.event_stream import EventStream
from oneai.http.openai_headers import add_headers, exposed, limit_headers, token_headers
from oneai.http.rate_limits import RateName
from oneai.http.streaming import Endpoint
from oneai.http.waiting import WaitingResponse
from oneai.openai_api import errors, generation
from oneai.openai_api.generation import Generation, RequestIdentity, WholeFormat
from oneai.postgres import db, request_check

BODY_BYTES = 5_500_000

if TYPE_CHECKING:
    from oneai.api_keys.fields import ScopeName
    from oneai.openai_api.chat_request import ChatCompletionRequest
    from oneai.openai_api.responses_request import ResponsesRequest

type Caller = UserPrincipal | KeyPrincipal
type Handler = Callable[[Request, str], Awaitable[Response]]


async def _chat_completions(request: Request, request_id: str) -> Response:
    from oneai.openai_api.chat_request import ChatCompletionRequest
    from oneai.openai_api.chunks import Chunks
    from oneai.openai_api.completion import Collector

    user = await _caller(request, "chat", "asking")
    body = await streaming.read_body(request, BODY_BYTES)
    api_request = await streaming.parse(ChatCompletionRequest, body)
    question = await _question(api_request, _identity(request, user, body), len(body))
    if api_request.stream:
        return await _streamed(request, request_id, user, question, Chunks(include_usage=api_request.include_usage))
    return await _whole(request, request_id, user, question, Collector())


async def _responses(request: Request, request_id: str) -> Response:
    from oneai.openai_api.response_events import ResponseCollector, ResponseEvents
    from oneai.openai_api.responses_request import ResponsesRequest

    user = await _caller(request, "chat", "asking")
    body = await streaming.read_body(request, BODY_BYTES)
    api_request = await streaming.parse(ResponsesRequest, body)
    question = await _question(api_request, _identity(request, user, body), len(body))
    if api_request.stream:
        return await _streamed(request, request_id, user, question, ResponseEvents(api_request.echo()))
    return await _whole(request, request_id, user, question, ResponseCollector(api_request.echo()))


async def _embeddings(request: Request, _: str) -> Response:
    from oneai.openai_api import embeddings

    user = await _caller(request, "embeddings", "asking")
    body = await streaming.read_body(request, BODY_BYTES)
    embeddings_request = await streaming.parse(embeddings.EmbeddingsRequest, body)
    result = await embeddings.create(user, embeddings_request, _api_key_id(user))
    headers = _quota_headers(result.quota, result.token_limit)
    return Response(result.body, headers=headers, media_type="application/json")


async def _models(request: Request, _: str) -> Response:
    from oneai.openai_api import models

    await _reader_of_models(request)
    return _json(await models.list_models())


async def _model(request: Request, _: str) -> Response:
    from oneai.openai_api import models

    await _reader_of_models(request)
    return _json(await models.find_model(_path(request).removeprefix("/models/")))


ROUTES: dict[str, tuple[str, Handler]] = {
    "/chat/completions": ("POST", _chat_completions),
    "/embeddings": ("POST", _embeddings),
    "/models": ("GET", _models),
    "/responses": ("POST", _responses),
}


async def _dispatch(request: Request, request_id: str) -> Response:
    path = _path(request)
    if client_id := _id_of_client(request):
        # The client's own id of its request, which support can search for.
        log.info("a client names its request", request_id=request_id, client_request_id=client_id)
    streaming.name_route(request.scope, _route_of(path))
    method, handler = ("GET", _model) if path.startswith("/models/") else ROUTES.get(path, ("", None))
    if handler is None:
        raise NotFound(f"There is no endpoint {request.method} /v1{path[:100]} here.")
    if method != ("GET" if request.method == "HEAD" else request.method):
        raise MethodNotAllowed(f"This endpoint takes {method} requests.", allow=method)
    return await handler(request, request_id)


def _id_of_client(request: Request) -> str | None:
    """The client's id of its request if it is a UUID, which a log may contain. Others may be keys or addresses."""
    try:
        return str(UUID(request.headers.get("x-client-request-id", "")))
    except ValueError:
        return None


def _route_of(path: str) -> str:
    if path.startswith("/models/"):
        return "/v1/models/{model}"
    return f"/v1{path}" if path in ROUTES else "/v1/{path}"


def _path(request: Request) -> str:
    """The path below `/v1`. A trailing slash means nothing, nor does one that is doubled, as in a base address that
    ends in a slash."""
    return re.sub("/{2,}", "/", request.scope["path"]).removeprefix("/v1").rstrip("/") or "/"


async def _caller(request: Request, scope: "ScopeName", rate: RateName = "other") -> Caller:
    address = request.client.host if request.client else None
    choice = streaming.workspace_choice(request)
    return await authenticate.signed_in_or_key(request.headers.get("authorization"), scope, address, rate, choice)


async def _reader_of_models(request: Request) -> None:
    """The caller of a route without a statement of its own: checked first, so that no refusal comes before."""
    await _caller(request, "models")
    await db.check_request(request_check.current())


def _api_key_id(user: Caller) -> UUID | None:
    return user.api_key_id if isinstance(user, KeyPrincipal) else None


def _identity(request: Request, user: Caller, body: bytes) -> RequestIdentity:
    """What identifies a repeated request. OpenAI's libraries count their retries."""
    retries = request.headers.get("x-stainless-retry-count", "0")
    key = request.headers.get("idempotency-key", "")
    # Whose an API key is, is not known before the first statement: its secret stands for its owner. After a rotation
    # that is another one, and the answer is found by the hash, which has the idempotency key in it.
    secret = user.check.secret_hash if isinstance(user, KeyPrincipal) else None
    owner = UUID(bytes=secret[:16]) if secret else user.user_id
    return RequestIdentity(
        request_hash=generation.request_hash(_path(request), body, key),
        is_retry=bool(key) or (retries.isascii() and retries.isdigit() and int(retries[:9]) > 0),
        message_id=chat.answer_id_from_key(owner, key) if key else None,
    )


async def _question(
    api_request: "ChatCompletionRequest | ResponsesRequest", identity: RequestIdentity, size: int
) -> PromptedQuestion:
    """The question of a request whose body has `size` bytes; of a large one in a thread, as it is parsed. Raises
    InvalidRequest."""
    if size < streaming.THREAD_BYTES:
        return api_request.question(**identity)
    return await asyncio.to_thread(lambda: api_request.question(**identity))


async def _streamed(
    request: Request, request_id: str, user: Caller, question: PromptedQuestion, stream_format: StreamFormat
) -> Response:
    answer_stream = await _begin(request, request_id, user, question, stream_format)
    with request_stages.stage("models"):
        await generation.raise_early_failure(answer_stream)
    return EventStream(answer_stream.stream, _quota_headers(answer_stream.quota, answer_stream.token_limit))


async def _whole(
    request: Request, request_id: str, user: Caller, question: PromptedQuestion, collector: WholeFormat
) -> Response:
    """The response once the answer has ended; after a while white space keeps the connection alive until then."""
    answer_stream = await _begin(request, request_id, user, question, collector)
    task = asyncio.create_task(_exhaust(answer_stream.stream))
    streaming.keep_invocation_open(request.scope, [task])

    def render() -> bytes:
        try:
            return _encode(collector.result())
        except OneAIError as error:
            return errors.body(error, request_id)

    with request_stages.stage("models"):
        is_early = await WaitingResponse.is_early(task)
    if is_early:
        return _json(collector.result(), _quota_headers(answer_stream.quota, answer_stream.token_limit))
    return WaitingResponse(task, render)


async def _begin(
    request: Request, request_id: str, user: Caller, question: PromptedQuestion, stream_format: StreamFormat
) -> Generation:
    deadline = streaming.deadline(request.scope)
    answer_stream = await generation.begin(
        user, question, stream_format, api_key_id=_api_key_id(user), deadline=deadline, request_id=request_id
    )
    streaming.keep_invocation_open(request.scope, answer_stream.tasks)
    return answer_stream


async def _exhaust(stream: AsyncIterator[bytes]) -> None:
    async for _ in stream:
        pass


def _json(content: Any, more: dict[str, str] | None = None) -> Response:
    return Response(_encode(content), headers=more, media_type="application/json")


def _quota_headers(quota: dict[str, Any] | None, token_limit: TokenLimit | None) -> dict[str, str]:
    """`RateLimit-*` of the quota, as the chat's own route sends them, and what is left of the API key's tokens; none
    where an earlier attempt is heard again."""
    return {} if quota is None else {**headers.rate_limit(quota), **token_headers(token_limit)}


def _encode(content: Any) -> bytes:
    return dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _OpenAIEndpoint(Endpoint):
    """Its errors become responses as OpenAI's clients expect them. Query parameters that it does not know are ignored,
    as OpenAI does: libraries of others add some."""

    def refusal(self, error: OneAIError, request_id: str) -> Response:
        more = {**errors.headers(error), **limit_headers(error)}
        if isinstance(error, MethodNotAllowed):
            more["allow"] = error.extra.get("allow", "")
        return Response(
            errors.body(error, request_id),
            status_code=errors.status(error),
            headers=more,
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
