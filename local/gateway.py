"""The local gateway: one process and one loop that stand for API Gateway, Lambda, Function URLs and the scheduler.

A request is turned into the event that AWS would build, the function receives it, and AWS's limits apply. Run by
`python -m local.serve`, which the supervisor starts.
"""

import asyncio
from typing import Any
from uuid import uuid4

from local import cors
from local.answers import EXPOSED, GatewayResponse, preflight, refusal, with_request_id
from local.buffered import BufferedFunction
from local.environment import runs_chat_remotely
from local.events import Incoming, rest_event, url_event
from local.lambda_runtime.remote_function import RemoteFunction
from local.limits import API_BODY_BYTES, INVOCATION_BYTES, STREAM_SECONDS
from local.path_patterns import Routes
from local.route_table import served
from local.streamed import StreamedFunction
from local.template import Function, Template
from local.web import widget_origin
from local.web.app import WebApp
from oneai import log
from oneai.errors import BodyTooLarge, InternalError, MethodNotAllowed, NotFound, OneAIError
from oneai.http import openai_headers

_LAMBDA_URL = "/lambda-url/"
_OPENAI_API = "/v1/"
# A client that is refused while it is still sending would see a broken connection instead of the error.
_DRAIN_BYTES = 64 * 1024 * 1024


