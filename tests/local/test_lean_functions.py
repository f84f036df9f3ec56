"""A function that has no web framework, behind its Function URL and at its published path."""

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from local.functions import named_handler
from local.template import Template

PLACES = ["/lambda-url/lean/", "/lambda-url/LeanFunction/", "/api/lean/hook"]
JSON = {"content-type": "application/json", "X-Signature": "abc"}


@pytest.mark.parametrize("place", PLACES)
async def test_a_lean_function_is_found_by_its_name_and_at_its_documented_path(
    http: httpx.AsyncClient, place: str
) -> None:
    answer = await http.post(place, content='{"é": 1}'.encode(), headers=JSON)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"body": '{"é": 1}'.encode().hex(), "signature": "abc"}
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("place", ["/lean/hook", "/api/lean", "/api/lean/hook/more", "/lambda-url/lean/more"])
async def test_a_lean_function_has_no_other_path(http: httpx.AsyncClient, place: str) -> None:
    answer = await http.post(place, content=b"{}", headers=JSON)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_lean_function_gets_binary_data_as_sent(http: httpx.AsyncClient) -> None:
    answer = await http.post(PLACES[0], content=b"\xff\x00\xfe", headers={"content-type": "application/octet-stream"})

    assert answer.json()["body"] == "ff00fe"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_a_lean_function_accepts_only_post(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, PLACES[0])

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "method_not_allowed"


async def test_refusals_by_a_lean_function_have_our_envelope(http: httpx.AsyncClient) -> None:
    busy = await http.post(PLACES[0], content=b"be busy", headers=JSON)
    failed = await http.post(PLACES[0], content=b"fail", headers=JSON)

    assert (busy.status_code, busy.headers["retry-after"], busy.json()["error"]["code"]) == (503, "2", "busy")
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "internal_error")
    assert "as requested" not in failed.text
    assert failed.json()["request_id"] == failed.headers["x-request-id"]


@pytest.mark.parametrize(("coded", "body"), [(True, "/wA="), (False, "ÿ")])
def test_lambda_calls_a_lean_function_with_text_or_base64(sample: Template, coded: bool, body: str) -> None:
    answer = _called(sample, {"body": body, "isBase64Encoded": coded, "headers": {"X-SIGNATURE": "abc"}})

    assert json.loads(answer["body"]) == {"body": "ff00" if coded else "c3bf", "signature": "abc"}
    assert answer["headers"]["x-request-id"] == "7d0b"


def test_invalid_base64_is_refused(sample: Template) -> None:
    assert _called(sample, {"body": "a", "isBase64Encoded": True})["statusCode"] == 422


def test_an_event_without_a_body_has_an_empty_one(sample: Template) -> None:
    assert json.loads(_called(sample, {"isBase64Encoded": False})["body"]) == {"body": "", "signature": None}


def _called(sample: Template, event: dict[str, Any]) -> dict[str, Any]:
    function = sample.function("lean")
    assert function is not None
    base = {"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "POST", "path": "/"}}}
    answer: dict[str, Any] = named_handler(function)({**base, **event}, SimpleNamespace(aws_request_id="7d0b"))
    return answer
