"""The stand-in's routes: OpenRouter's under `/api/v1`, and the control API for tests under `/local/openrouter`."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from stand_ins.openrouter import catalogue, faults, recordings, refusals, scenarios, scripted, web_search
from stand_ins.openrouter.answers import normal
from stand_ins.openrouter.embeddings import DIMENSIONS, EmbeddingFault
from stand_ins.openrouter.keys import BUSY_KEY, Key, Keys, error
from stand_ins.openrouter.prompt_cache import PromptCache
from stand_ins.openrouter.reply import ModelError, Record, Reply, new_generation_id, prompt_tokens

MAX_RECORDS = 200  # requests
RAW_SEND = "stand_ins.openrouter.send"

type Scenario = Callable[[Reply], Awaitable[None]]


class StandIn(Starlette):
    """Starlette with access to the server's own `send` for endpoints, whose socket `Reply.reset` closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[RAW_SEND] = send
        await super().__call__(scope, receive, send)


def create(folders: Sequence[Path] = (), *, pause: float = 0.02, generation_misses: int = 1) -> StandIn:
    """The stand-in as an ASGI application.

    `folders` hold recordings (in `sse/`, `errors/`, `json/`), offered as models `replay/…`; `pause` is the seconds
    between two words of a normal answer; `generation_misses` how often `/generation` answers 404 first.
    """
    handlers = _Handlers(folders, pause, generation_misses)
    return StandIn(
        routes=[
            Route("/api/v1/chat/completions", _Completions(handlers), methods=["POST"]),
            Route("/api/v1/embeddings", handlers.embeddings, methods=["POST"]),
            Route("/api/v1/models", handlers.models),
            Route("/api/v1/generation", handlers.generation),
            *handlers.keys.routes,
            Route("/local/openrouter/requests", handlers.requests),
            Route("/local/openrouter/silence", handlers.silence, methods=["PUT", "DELETE"]),
            Route("/local/openrouter/trouble", handlers.embedding_fault.change, methods=["POST"]),
        ]
    )


class _Handlers:
    """The endpoints and their state."""

    def __init__(self, folders: Sequence[Path], pause: float, generation_misses: int) -> None:
        self.pause = pause
        self.generation_misses = generation_misses
        self.scenarios: dict[str, Scenario] = {
            **scenarios.BY_ID,
            **faults.BY_ID,
            **refusals.BY_ID,
            **scripted.BY_ID,
            **web_search.BY_ID,
            **recordings.found(folders),
        }
        models = [*catalogue.REALISTIC, *(catalogue.scenario_model(name) for name in self.scenarios)]
        self.by_id = {model["id"]: model for model in models}
        self.calls: Counter[str] = Counter()
        self.misses: Counter[str] = Counter()
        self.keys = Keys()
        self.prompt_cache = PromptCache()
        self.embedding_fault = EmbeddingFault()
        self.records: deque[Record] = deque(maxlen=MAX_RECORDS)
        self.not_silent = asyncio.Event()
        self.not_silent.set()

    async def models(self, _: Request) -> Response:
        """`GET /models`, public."""
        models = list(self.by_id.values())
        body = {"data": models, "total_count": len(models), "links": {"next": None}}
        return JSONResponse(body, headers={"cache-control": "public, max-age=300"})

    async def embeddings(self, request: Request) -> Response:
        """`POST /embeddings`: a vector for each text; none for lists of tokens, as with OpenRouter. A text that begins
        with "Fail" makes the request fail."""
        if isinstance(key := self.keys.find(request), JSONResponse):
            return key
        body = await request.json()
        model = self.by_id.get(body.get("model"))
        if model is None or "embeddings" not in model["architecture"]["output_modalities"]:
            return error(400, f"{body.get('model')} is not a valid model ID")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if any(isinstance(each, str) and each.startswith("Fail") for each in texts):
            return error(502, "Provider returned error")
        if (refusal := await self.embedding_fault.refusal()) is not None:
            return refusal
        dimensions = body.get("dimensions") or DIMENSIONS
        vectors = [self.embedding_fault.vector(each, dimensions) for each in texts if isinstance(each, str)]
        tokens = sum(map(prompt_tokens, ({"messages": [{"content": each}]} for each in texts)))
        record = Record(body=body, generation_id=new_generation_id(), headers={}, prompt_tokens=tokens, status=200)
        self.records.append(record)
        self.charge(key, record)
        return JSONResponse(
            {
                "object": "list",
                "data": [{"object": "embedding", "embedding": each, "index": n} for n, each in enumerate(vectors)],
                "model": model["id"],
                "id": record.generation_id,
                "usage": {
                    "prompt_tokens": tokens,
                    "total_tokens": tokens,
                    "cost": float(catalogue.price(model, tokens, 0)),
                },
            }
        )

    async def generation(self, request: Request) -> Response:
        """`GET /generation?id=`, which does not find a generation at once."""
        if isinstance(key := self.keys.find(request), JSONResponse):
            return key
        generation_id = request.query_params.get("id", "")
        record = next((each for each in self.records if each.generation_id == generation_id), None)
        self.misses[generation_id] += 1
        if record is None or self.misses[generation_id] <= self.generation_misses:
            return error(404, f"Generation {generation_id} not found")
        cancelled = record.client_disconnected_at_frame is not None
        return JSONResponse(
            {
                "data": {
                    "id": generation_id,
                    "model": record.model,
                    "provider_name": record.provider,
                    "streamed": True,
                    "cancelled": cancelled,
                    "finish_reason": None if cancelled else record.finish_reason,
                    "tokens_prompt": record.prompt_tokens,
                    "tokens_completion": record.completion_tokens,
                    "native_tokens_prompt": record.prompt_tokens,
                    "native_tokens_completion": record.completion_tokens,
                    "native_tokens_reasoning": 0,
                    "native_tokens_cached": record.cached_tokens,
                    "is_byok": False,
                    "upstream_inference_cost": None,
                    "total_cost": float(self._cost(record)),
                }
            }
        )

    async def requests(self, _: Request) -> Response:
        """The last requests, newest last."""
        return JSONResponse([record.shown() for record in self.records])

    async def silence(self, request: Request) -> Response:
        """From `PUT` to `DELETE` the slow models send nothing more."""
        if request.method == "PUT":
            self.not_silent.clear()
        else:
            self.not_silent.set()
        return Response(status_code=204)

    def charge(self, key: Key, record: Record) -> None:
        """Adds what the request has cost to what its key has spent."""
        if record.status == 200 and record.body.get("model") in self.by_id:
            key.spent += self._cost(record)

    def _cost(self, record: Record) -> Decimal:
        model = self.by_id[record.body["model"]]
        cancellable = catalogue.provider(model["id"])[1]
        completion_tokens = (
            record.completion_tokens if cancellable else max(record.completion_tokens, record.requested_tokens)
        )
        return catalogue.price(
            model,
            record.prompt_tokens,
            completion_tokens,
            record.searches,
            cached=record.cached_tokens,
            written=record.cache_write_tokens,
        )


