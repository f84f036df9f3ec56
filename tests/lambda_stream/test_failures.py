"""The platform and the user get defined errors when something fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lambda_stream.sandbox import function, rest_event

pytestmark = pytest.mark.sampled(0.4)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ("plain.fails_first", "LookupError"),
        ("plain.says_nothing", "Fault"),
        ("plain.long_headers", "ValueError"),
    ],
)
async def test_an_app_that_fails_before_its_response_is_a_500_in_our_envelope(
    tmp_path: Path, handler: str, reason: str
) -> None:
    async with function(handler, tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        prelude = await invocation.prelude()
        envelope = json.loads(await invocation.rest())

        assert prelude["statusCode"] == 500
        assert prelude["headers"]["x-request-id"] == envelope["request_id"] == invocation.request_id
        assert envelope["error"]["code"] == "internal_error"
        assert "a private detail" not in json.dumps(envelope)
        assert invocation.trailers == {}
        await chat.api.called("/next", times=2)
        assert [(line["exception_name"], line["function_request_id"]) for line in chat.log()] == [
            (reason, invocation.request_id)
        ]


async def test_an_error_page_of_the_app_is_passed_on_unchanged(tmp_path: Path) -> None:
    async with function("starlette_app.app", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event("/broken"))
        assert (await invocation.prelude())["statusCode"] == 500
        assert await invocation.rest() == b'{"error":{"code":"internal_error"}}'
        await chat.api.called("/next", times=2)


async def test_an_app_that_fails_between_two_chunks_reports_it_in_the_trailers(tmp_path: Path) -> None:
    async with function("plain.fails_between", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.prelude()
        assert await invocation.rest() == b"data: one\n\n"

        assert not invocation.truncated
        assert invocation.trailers["lambda-runtime-function-error-type"] == "Function.LookupError"
        assert invocation.error["errorType"] == "Function.LookupError"
        assert invocation.error["errorMessage"] == "the well is dry"
        assert "fails_between" in "".join(invocation.error["stackTrace"])
        await chat.api.called("/next", times=2)


async def test_an_app_that_returns_during_its_response_reports_it_in_the_trailers(tmp_path: Path) -> None:
    async with function("plain.stops_short", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.rest()
        assert invocation.trailers["lambda-runtime-function-error-type"] == "Runtime.IncompleteResponse"


async def test_a_failure_after_the_response_is_only_logged(tmp_path: Path) -> None:
    async with function("plain.fails_after", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.prelude()
        assert await invocation.rest() == b"data: one\n\n"
        assert invocation.trailers == {}
        await chat.api.called("/next", times=2)
        assert [line["exception_name"] for line in chat.log()] == ["LookupError"]


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("unimportable.app", "Runtime.ImportModuleError"),
        ("nowhere.app", "Runtime.ImportModuleError"),
        ("failing_import.app", "Function.LookupError"),
        ("plain.nothing_of_that_name", "Runtime.HandlerNotFound"),
        ("plain", "Runtime.MalformedHandlerName"),
    ],
)
async def test_a_function_that_cannot_be_imported_is_an_init_error(
    tmp_path: Path, handler: str, error_type: str
) -> None:
    async with function(handler, tmp_path) as chat:
        failure = await chat.api.failures.get()

        assert failure.path == "/init/error"
        assert failure.headers["lambda-runtime-function-error-type"] == failure.body["errorType"] == error_type
        assert await chat.exit_code() == 1
        assert chat.api.calls == ["/init/error"]


async def test_a_syntax_error_is_an_init_error_with_its_location(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def app(:\n")
    async with function("main.app", tmp_path, {"LAMBDA_TASK_ROOT": str(tmp_path)}) as chat:
        failure = await chat.api.failures.get()
        assert failure.body["errorType"] == "Runtime.UserCodeSyntaxError"
        assert "main.py, line 1" in failure.body["errorMessage"]
        assert await chat.exit_code() == 1


@pytest.mark.parametrize("event", [{}, {"source": "aws.events"}, [], None, "warm up"])
async def test_an_event_that_is_not_http_is_acknowledged_without_calling_the_app(tmp_path: Path, event: object) -> None:
    async with function("plain.fails_first", tmp_path) as chat:
        invocation = chat.api.invoke(json.dumps(event))
        assert await invocation.rest() == b"{}"
        assert "lambda-runtime-function-response-mode" not in invocation.request_headers
        await chat.api.called("/next", times=2)
        assert chat.log() == []


async def test_an_event_that_is_not_json_is_an_invocation_error(tmp_path: Path) -> None:
    async with function("plain.echo", tmp_path) as chat:
        invocation = chat.api.invoke("{", extra_headers={"Lambda-Runtime-Invocation-Id": "i-1"})
        await invocation.ended.wait()
        assert invocation.failure is not None
        assert invocation.failure.headers["lambda-runtime-function-error-type"] == "Runtime.UnmarshalError"
        assert invocation.failure.headers["lambda-runtime-invocation-id"] == "i-1"
        await chat.api.called("/next", times=2)


@pytest.mark.parametrize(
    "refusal",
    [
        ("403 Forbidden", "InvalidStateTransition", "State transition failed for runtime."),
        ("400 Bad Request", "InvalidRequestID", "Invalid request ID"),
        ("413 Request Entity Too Large", "RequestEntityTooLarge", "Exceeded maximum allowed payload size"),
    ],
)
async def test_a_runtime_whose_response_is_refused_restarts(tmp_path: Path, refusal: tuple[str, str, str]) -> None:
    async with function("plain.with_lifespan", tmp_path) as chat:
        chat.api.invoke(rest_event(), refuse_with=refusal)
        assert await chat.exit_code() == 1
        assert (tmp_path / "shut down").exists()
        assert chat.log()[-1]["exception_name"] == "RuntimeApiError"
        assert refusal[1] in chat.log()[-1]["exception"]


@pytest.mark.parametrize(
    "break_off",
    [
        {"hang_up_after_chunks": 3},
        {"refuse_with": ("400 Bad Request", "InvalidRequestID", "Invalid request ID")},
    ],
)
async def test_a_broken_connection_ends_the_response_and_not_the_task_that_saves_it(
    tmp_path: Path, break_off: dict[str, Any]
) -> None:
    async with function("plain.writes_for_ever", tmp_path) as chat:
        chat.api.invoke(rest_event(), **break_off)
        assert await chat.exit_code() == 1
        assert (tmp_path / "saved").exists()
        assert chat.api.calls == ["/next", "/response"]


async def test_a_missing_runtime_api_ends_the_process(tmp_path: Path) -> None:
    async with function("plain.echo", tmp_path, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}) as chat:
        assert await chat.exit_code() == 1
        assert chat.log()[-1]["exception_name"] == "RuntimeApiError"
