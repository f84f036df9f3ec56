"""Events of API Gateway (REST, payload 1.0) and Function URLs (payload 2.0) as ASGI scopes."""

import binascii
from asyncio import Task
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import quote, unquote, urlencode

type Message = dict[str, Any]
type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]
type HeaderList = list[tuple[bytes, bytes]]

# The path of an event has the prefix if a custom domain is mapped at `api`, but not at the stage's own address.
BASE_PATH = "/api"


class InvocationContext(TypedDict):
    """The value of `scope["extensions"]["oneai.invocation"]`.

    Tasks that the app adds to `tasks` may outlive the response: Lambda freezes the process between invocations, so
    the runtime polls for the next one only when they are done.
    """

    request_id: str
    deadline_ms: int
    tasks: set[Task[Any]]


def is_http(event: Any) -> bool:
    """Whether the event is an HTTP request.

    API Gateway is said to send a second, non-HTTP invocation when a stream is complete; schedules and consoles send
    events of any form.
    """
    return isinstance(event, dict) and ("httpMethod" in event or is_function_url(event))


def is_function_url(event: Mapping[str, Any]) -> bool:
    """Whether the event has payload format 2.0, whose responses have their cookies in a separate field."""
    context = event.get("requestContext")
    return isinstance(context, dict) and "http" in context


def gateway_request_id(event: Mapping[str, Any]) -> str | None:
    """API Gateway's id of the request; None for other events.

    The extended id: `requestId` can be chosen by the client ("$context variables" in API Gateway's developer guide).
    """
    context = event.get("requestContext")
    extended = context.get("extendedRequestId") if isinstance(context, dict) else None
    return extended if isinstance(extended, str) and extended else None


def scope_from(event: dict[str, Any], *, request_id: str, deadline_ms: int) -> tuple[Scope, bytes]:
    """The ASGI scope of an HTTP event, and its body. The prefix `/api` of a custom domain is removed.

    `request_id` is Lambda's; the app's is API Gateway's, where there is one: its access log has it too.
    """
    if is_function_url(event):
        http = event["requestContext"]["http"]
        method, path, source = http["method"], event.get("rawPath") or "/", http.get("sourceIp")
        query = event.get("rawQueryString") or ""
        headers = _function_url_headers(event)
    else:
        method, path = event["httpMethod"], event.get("path") or "/"
        source = ((event.get("requestContext") or {}).get("identity") or {}).get("sourceIp")
        query = urlencode(
            event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}, doseq=True
        )
        headers = _rest_headers(event)
    path = _without_base_path(path)
    first = {name: value.decode("latin-1") for name, value in reversed(headers)}
    invocation: InvocationContext = {
        "request_id": gateway_request_id(event) or request_id,
        "deadline_ms": deadline_ms,
        "tasks": set(),
    }
    scope = {
        "type": "http",
        # 2.4 lets `send` raise OSError when the client has disconnected, so that Starlette needs no listener.
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": first.get(b"x-forwarded-proto", "https"),
        "path": unquote(path),
        "raw_path": quote(path, safe="/%:@!$&'()*+,;=~-._").encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": (source, 0) if source else None,
        "server": _server(first.get(b"host"), first.get(b"x-forwarded-port")),
        "extensions": {"oneai.invocation": invocation},
    }
    return scope, _body(event)


def _rest_headers(event: Mapping[str, Any]) -> HeaderList:
    """One entry per value. `headers` has only the last value of each name, and hand-written events have only it."""
    values = {name.lower(): [value] for name, value in (event.get("headers") or {}).items()}
    values |= {name.lower(): value for name, value in (event.get("multiValueHeaders") or {}).items()}
    if "cookie" in values:
        values["cookie"] = ["; ".join(filter(None, values["cookie"]))]
    return _encode((name, value) for name, several in values.items() for value in several or ())


def _function_url_headers(event: Mapping[str, Any]) -> HeaderList:
    """Repeated headers arrive joined by commas; cookies arrive in a list of their own."""
    values = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):
        values["cookie"] = "; ".join(event["cookies"])
    return _encode(values.items())


def _encode(headers: Iterable[tuple[str, str | None]]) -> HeaderList:
    return [(name.encode(), value.encode()) for name, value in headers if value is not None]


def _without_base_path(path: str) -> str:
    if path == BASE_PATH or path.startswith(f"{BASE_PATH}/"):
        return path.removeprefix(BASE_PATH) or "/"
    return path


def _server(host: str | None, port: str | None) -> tuple[str, int] | None:
    if not host:
        return None
    name, colon, own_port = host.rpartition(":")
    if colon and own_port.isdecimal():
        return name, int(own_port)
    return host, int(port) if port and port.isdecimal() else 443


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    # A lone surrogate is not text: the body's parser refuses it, instead of this line failing.
    return binascii.a2b_base64(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
