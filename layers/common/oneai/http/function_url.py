"""Handlers of a Function URL without a web framework, whose import would be most of a cold start."""

import binascii
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oneai import jobs, log, request_context
from oneai.errors import InternalError, InvalidRequest, MethodNotAllowed, NotFound, OneAIError, envelope_bytes
from oneai.errors import headers as error_headers
from oneai.http import failures
from oneai.http.failures import log_failure
from oneai.http.headers import NOT_SNIFFED, NOT_STORED


@dataclass(frozen=True)
class PostedRequest:
    """A `POST` request: the body's bytes as sent, headers by lower-case name, and the path."""

    body: bytes
    headers: Mapping[str, str]
    path: str = "/"


class FunctionUrlHandler:
    """A Lambda handler of Function URL events (payload 2.0) that accepts `POST` and answers in JSON: at `/`, or with
    `under` at that path and one more segment."""

    def __init__(self, receive: Callable[[PostedRequest], Awaitable[dict[str, Any]]], under: str | None = None) -> None:
        self._receive = receive
        self._under = under

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The entry point for Lambda."""
        return jobs.run(self.answer(event, context))

    async def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The entry point inside a running event loop. Never raises: errors become responses in our envelope."""
        request_id = getattr(context, "aws_request_id", None) or str(uuid.uuid4())
        request_context.begin(request_id)
        try:
            body = json.dumps(await self._receive(self._request(event))).encode()
            return _answer(200, {}, body, request_id)
        except OneAIError as error:
            log_failure(error, None)
            return _refusal(error, request_id)
        except Exception:  # noqa: BLE001  the last resort: its text goes to the log
            log.exception("a request failed with an unexpected error")
            return _refusal(InternalError(), request_id)

    def _request(self, event: Mapping[str, Any]) -> PostedRequest:
        path: str = event["rawPath"]
        folder, _, name = path.rpartition("/")
        if path != "/" if self._under is None else folder != self._under or not name:
            raise NotFound
        if event["requestContext"]["http"]["method"] != "POST":
            raise MethodNotAllowed
        body = event.get("body") or ""
        try:
            # A lone surrogate cannot come from UTF-8: the signature check refuses it.
            raw = binascii.a2b_base64(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
        except ValueError:
            raise InvalidRequest from None
        return PostedRequest(raw, {name.lower(): value for name, value in (event.get("headers") or {}).items()}, path)


def _refusal(error: OneAIError, request_id: str) -> dict[str, Any]:
    failures.count_refusal(error, "webhook")
    headers = error_headers(error)
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = "POST"
    return _answer(error.status, headers, envelope_bytes(error, request_id), request_id)


def _answer(status: int, headers: dict[str, str], body: bytes, request_id: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {
            "content-type": "application/json",
            "x-request-id": request_id,
            **NOT_STORED,
            **NOT_SNIFFED,
            **headers,
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }
