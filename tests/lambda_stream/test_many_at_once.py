"""Many invocations at once in one process, as on Lambda Managed Instances: each is as if it were alone."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from local.lambda_runtime import Invocation
from tests.lambda_stream.sandbox import Function, function, rest_event
from tests.patience import eventually

pytestmark = pytest.mark.sampled(0.4)

MANY = 8


async def ask(chat: Function, count: int) -> list[Invocation]:
    """Starts this many streams, which wait for the test to continue."""
    invocations = [chat.api.invoke(rest_event(f"/ask/{n}")) for n in range(count)]
    for invocation in invocations:
        await invocation.prelude()
        assert await invocation.chunk() == b"data: one\n\n"
    return invocations


async def all_end_well(chat: Function, invocations: list[Invocation]) -> None:
    """Lets the streams of `ask` go on: each ends with its own last piece."""
    chat.say("go on")
    assert [await each.rest() for each in invocations] == [f"data: {n}\n\n".encode() for n in range(len(invocations))]
    assert not any(each.truncated or each.trailers for each in invocations)


async def test_the_number_of_open_polls_is_the_one_lambda_allows(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        await chat.api.called("/next", times=MANY)
        invocations = await ask(chat, MANY)
        assert chat.api.open_polls == 0
        await all_end_well(chat, invocations)
        await chat.api.called("/next", times=2 * MANY)
        assert chat.api.calls.count("/next") == 2 * MANY
        assert chat.log() == []


async def test_a_concurrency_of_one_makes_the_same_calls_as_none(tmp_path: Path) -> None:
    async with function("plain.echo", tmp_path, concurrency=1) as chat:
        for _ in range(2):
            traced = chat.api.invoke(rest_event(), extra_headers={"Lambda-Runtime-Trace-Id": "Root=1-2-3"})
            await traced.prelude()
            assert json.loads(await traced.rest())["trace_id"] == "Root=1-2-3"
        assert chat.api.calls[:4] == ["/next", "/response", "/next", "/response"]


async def test_each_invocation_has_its_own_id_deadline_trace_and_context(tmp_path: Path) -> None:
    async with function("many.own_context", tmp_path, {"_X_AMZN_TRACE_ID": "left over"}, concurrency=MANY) as chat:
        await chat.api.called("/next", times=MANY)
        invocations = [
            chat.api.invoke(
                rest_event(f"/{n}"),
                timeout_s=60 + n,
                extra_headers={"Lambda-Runtime-Trace-Id": f"Root=1-{n};Parent=2"} if n else {},
            )
            for n in range(MANY)
        ]
        for n in range(MANY):
            await chat.result(f"began {n}")
        chat.say("answer")
        for n, invocation in enumerate(invocations):
            await invocation.prelude()
            assert json.loads(await invocation.rest()) == {
                "path": f"/{n}",
                "request_id": invocation.request_id,
                "deadline_ms": invocation.deadline_ms,
                "trace_id": f"1-{n}" if n else None,
                "environment": None,
            }


async def test_events_are_answered_in_any_order(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        await chat.api.called("/next", times=MANY)
        chat.api.queue.stall()
        invocations = [chat.api.invoke(rest_event(f"/ask/{n}")) for n in range(MANY)]
        chat.api.queue.proceed(newest_first=True)
        for invocation in invocations:
            await invocation.prelude()
            assert await invocation.chunk() == b"data: one\n\n"
        assert [*chat.api.delivered] == [each.request_id for each in reversed(invocations)]
        await all_end_well(chat, invocations)


@pytest.mark.parametrize(
    ("path", "options", "exception"),
    [
        ("/raise", {}, "LookupError"),
        ("/raise-midway", {}, "LookupError"),
        ("/flood", {"hang_up_after_chunks": 3}, "ConnectionResetError"),
        ("/ask/other", {"refuse_with": ("403 Forbidden", "InvalidStateTransition", "no")}, "RuntimeApiError"),
    ],
)
async def test_a_failure_in_one_invocation_affects_no_other(
    tmp_path: Path, path: str, options: dict[str, Any], exception: str
) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, MANY - 1)
        bad = chat.api.invoke(rest_event(path), **options)
        await bad.began.wait()
        if path == "/ask/other":
            chat.say("go on")  # it learns of the refusal when it goes on
        await bad.ended.wait()

        await all_end_well(chat, invocations)
        # Its slot is free again, as are the other slots.
        await chat.api.called("/next", times=2 * MANY)
        logged = await eventually(lambda: log_lines(chat))
        assert exception in {line["exception_name"] for line in logged}
        assert {line["function_request_id"] for line in logged} == {bad.request_id}


async def log_lines(chat: Function) -> list[dict[str, Any]]:
    return chat.log()


async def test_an_event_that_is_not_json_affects_no_other(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, MANY - 1)
        bad = chat.api.invoke("{")
        await bad.ended.wait()
        assert bad.failure is not None
        assert bad.failure.headers["lambda-runtime-function-error-type"] == "Runtime.UnmarshalError"
        await all_end_well(chat, invocations)


async def test_an_event_that_cannot_be_converted_fails_its_own_invocation(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, MANY - 1)
        bad = chat.api.invoke(rest_event(body=7))
        await bad.ended.wait()
        assert bad.failure is not None
        assert bad.failure.body["errorType"] == "Function.AttributeError"
        await all_end_well(chat, invocations)


async def test_a_client_that_reads_nothing_delays_its_own_stream_alone(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, MANY - 1)
        slow = chat.api.invoke(rest_event("/flood"))
        slow.may_read.clear()
        await slow.began.wait()
        await all_end_well(chat, invocations)
        assert chat.peak_memory_mb() < 64


@pytest.mark.parametrize(
    ("path", "word"), [("/hang", "the app was cancelled"), ("/leave-a-task", "the task was cancelled")]
)
async def test_an_invocation_beyond_its_deadline_is_cancelled_and_no_other(
    tmp_path: Path, path: str, word: str
) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, MANY - 1)
        late = chat.api.invoke(rest_event(path), timeout_s=1)
        await late.rest()
        await chat.result(word)
        if path == "/hang":
            assert late.trailers["lambda-runtime-function-error-type"] == "Runtime.InvocationTimeout"
        await chat.api.called("/next", times=MANY + 1)
        await all_end_well(chat, invocations)


async def test_a_refused_poll_ends_the_process_after_the_running_invocations(tmp_path: Path) -> None:
    async with function("many.by_path", tmp_path, concurrency=MANY) as chat:
        invocations = await ask(chat, 2)
        chat.api.concurrency = 0
        refused = chat.api.invoke(rest_event("/raise"))
        await refused.ended.wait()  # its worker polls again, and is refused
        await all_end_well(chat, invocations)
        assert await chat.exit_code() == 1
        assert chat.log()[-1]["exception_name"] == "RuntimeApiError"


async def test_sigterm_lets_every_running_response_end(tmp_path: Path) -> None:
    async with function("plain.with_lifespan", tmp_path, concurrency=200) as chat:
        invocations = [chat.api.invoke(rest_event("/until-shutdown")) for _ in range(200)]
        for invocation in invocations:
            await invocation.prelude()
            assert await invocation.chunk() == b"data: one\n\n"
        os.kill(chat.process.pid, signal.SIGTERM)
        ends = await asyncio.gather(*(each.rest() for each in invocations))
        assert set(ends) == {b"data: cut short\n\n"}
        assert not any(each.truncated for each in invocations)
        assert await chat.exit_code() == 0
        assert chat.api.calls.count("/next") == 200


async def test_a_failing_initialisation_is_reported_once(tmp_path: Path) -> None:
    async with function("failing_import.app", tmp_path, concurrency=64) as chat:
        await chat.api.failures.get()
        assert await chat.exit_code() == 1
        assert chat.api.calls == ["/init/error"]


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "１"])
async def test_an_invalid_concurrency_is_an_init_error(tmp_path: Path, value: str) -> None:
    async with function("plain.echo", tmp_path, {"AWS_LAMBDA_MAX_CONCURRENCY": value}) as chat:
        failure = await chat.api.failures.get()
        assert (failure.path, failure.body["errorType"]) == ("/init/error", "Runtime.InvalidConcurrency")
        assert value in failure.body["errorMessage"]
        assert await chat.exit_code() == 1
