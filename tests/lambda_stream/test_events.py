"""The same request looks the same to an app, however it reached Lambda."""

import base64
from typing import Any

import pytest

from oneai.lambda_stream import is_http, scope_from
from tests.lambda_stream.sandbox import rest_event, url_event


def scope_of(event: dict[str, Any]) -> dict[str, Any]:
    return scope_from(event, request_id="r", deadline_ms=1)[0]


def body_of(event: dict[str, Any]) -> bytes:
    return scope_from(event, request_id="r", deadline_ms=1)[1]


@pytest.mark.parametrize("make", [rest_event, url_event])
@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/chat/stream", "/chat/stream"),
        ("/api/chat/stream", "/chat/stream"),
        ("/api", "/"),
        ("/api/", "/"),
        ("/apiary", "/apiary"),
        ("/chat/api/x", "/chat/api/x"),
        ("", "/"),
        ("/conversations/%E0%A4%A8", "/conversations/न"),
    ],
)
def test_the_base_path_of_a_custom_domain_is_removed_and_the_path_decoded(make: Any, path: str, seen: str) -> None:
    assert scope_of(make(path))["path"] == seen


def test_the_raw_path_remains_encoded() -> None:
    assert scope_of(url_event("/api/a%2Fb"))["raw_path"] == b"/a%2Fb"
    assert scope_of(rest_event("/न"))["raw_path"] == b"/%E0%A4%A8"


def test_a_rest_event_keeps_every_value_of_a_header_and_joins_cookies() -> None:
    event = rest_event(
        headers={"Accept": "b", "Only-Single": "s", "cookie": "b=2"},
        multiValueHeaders={"Accept": ["a", "b"], "cookie": ["a=1", "b=2"], "Empty": None},
    )
    assert sorted(scope_of(event)["headers"]) == [
        (b"accept", b"a"),
        (b"accept", b"b"),
        (b"cookie", b"a=1; b=2"),
        (b"only-single", b"s"),
    ]


def test_a_function_url_event_has_its_cookies_among_its_headers() -> None:
    event = url_event(headers={"Host": "here:8443", "X-Several": "a,b"}, cookies=["a=1", "b=2"])
    assert scope_of(event)["headers"] == [
        (b"host", b"here:8443"),
        (b"x-several", b"a,b"),
        (b"cookie", b"a=1; b=2"),
    ]


def test_the_query_of_a_rest_event_is_reassembled() -> None:
    event = rest_event(
        queryStringParameters={"tag": "b", "q": "a b&c"},
        multiValueQueryStringParameters={"tag": ["a", "b"], "q": ["a b&c"]},
    )
    assert scope_of(event)["query_string"] == b"tag=a&tag=b&q=a+b%26c"
    assert scope_of(rest_event(queryStringParameters={"limit": "5"}))["query_string"] == b"limit=5"


def test_the_query_of_a_function_url_is_passed_as_sent() -> None:
    assert scope_of(url_event(rawQueryString="tag=a&tag=b%20c"))["query_string"] == b"tag=a&tag=b%20c"


@pytest.mark.parametrize("make", [rest_event, url_event])
def test_a_body_is_decoded_only_if_the_event_says_so(make: Any) -> None:
    assert body_of(make(body=base64.b64encode(b"\x00\xff").decode(), isBase64Encoded=True)) == b"\x00\xff"
    assert body_of(make(body="AAEC", isBase64Encoded=False)) == b"AAEC"
    assert body_of(make(body="नमस्ते")) == "नमस्ते".encode()
    assert body_of(make(body=None)) == b""
    assert body_of(make(body="")) == b""


def test_a_lone_surrogate_is_left_to_the_parser_of_the_body() -> None:
    assert body_of(rest_event(body='"\ud83d"')) == b'"\xed\xa0\xbd"'


@pytest.mark.parametrize(
    ("headers", "server", "scheme"),
    [
        ({"Host": "api.example.com"}, ("api.example.com", 443), "https"),
        ({"Host": "api.example.com", "X-Forwarded-Port": "8443"}, ("api.example.com", 8443), "https"),
        ({"Host": "127.0.0.1:8000", "X-Forwarded-Proto": "http"}, ("127.0.0.1", 8000), "http"),
        ({}, None, "https"),
        (None, None, "https"),
    ],
)
def test_server_and_scheme_are_read_from_the_headers(
    headers: dict[str, str] | None, server: tuple[str, int] | None, scheme: str
) -> None:
    scope = scope_of(rest_event(headers=headers, multiValueHeaders=None))
    assert (scope["server"], scope["scheme"]) == (server, scheme)


@pytest.mark.parametrize("make", [rest_event, url_event])
def test_the_client_address_is_read_from_the_event(make: Any) -> None:
    assert scope_of(make())["client"] == ("203.0.113.7", 0)


def test_an_event_without_a_context_has_a_scope() -> None:
    scope = scope_of({"httpMethod": "get", "path": "/health"})
    assert (scope["method"], scope["path"], scope["client"]) == ("GET", "/health", None)


def test_the_scope_has_the_invocation() -> None:
    scope, _ = scope_from(rest_event(), request_id="r-1", deadline_ms=99)
    assert scope["extensions"]["oneai.invocation"] == {"request_id": "r-1", "deadline_ms": 99, "tasks": set()}


@pytest.mark.parametrize(
    ("event", "somebody_waits"),
    [
        (rest_event(), True),
        (url_event(), True),
        ({"source": "aws.events"}, False),
        ({"requestContext": {"stage": "api"}}, False),
        ({"requestContext": None}, False),
        ([], False),
        (None, False),
    ],
)
def test_only_http_events_are_requests(event: Any, somebody_waits: bool) -> None:
    assert is_http(event) is somebody_waits