class _Completions:
    """`POST /chat/completions`, as plain ASGI: a stream must detect that its client disconnected."""

    def __init__(self, handlers: _Handlers) -> None:
        self.handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        key = self.handlers.keys.find(request)
        if isinstance(key, JSONResponse):
            await key(scope, receive, send)
            return
        if key.text.startswith(BUSY_KEY):
            await error(503, "There is no available model provider that meets your routing requirements")(
                scope, receive, send
            )
            return
        try:
            body = await request.json()
            models = [body.get("model"), *(body.get("models") or ())]
        except (ValueError, AttributeError, TypeError):
            await error(400, "Invalid JSON")(scope, receive, send)
            return
        record = Record(
            body=body,
            generation_id=new_generation_id(),
            headers={name: value for name, value in request.headers.items() if name != "authorization"},
            prompt_tokens=prompt_tokens(body),
        )
        record.cached_tokens, record.cache_write_tokens = self.handlers.prompt_cache.read_and_write(body)
        self.handlers.records.append(record)
        play = asyncio.ensure_future(self._play(dict.fromkeys(filter(None, models)), record, scope, send))
        disconnect = asyncio.ensure_future(_wait_for_disconnect(receive))
        try:
            await asyncio.wait({play, disconnect}, return_when=asyncio.FIRST_COMPLETED)
            if not play.done():
                record.client_disconnected_at_frame = record.frames
        finally:
            for task in (play, disconnect):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await play
            self.handlers.charge(key, record)

    async def _play(self, models: dict[str, None], record: Record, scope: Scope, send: Send) -> None:
        """Tries the models in order; the first without an error answers, else the last error is the response."""
        refusal = ModelError(400, "No models provided")
        for name in models:
            model = self.handlers.by_id.get(name)
            if model is None:
                refusal = ModelError(400, f"{name} is not a valid model ID")
                continue
            self.handlers.calls[name] += 1
            raw = scope.get(RAW_SEND, send)
            reply = Reply(
                record, model, self.handlers.calls[name], self.handlers.pause, self.handlers.not_silent, send, raw
            )
            try:
                await self.handlers.scenarios.get(name, normal)(reply)
            except ModelError as error:
                refusal = error
                continue
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        record.status = refusal.status
        await Response(refusal.body, refusal.status, refusal.headers)(scope, _no_more_body, send)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _no_more_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}