class Gateway:
    """An ASGI app that serves the template's routes.

    `mounts` are apps at their own prefixes; `web` is the web app, at every other address that a browser opens;
    `widget_origin` has the documents of chatbots.
    """

    def __init__(
        self,
        template: Template,
        mounts: dict[str, Any] | None = None,
        cors_origins: str = "",
        web: WebApp | None = None,
        widget_origin: str = "",
    ) -> None:
        self.template = template
        self.mounts = mounts or {}
        self.cors_origins = cors_origins
        self.web = web
        self.widget_origin = widget_origin
        self.routes = Routes(template.routes)
        self.functions_by_url = {
            f"/{template.stage}{each.url_path}": each for each in template.functions if each.url_path
        }
        streamed = {r.function.logical_id for r in template.routes if r.streamed}
        streamed |= {f.logical_id for f in template.functions if f.url_mode == "RESPONSE_STREAM"}
        buffered = {r.function.logical_id for r in template.routes if not r.streamed}
        buffered |= {f.logical_id for f in template.functions if f.url_mode == "BUFFERED"}
        by_id = {function.logical_id: function for function in template.functions}
        run_streamed = RemoteFunction if runs_chat_remotely() else StreamedFunction
        self.streamed: dict[str, RemoteFunction | StreamedFunction] = {
            name: run_streamed(by_id[name]) for name in streamed
        }
        self.buffered = {name: BufferedFunction(by_id[name], template.binary_types) for name in buffered}
        self.patterns = Routes(served(template, lambda function: self.buffered[function.logical_id].app))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"The gateway does not speak {scope['type']}.")
        if found := widget_origin.api_path(scope, self.widget_origin):
            scope = {**scope, "path": found, "raw_path": found.encode(), "query_string": b""}
        path: str = scope["path"]
        request_id = str(uuid4())
        for prefix, app in self.mounts.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                await app({**scope, "root_path": prefix}, receive, _with_request_id(send, request_id))
                return
        if self.web is not None and self._is_for_web(self.web, scope):
            await self.web(scope, receive, _with_request_id(send, request_id))
            return
        try:
            incoming = await _read_request(scope, receive, request_id)
            exposed = openai_headers.EXPOSED if self._is_openais(path) else EXPOSED
            await self._serve(incoming, cors.readable(send, incoming.header("origin"), self.cors_origins, exposed))
        except OneAIError as error:
            if error.status >= 500:
                log.exception("the gateway refused", resource=self._resource(path))
            allowed = error.extra.pop("allow", None)
            await refusal(error, request_id, **({"allow": allowed} if allowed else {})).send(send)
        except Exception:  # noqa: BLE001  the last resort
            log.exception("the gateway failed", resource=self._resource(path))
            await refusal(InternalError(), request_id).send(send)

    async def startup(self) -> None:
        """Starts the streaming apps; buffered ones have no lifespan, as on Lambda."""
        await asyncio.gather(*(function.startup() for function in self.streamed.values()))

    async def shutdown(self) -> None:
        """Lets the streaming apps settle their running answers."""
        await asyncio.gather(*(function.shutdown() for function in self.streamed.values()))

    def kill(self, function: Function) -> bool:
        """Kills the processes of a function that runs in others than this one; whether it does."""
        streamed = self.streamed.get(function.logical_id)
        if isinstance(streamed, RemoteFunction):
            streamed.kill()
        return isinstance(streamed, RemoteFunction)

    async def _serve(self, incoming: Incoming, send: Any) -> None:
        if incoming.path.startswith(_LAMBDA_URL):
            name = incoming.path.removeprefix(_LAMBDA_URL).partition("/")[0]
            await self._function_url(self.template.function(name), incoming, f"{_LAMBDA_URL}{name}", send)
            return
        if found := self._with_url(incoming.path):
            await self._function_url(found[0], incoming, found[1], send)
            return
        resource = None
        stage = self.template.stage
        # A domain of one's own has a second mapping, with an empty path, for clients that expect `/v1`.
        if incoming.path.startswith((f"/{stage}/", _OPENAI_API)):
            resource = self.routes.find(incoming.path.removeprefix(f"/{stage}"))
        if resource is None:
            raise NotFound
        methods, path_parameters = resource
        route = methods.get(incoming.method) or methods.get("ANY")
        allowed_headers = self.template.preflights.get(next(iter(methods.values())).path)
        if incoming.method == "OPTIONS" and (route is None or allowed_headers is not None):
            origin = incoming.header("origin")
            answer = preflight(origin if cors.allowed(origin, self.cors_origins) else None, allowed_headers)
            answer.headers = with_request_id(answer.headers, incoming.request_id)
            await answer.send(send)
            return
        if route is None:
            known, _ = self.patterns.find(incoming.path.removeprefix(f"/{stage}")) or ({}, {})
            raise MethodNotAllowed(allow=", ".join(sorted({*known, "OPTIONS"}))) if known else NotFound()
        event = rest_event(incoming, stage, route.path, path_parameters, self.template.binary_types)
        await self._invoke(route.function, event, incoming.request_id, route.timeout, send, streamed=route.streamed)

    def _with_url(self, path: str) -> tuple[Function, str] | None:
        """The function whose URL is served at this path, and what of the path its URL does not have: all of it, or the
        stage of a path below."""
        if function := self.functions_by_url.get(path):
            return function, path
        function = self.functions_by_url.get(path.rpartition("/")[0])
        return None if function is None else (function, f"/{self.template.stage}")

    def _is_for_web(self, web: WebApp, scope: dict[str, Any]) -> bool:
        """Whether a browser asks for the web app: any page that is not a route of the API, its files, and `/`."""
        ours = (f"/{self.template.stage}/", _LAMBDA_URL, _OPENAI_API)
        if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(ours):
            return False
        accepted = next((value for name, value in scope["headers"] if name.lower() == b"accept"), b"")
        return scope["path"] == "/" or b"text/html" in accepted or web.has_file(scope["path"])

    def _is_openais(self, path: str) -> bool:
        """Whether OpenAI's clients ask here."""
        return path.removeprefix(f"/{self.template.stage}").startswith(_OPENAI_API)

    def _resource(self, path: str) -> str | None:
        """The path's pattern: the path itself may contain a share's token."""
        found = self.patterns.find(path.removeprefix(f"/{self.template.stage}"))
        return next(route.path for route in found[0].values()) if found else None

    async def _function_url(self, function: Function | None, incoming: Incoming, address: str, send: Any) -> None:
        if function is None or function.url_mode is None:
            raise NotFound
        if len(incoming.body) > INVOCATION_BYTES:
            raise BodyTooLarge
        event = url_event(incoming, address)
        streamed = function.url_mode == "RESPONSE_STREAM"
        patience = STREAM_SECONDS if streamed else float(function.timeout)
        await self._invoke(function, event, incoming.request_id, patience, send, streamed=streamed)

    async def _invoke(
        self, function: Function, event: dict[str, Any], request_id: str, patience: float, send: Any, *, streamed: bool
    ) -> None:
        if streamed:
            await self.streamed[function.logical_id].invoke(event, request_id, patience, send)
            return
        answer: GatewayResponse = await self.buffered[function.logical_id].invoke(event, request_id, patience)
        answer.headers = with_request_id(answer.headers, request_id)
        await answer.send(send)


def _with_request_id(send: Any, request_id: str) -> Any:
    """A `send` that adds `X-Request-Id` to every response."""

    async def named(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": with_request_id(list(message.get("headers", ())), request_id)}
        await send(message)

    return named


async def _read_request(scope: dict[str, Any], receive: Any, request_id: str) -> Incoming:
    """Reads the whole request, as API Gateway does. Raises BodyTooLarge."""
    body = bytearray()
    received = 0
    more = True
    while more and received <= _DRAIN_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        piece = message.get("body", b"")
        received += len(piece)
        if received <= API_BODY_BYTES:
            body += piece
        more = message.get("more_body", False)
    if received > API_BODY_BYTES:
        raise BodyTooLarge
    return Incoming(
        request_id=request_id,
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        source_ip=(scope.get("client") or ("127.0.0.1", 0))[0],
        body=bytes(body),
    )
