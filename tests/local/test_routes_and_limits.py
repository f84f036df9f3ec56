"""The gateway does what API Gateway and Lambda do, refusals included."""

import asyncio
import base64

import httpx
import pytest

from local import streamed
from tests.patience import eventually

pytestmark = pytest.mark.exhaustive

MEGABYTE = 1024 * 1024


def code(answer: httpx.Response) -> str:
    """The error's code, once the envelope is right."""
    body = answer.json()
    assert body["request_id"] == answer.headers["x-request-id"]
    return str(body["error"]["code"])


async def _left(http: httpx.AsyncClient) -> str:
    return (await http.get("/api/left")).text


async def test_a_request_becomes_the_event_of_its_resource(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/whole/na%20me?q=one&q=t%C3%B6&empty=")

    seen = answer.json()
    assert seen["resource"] == "/whole/{name}"
    assert seen["path"] == "/whole/na%20me"
    assert seen["parameters"] == {"name": "na me"}
    assert seen["query"] == [["q", "one"], ["q", "tö"], ["empty", ""]]
    assert 0 < seen["remaining"] <= 30_000


async def test_literal_paths_win_over_parameters_and_greedy_ones_take_the_rest(http: httpx.AsyncClient) -> None:
    word, rest = await asyncio.gather(http.get("/api/whole/word"), http.get("/api/rest/of/the/path"))

    assert word.json()["resource"] == "/whole/word"
    assert (rest.json()["resource"], rest.json()["parameters"]) == ("/rest/{path+}", {"path": "of/the/path"})


async def test_a_path_missing_from_the_template_gets_404(http: httpx.AsyncClient) -> None:
    for path in ("/api/nowhere", "/whole/word", "/api", "/api/whole/a/b", "/lambda-url/whole/", "/"):
        answer = await http.get(path)
        assert (answer.status_code, code(answer)) == (404, "not_found"), path


async def test_another_method_of_a_known_resource_is_refused_with_the_allowed_ones(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/count")

    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "OPTIONS, POST"


async def test_every_response_has_a_request_id_and_repeated_headers_are_kept_separate(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/whole/word")

    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert [cookie.split(";")[0] for cookie in answer.headers.get_list("set-cookie")] == ["one=1", "two=2"]


async def test_listed_origins_may_send_requests_and_any_page_may_read_a_refusal(
    http: httpx.AsyncClient,
) -> None:
    preflight = {"access-control-request-method": "POST"}
    for origin, allowed in (("https://www.example", "https://www.example"), ("https://evil.example", None)):
        answer = await http.options("/api/trickle", headers={"origin": origin, **preflight})
        assert answer.status_code == 200
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "POST" in answer.headers["access-control-allow-methods"]

    refused = await http.get("/api/nowhere", headers={"origin": "https://evil.example"})
    assert refused.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip() for name in refused.headers["access-control-expose-headers"].split(",")}
    assert exposed >= {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id"}


async def test_bodies_are_limited_to_the_size_that_lambda_accepts(http: httpx.AsyncClient) -> None:
    fits = await http.post("/api/count", content=b"x" * (5 * MEGABYTE))
    assert fits.json()["bytes"] == 5 * MEGABYTE

    for megabytes in (6, 11):  # Lambda's limit, API Gateway's limit
        for path in ("/api/count", "/api/trickle"):
            answer = await http.post(path, content=b"x" * (megabytes * MEGABYTE))
            assert (answer.status_code, code(answer)) == (413, "body_too_large"), (path, megabytes)


async def test_a_body_that_escaping_makes_too_large_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/count", content=b'"' * (4 * MEGABYTE))

    assert (answer.status_code, code(answer)) == (413, "body_too_large")


async def test_a_buffered_response_over_six_megabytes_is_a_bad_gateway(http: httpx.AsyncClient) -> None:
    fits = await http.get(f"/api/large?bytes={5 * MEGABYTE}")
    assert len(fits.content) == 5 * MEGABYTE

    answer = await http.get(f"/api/large?bytes={6 * MEGABYTE}")
    assert (answer.status_code, code(answer)) == (502, "internal_error")


async def test_a_late_function_is_a_504_and_one_beyond_its_own_timeout_a_502(
    http: httpx.AsyncClient,
) -> None:
    late, dead = await asyncio.gather(http.get("/api/sleep"), http.get("/api/sleep/too/long"))

    assert (late.status_code, code(late)) == (504, "timeout")
    assert (dead.status_code, code(dead)) == (502, "internal_error")


async def test_binary_bodies_are_passed_as_base64(http: httpx.AsyncClient) -> None:
    picture = await http.post("/api/whole/picture", content=bytes(range(256)), headers={"content-type": "image/png"})

    assert (picture.json()["base64"], picture.json()["bytes"]) == (True, 256)


async def test_binary_responses_are_bytes_if_the_first_accepted_type_is_binary(
    http: httpx.AsyncClient,
) -> None:
    asked = await http.get("/api/whole/drawing", headers={"accept": "image/png,*/*"})
    other = await http.get("/api/whole/drawing", headers={"accept": "*/*"})

    assert asked.content == bytes(range(256))
    assert base64.b64decode(other.content) == bytes(range(256))


async def test_a_stream_arrives_as_it_is_written(http: httpx.AsyncClient) -> None:
    async with http.stream("POST", "/api/trickle", content="outlive the client") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]

    assert answer.headers["x-request-id"]
    assert len(pieces) > 5
    assert b"".join(pieces) == b"first " + b"on and on " * 20 + b"last"


async def test_an_app_is_not_notified_that_its_client_left(http: httpx.AsyncClient) -> None:
    async with http.stream("POST", "/api/trickle", content="outlive the client") as answer:
        await anext(answer.aiter_raw())

    left = await eventually(lambda: _left(http), lambda left: left != "none")
    assert left == "wrote to the end"


async def test_a_background_task_runs_after_the_response(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/trickle", content="leave a task")
    assert answer.text == "first last"

    left = await eventually(lambda: _left(http), lambda left: left != "none")
    assert left == "the task ran"


async def test_a_failing_stream_is_an_error_before_its_first_byte_and_a_broken_one_after(
    http: httpx.AsyncClient,
) -> None:
    before = await http.post("/api/trickle", content="fail at once")
    assert (before.status_code, code(before)) == (500, "internal_error")

    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/api/trickle", content="fail midway")


async def test_a_stream_is_cut_off_at_its_timeout(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/api/trickle/short", content="be silent")


async def test_a_silent_stream_is_cut_off(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "STREAM_IDLE_SECONDS", 0.2)

    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/api/trickle", content="be silent")


async def test_a_function_url_accepts_every_path_below_its_address(http: httpx.AsyncClient) -> None:
    headers = {"x-signature": "abc", "cookie": "a=1; b=2", "content-type": "application/json"}
    answer = await http.post("/lambda-url/hook/some/path?x=1", content='{"é": 1}'.encode(), headers=headers)

    assert answer.json() == {
        "version": "2.0",
        "path": "/some/path",
        "cookies": ["a=1", "b=2"],
        "signature": "abc",
        "body": '{"é": 1}',
    }
