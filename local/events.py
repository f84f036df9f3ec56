"""Builds the events that AWS passes to a function, and the context object."""

import base64
import fnmatch
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.template import Function


@dataclass(frozen=True)
class Incoming:
    """An HTTP request as the gateway received it."""

    request_id: str
    method: str
    path: str
    """As sent, percent-encoded."""
    query: str
    headers: list[tuple[str, str]]
    source_ip: str
    body: bytes

    def header(self, name: str) -> str | None:
        """The last value of a header."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


@dataclass(frozen=True)
class Context:
    """The part of a handler's second argument that is used."""

    function_name: str
    aws_request_id: str
    deadline: float
    memory_limit_in_mb: str = "512"
    function_version: str = "live"

    @property
    def invoked_function_arn(self) -> str:
        """An ARN that cannot exist on AWS."""
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}:{self.function_version}"

    def get_remaining_time_in_millis(self) -> int:
        """The milliseconds until Lambda would kill the function."""
        return max(0, int((self.deadline - time.time()) * 1000))


def context_for(function: Function, request_id: str) -> Context:
    """The context of an invocation that starts now."""
    return Context(function.logical_id, request_id, time.time() + function.timeout)


def rest_event(
    incoming: Incoming, stage: str, resource: str, path_parameters: dict[str, str], binary_types: Iterable[str]
) -> dict[str, Any]:
    """API Gateway's REST proxy event, payload format 1.0. `path` is without the stage, as at the API's own address."""
    body, is_base64 = _body(incoming, binary_types)
    headers = _forwarded(incoming)
    query = parse_qsl(incoming.query, keep_blank_values=True)
    now = datetime.now(UTC)
    return {
        "resource": resource,
        "path": incoming.path.removeprefix(f"/{stage}") or "/",
        "httpMethod": incoming.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": _several(headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _several(query) or None,
        "pathParameters": path_parameters or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "resourcePath": resource,
            "httpMethod": incoming.method,
            "requestId": incoming.request_id,
            "extendedRequestId": incoming.request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "path": incoming.path,
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainName": incoming.header("host") or "",
            "identity": {"sourceIp": incoming.source_ip, "userAgent": incoming.header("user-agent")},
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }


def url_event(incoming: Incoming, prefix: str) -> dict[str, Any]:
    """A Function URL's event, payload format 2.0. `prefix` stands for the URL's host locally."""
    # A Function URL passes a body with a text type as text, and every other in base64.
    kind = incoming.header("content-type") or ""
    text = kind.startswith("text/") or any(word in kind for word in ("json", "xml", "javascript", "urlencoded"))
    body, is_base64 = _body(incoming, () if text else ("*/*",))
    path = incoming.path.removeprefix(prefix) or "/"
    now = datetime.now(UTC)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": incoming.query,
        "headers": {
            name: ",".join(values) for name, values in _several(_forwarded(incoming)).items() if name != "cookie"
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": incoming.header("host") or "",
            "http": {
                "method": incoming.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": incoming.source_ip,
                "userAgent": incoming.header("user-agent"),
            },
            "requestId": incoming.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": is_base64,
    }
    cookies = [part.strip() for name, value in incoming.headers if name == "cookie" for part in value.split(";")]
    optional = {
        "queryStringParameters": {
            name: ",".join(values)
            for name, values in _several(parse_qsl(incoming.query, keep_blank_values=True)).items()
        },
        "cookies": cookies,
        "body": body,
    }
    return event | {name: value for name, value in optional.items() if value}


def schedule_event(request_id: str, moment: datetime) -> dict[str, Any]:
    """The event of a schedule without an input of its own."""
    return {
        "version": "0",
        "id": request_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": "{}",
    }


def _body(incoming: Incoming, binary_types: Iterable[str]) -> tuple[str | None, bool]:
    if not incoming.body:
        return None, False
    kind = (incoming.header("content-type") or "").partition(";")[0].strip()
    if any(fnmatch.fnmatch(kind, pattern) for pattern in binary_types):
        return base64.b64encode(incoming.body).decode(), True
    return incoming.body.decode(errors="replace"), False


def _forwarded(incoming: Incoming) -> list[tuple[str, str]]:
    added = {"x-forwarded-for": incoming.source_ip, "x-forwarded-proto": "http"}
    return [(name, value) for name, value in incoming.headers if name not in added] + list(added.items())


def _several(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
