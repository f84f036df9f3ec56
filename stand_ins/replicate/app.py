"""The stand-in's routes, under `/v1` as Replicate's; streams and files have the same host."""

import base64
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.direct.answers import RED_DOT, Asked, answer_to, pieces
from stand_ins.direct.keys import is_accepted, is_busy
from stand_ins.direct.server import Event, Refusal, Server

KEY = "r8_of-the-stand-in"
INPUTS = ("prompt", "system_prompt", "max_tokens", "temperature", "image_input")
# A question that no model answers.
FAILING = re.compile(r"fail", re.IGNORECASE)


def create(folders: Sequence[Path] = (), *, key: str | None = KEY) -> Starlette:
    """The stand-in as an ASGI application. `folders` hold samples in `sse/` and `errors/`. `key`: as in
    `stand_ins.direct.keys`."""
    handlers = _Handlers(folders, key)
    one = "/v1/predictions/{id}"
    return Starlette(
        routes=[
            Route("/v1/models/{owner}/{name}/predictions", handlers.start, methods=["POST"]),
            Route("/v1/predictions", handlers.start, methods=["POST"]),
            Route("/v1/models/{owner}/{name}", handlers.model),
            Route(f"{one}/cancel", handlers.cancel, methods=["POST"]),
            Route(one, handlers.state),
            Route("/v1/account", handlers.account),
            Route("/stream/{id}", handlers.stream),
            Route("/files/{name}", handlers.file),
            *handlers.server.routes,
        ]
    )


class _Handlers:
    def __init__(self, folders: Sequence[Path], key: str | None) -> None:
        self.server, self._key = Server("replicate", folders), key
        self._predictions: dict[str, dict[str, Any]] = {}

    async def start(self, request: Request) -> Response:
        """A new prediction."""
        body = await request.json()
        self.server.record(request, body)
        name = request.path_params.get("name", "by-version")
        try:
            self._check(request, asks=True)
            if name.startswith(("refuse-", "fault-")) and (found := self.server.scripted(name, request)) is not None:
                return found
            if not body["input"].get("prompt"):
                raise _refuse(422, "- input: prompt is required\n")
            if name == "none":
                raise _refuse(404, "The requested resource could not be found.")
        except Refusal as refusal:
            return refusal.response()
        number = f"prediction{len(self._predictions)}"
        host = str(request.base_url).rstrip("/")
        urls = {"get": f"{host}/v1/predictions/{number}", "cancel": f"{host}/v1/predictions/{number}/cancel"}
        if body.get("stream") and "unstreamed" not in name:
            urls["stream"] = f"{host}/stream/{number}"
        if "elsewhere" in name:
            urls["stream"] = "https://collector.example/stream"
        model = f"{request.path_params.get('owner', 'example')}/{name}"
        state = {"id": number, "model": model, "input": body["input"], "output": None, "error": None}
        self._predictions[number] = {**state, "logs": "", "status": "starting", "urls": urls}
        return JSONResponse(self._predictions[number], 201)

    async def stream(self, request: Request) -> Response:
        """The events of a prediction."""
        self.server.record(request, None)
        state = self._predictions[request.path_params["id"]]
        name = state["model"].rpartition("/")[2]
        try:
            self._check(request)
        except Refusal as refusal:
            return refusal.response()
        if (scripted := self.server.scripted(name, request)) is not None:
            return scripted
        if "hangs" in name:
            return self.server.hanging(b"event: output\ndata: Half\n\n")
        return self.server.stream(self._events(state))

    async def state(self, request: Request) -> Response:
        """The state of a prediction, which ends with the second look."""
        self.server.record(request, None)
        state = self._predictions[request.path_params["id"]]
        if state["status"] == "starting":
            state["status"] = "processing"
        elif state["status"] == "processing":
            self._end(state, str(request.base_url).rstrip("/"))
        return JSONResponse(state)

    async def cancel(self, request: Request) -> Response:
        """The end of a prediction."""
        self.server.record(request, None)
        state = self._predictions[request.path_params["id"]]
        state["status"] = "canceled"
        return JSONResponse(state)

    async def model(self, request: Request) -> Response:
        """A model with its schema."""
        properties = {name: {"type": "string"} for name in INPUTS}
        schema = {"components": {"schemas": {"Input": {"type": "object", "properties": properties}}}}
        owner, name = request.path_params["owner"], request.path_params["name"]
        return JSONResponse({"owner": owner, "name": name, "latest_version": {"id": "1", "openapi_schema": schema}})

    async def account(self, request: Request) -> Response:
        """The account of the key."""
        try:
            self._check(request)
        except Refusal as refusal:
            return refusal.response()
        return JSONResponse({"type": "user", "username": "asha", "name": "Asha"})

    async def file(self, request: Request) -> Response:
        """A file of an output."""
        self.server.record(request, None)
        return Response(base64.b64decode(RED_DOT), media_type="image/png")

    def _events(self, state: dict[str, Any]) -> Iterator[Event]:
        prompt = str(state["input"]["prompt"])
        text = answer_to(Asked(state["model"], prompt)).text
        for n, piece in enumerate([*pieces(text), "\n", "Bye."]):
            lines = "".join(f"data: {line}\n" for line in piece.split("\n"))
            yield f"event: output\nid: {n}:0\n{lines}\n".encode()
        if FAILING.search(prompt):
            yield b'event: error\ndata: {"detail":"The model failed."}\n\nevent: done\ndata: {"reason": "error"}\n\n'
            return
        self._end(state, "")
        yield b"event: done\ndata: {}\n\n"

    def _end(self, state: dict[str, Any], host: str) -> None:
        prompt = str(state["input"]["prompt"])
        if "draw" in state["model"]:
            state |= {"output": [f"{host}/files/out-0.png"], "metrics": {"image_count": 1, "predict_time": 2.1}}
        elif "empty" in state["model"]:
            state |= {"output": None, "metrics": {"predict_time": 1.2}}
        else:
            words = answer_to(Asked(state["model"], prompt)).text
            counts = {"input_token_count": len(prompt.split()), "output_token_count": len(words.split())}
            state |= {"output": pieces(words), "metrics": {**counts, "predict_time": 1.2}}
        state["status"] = "succeeded"

    def _check(self, request: Request, *, asks: bool = False) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not is_accepted(given, self._key):
            raise _refuse(401, "You did not pass a valid authentication token")
        if asks and is_busy(given, self._key):
            raise _refuse(429, "Request was throttled. Your rate limit resets in ~30s.")


def _refuse(status: int, detail: str) -> Refusal:
    return Refusal(status, {"title": "Refused", "detail": detail, "status": status})
