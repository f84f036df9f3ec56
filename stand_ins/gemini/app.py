"""The stand-in's routes, under `/v1beta` as Gemini's."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.direct.answers import Answer, Asked, answer_to, pieces, signature, tokens_of
from stand_ins.direct.keys import is_accepted, is_busy
from stand_ins.direct.server import Refusal, Server, event

KEY = "AIza-of-the-stand-in"
MODELS = ("gemini-3-pro", "gemini-2.5-flash", "gemini-loops", "gemini-embedding-001")
FINISHES = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
UNSIGNED = "Function call is missing a thought_signature in functionCall parts."
DIMENSIONS = 8


def create(folders: Sequence[Path] = (), *, key: str | None = KEY) -> Starlette:
    """The stand-in as an ASGI application. `folders` hold samples in `sse/` and `errors/`. `key`: as in
    `stand_ins.direct.keys`."""
    handlers = _Handlers(folders, key)
    return Starlette(
        routes=[
            Route("/v1beta/models/{call:path}", handlers.call, methods=["POST"]),
            Route("/v1beta/models", handlers.models),
            *handlers.server.routes,
        ]
    )


class _Handlers:
    def __init__(self, folders: Sequence[Path], key: str | None) -> None:
        self.server, self._key = Server("gemini", folders), key

    async def call(self, request: Request) -> Response:
        """`POST /v1beta/models/{model}:{method}`."""
        model, _, method = request.path_params["call"].rpartition(":")
        body = await request.json()
        self.server.record(request, body)
        try:
            self._check_key(request, asks=method != "batchEmbedContents")
            if method == "batchEmbedContents":
                return JSONResponse({"embeddings": [{"values": _vector(each)} for each in body["requests"]]})
            if (scripted := self.server.scripted(model, request)) is not None:
                return scripted
            _check(model, body)
        except Refusal as refusal:
            return refusal.response()
        frames = list(_frames(model, body, answer_to(_asked(model, body))))
        if request.query_params.get("alt") == "sse":
            return self.server.stream(event(frame, end="\r\n\r\n") for frame in frames)
        return JSONResponse(frames)

    async def models(self, request: Request) -> Response:
        """`GET /v1beta/models`."""
        self.server.record(request, None)
        try:
            self._check_key(request)
        except Refusal as refusal:
            return refusal.response()
        methods = ["generateContent", "countTokens"]
        listed = [{"name": f"models/{name}", "version": "1", "supportedGenerationMethods": methods} for name in MODELS]
        return JSONResponse({"models": listed})

    def _check_key(self, request: Request, *, asks: bool = False) -> None:
        given = request.headers.get("x-goog-api-key", "")
        if asks and is_busy(given, self._key):
            raise refuse(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        if not is_accepted(given, self._key):
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            raise refuse(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [reason])


def refuse(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> Refusal:
    """A refusal in Google's form."""
    error = {"code": code, "message": message, "status": status, **({"details": details} if details else {})}
    return Refusal(code, {"error": error})


def _check(model: str, body: dict[str, Any]) -> None:
    if "none" in model:
        raise refuse(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta.")
    thinking = body.get("generationConfig", {}).get("thinkingConfig") or {}
    if "2.5" in model and "thinkingLevel" in thinking:
        raise refuse(400, "INVALID_ARGUMENT", "Thinking level is not supported for this model.")
    if "only-thinks" in model and (thinking.get("thinkingLevel") == "MINIMAL" or thinking.get("thinkingBudget") == 0):
        raise refuse(400, "INVALID_ARGUMENT", "This model only works in thinking mode.")
    waiting: list[str] = []
    for content in body["contents"]:
        results = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        if waiting != results:
            raise refuse(400, "INVALID_ARGUMENT", "The number of function response parts must equal that of the calls.")
        calls = [part for part in content["parts"] if "functionCall" in part]
        waiting = [part["functionCall"]["name"] for part in calls]
        # The first call of a turn is signed.
        if calls and "2.5" not in model and calls[0].get("thoughtSignature") != _signed(calls[0]["functionCall"]):
            raise refuse(400, "INVALID_ARGUMENT", UNSIGNED)
    if waiting:
        raise refuse(400, "INVALID_ARGUMENT", "Please ensure that function call turn comes before its response.")


def _asked(model: str, body: dict[str, Any]) -> Asked:
    contents = body["contents"]
    last = max(n for n, each in enumerate(contents) if each.get("role") == "user" and _words(each))
    parts = [part for content in contents for part in content["parts"]]
    kinds = [part["inlineData"]["mimeType"] for part in parts if "inlineData" in part]
    config = body.get("generationConfig") or {}
    declared = [each for tool in body.get("tools") or () for each in tool.get("functionDeclarations") or ()]
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    later = [part for content in contents[last:] for part in content["parts"]]
    results = [part["functionResponse"]["response"] for part in later if "functionResponse" in part]
    return Asked(
        model=model,
        question=_words(contents[last]),
        tools=[]
        if calling.get("mode") == "NONE"
        else [{"name": each["name"], "parameters": each.get("parametersJsonSchema")} for each in declared],
        results=[str(each.get("result")) for each in results],
        thinks=bool((config.get("thinkingConfig") or {}).get("includeThoughts")),
        schema=config.get("responseJsonSchema"),
        draws="IMAGE" in (config.get("responseModalities") or ()),
        images=sum(kind.startswith("image/") for kind in kinds),
        files=sum(kind == "application/pdf" for kind in kinds),
        max_tokens=config.get("maxOutputTokens"),
    )


def _frames(model: str, body: dict[str, Any], answer: Answer) -> Iterator[dict[str, Any]]:
    """The chunks: each has the usage so far, and the last one the finish."""
    prompt = tokens_of(body["contents"])
    counted = {"promptTokenCount": prompt, "candidatesTokenCount": 0, "thoughtsTokenCount": answer.thought_tokens()}
    frame = {"modelVersion": model, "responseId": "stand-in"}
    for part in _parts(answer):
        content = {"parts": [part], "role": "model"}
        yield {"candidates": [{"content": content, "index": 0}], "usageMetadata": dict(counted), **frame}
    counted["candidatesTokenCount"] = answer.tokens() - answer.thought_tokens()
    last = {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": FINISHES[answer.finish], "index": 0}
    yield {"candidates": [last], "usageMetadata": {**counted, "cachedContentTokenCount": prompt // 2}, **frame}


def _parts(answer: Answer) -> Iterator[dict[str, Any]]:
    for text in pieces(answer.thoughts):
        yield {"text": text, "thought": True}
    for text in answer.words():
        yield {"text": text}
    for n, call in enumerate(answer.calls):
        called = {"name": call.name, "args": call.arguments}
        # Only the first of several calls is signed, and calls have no ids.
        yield {"functionCall": called, **({} if n else {"thoughtSignature": _signed(called)})}
    if answer.image:
        yield {"inlineData": {"mimeType": "image/png", "data": answer.image}}


def _signed(call: dict[str, Any]) -> str:
    return signature(call["name"], json.dumps(call["args"], sort_keys=True))


def _words(content: dict[str, Any]) -> str:
    return " ".join(part["text"] for part in content["parts"] if part.get("text"))


def _vector(request: dict[str, Any]) -> list[float]:
    text = _words(request["content"])
    size = request.get("outputDimensionality") or DIMENSIONS
    digest = hashlib.sha256(text.encode()).digest() * (size // 32 + 1)
    return [byte / 256 for byte in digest[:size]]
