"""A response leaves piece by piece, and what happens around it holds up nothing that need not wait."""

import json
from pathlib import Path

import pytest

from tests.lambda_stream.sandbox import Function, function, rest_event, url_event
from tests.patience import eventually

pytestmark = pytest.mark.sampled(0.4)


async def test_every_chunk_arrives_before_the_next_and_an_empty_one_ends_nothing(tmp_path: Path) -> None:
    async with function("plain.two_chunks", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())

        assert await invocation.prelude() == {"statusCode": 200, "headers": {"content-type": "text/event-stream"}}
        chat.say("the prelude has arrived")
        assert await invocation.chunk() == b"data: one\n\n"
        chat.say("one has arrived")
        assert await invocation.chunk() == b"data: two\n\n"
        chat.say("two has arrived")
        assert await invocation.chunk() is None
        assert invocation.trailers == {}


async def test_the_request_declares_a_streamed_response(tmp_path: Path) -> None:
    async with function("plain.no_body", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event(), extra_headers={"Lambda-Runtime-Invocation-Id": "i-1"})
        await invocation.rest()

        assert invocation.request_headers == {
            "host": chat.api.address,
            "connection": "close",
            "content-type": "application/vnd.awslambda.http-integration-response",
            "lambda-runtime-function-response-mode": "streaming",
            "transfer-encoding": "chunked",
            "trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            "lambda-runtime-invocation-id": "i-1",
        }


async def test_a_response_without_a_body_has_its_prelude(tmp_path: Path) -> None:
    async with function("plain.no_body", tmp_path) as chat:
        assert await chat.api.invoke(rest_event()).rest() == b'{"statusCode": 204, "headers": {}}' + bytes(8)


async def test_binary_data_passes_in_both_directions(tmp_path: Path) -> None:
    every_byte = bytes(range(256)) * 2
    event = rest_event(body="AAECAwT/", isBase64Encoded=True)
    async with function("plain.return_body", tmp_path) as chat:
        invocation = chat.api.invoke(event)
        await invocation.prelude()
        assert await invocation.rest() == b"\x00\x01\x02\x03\x04\xff"

        invocation = chat.api.invoke(rest_event(body=every_byte.decode("latin-1")))
        await invocation.prelude()
        assert (await invocation.rest()).decode() == every_byte.decode("latin-1")


async def test_api_gateway_gets_repeated_headers_as_lists(tmp_path: Path) -> None:
    async with function("plain.return_body", tmp_path) as chat:
        prelude = await chat.api.invoke(rest_event()).prelude()

        assert prelude == {
            "statusCode": 201,
            "headers": {"content-type": "application/octet-stream"},
            "multiValueHeaders": {"set-cookie": ["a=1", "b=2"], "vary": ["Origin", "Accept"]},
        }


async def test_a_function_url_gets_its_cookies_separately(tmp_path: Path) -> None:
    async with function("plain.return_body", tmp_path) as chat:
        prelude = await chat.api.invoke(url_event()).prelude()

        assert prelude == {
            "statusCode": 201,
            "headers": {"content-type": "application/octet-stream", "vary": "Origin, Accept"},
            "cookies": ["a=1", "b=2"],
        }


async def test_five_megabytes_reach_a_slow_reader_while_other_tasks_run(tmp_path: Path) -> None:
    async with function("plain.large", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event(queryStringParameters={"megabytes": "5"}))
        await invocation.prelude()
        invocation.may_read.clear()
        await chat.result("the first piece is sent")
        await chat.heart_beats(10)  # the app's other task runs meanwhile
        invocation.may_read.set()

        assert await invocation.rest() == b"".join(bytes([number]) * 65536 for number in range(80))


async def test_a_reader_who_reads_nothing_blocks_only_its_writer(tmp_path: Path) -> None:
    async with function("plain.large", tmp_path) as chat:
        # More than every buffer between the two together.
        invocation = chat.api.invoke(rest_event(queryStringParameters={"megabytes": "64"}))
        await invocation.prelude()
        invocation.may_read.clear()
        await chat.result("the first piece is sent")
        await chat.heart_beats(20)
        assert not (tmp_path / "all is sent").exists()
        invocation.may_read.set()

        assert len(await invocation.rest()) == 64 * 1024 * 1024
        assert chat.peak_memory_mb() < 64, "the response was kept in memory"


async def test_an_unread_response_is_given_up_and_frees_the_function(tmp_path: Path) -> None:
    async with function("plain.gives_up_on_its_reader", tmp_path) as chat:
        chat.api.invoke(rest_event()).may_read.clear()
        await chat.result("given up")
        chat.say("save it")

        assert await chat.exit_code() == 1
        assert (tmp_path / "saved").exists()


async def logged(chat: Function) -> list[str]:
    """The exceptions that the runtime wrote down so far."""
    return [line["exception_name"] for line in chat.log()]


@pytest.mark.parametrize("path", ["/", "/badly"])
async def test_a_background_task_delays_the_next_event_but_not_the_end_of_the_response(
    tmp_path: Path, path: str
) -> None:
    async with function("plain.leaves_a_task", tmp_path) as chat:
        await chat.api.invoke(rest_event(path)).rest()
        chat.say("the response has ended")
        await chat.result("still here")
        assert chat.api.calls.count("/next") == 1

        chat.say("finish the first")  # which begins another one
        await chat.result("the first is finished")
        assert chat.api.calls.count("/next") == 1

        chat.say("finish the second")
        await chat.api.called("/next", times=2)
        failed = ["LookupError"] if path == "/badly" else []
        # It is written by another process, which may be a moment later.
        assert await eventually(lambda: logged(chat), lambda lines: len(lines) >= len(failed)) == failed


async def test_a_task_that_failed_before_the_response_ended_is_logged(tmp_path: Path) -> None:
    async with function("plain.has_a_task_that_failed", tmp_path) as chat:
        await chat.api.invoke(rest_event()).rest()
        await chat.api.called("/next", times=2)

        assert await eventually(lambda: logged(chat)) == ["LookupError"]


async def test_an_app_that_lingers_after_its_response_delays_the_next_event_only(tmp_path: Path) -> None:
    async with function("plain.lingers", tmp_path) as chat:
        await chat.api.invoke(rest_event()).rest()
        chat.say("the response has ended")
        await chat.result("still here")
        assert chat.api.calls.count("/next") == 1

        chat.say("return")
        await chat.api.called("/next", times=2)


async def test_a_disconnect_is_never_reported(tmp_path: Path) -> None:
    async with function("plain.listens_for_a_disconnect", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.prelude()
        assert await invocation.chunk() == b"data: one\n\n"
        chat.say("one has arrived")
        assert await invocation.rest() == b"data: heard False\n\n"
        await chat.api.called("/next", times=2)


async def test_a_starlette_app_streams(tmp_path: Path) -> None:
    question = rest_event("/api/chat/stream", httpMethod="POST", body=json.dumps({"message": "नमस्ते 🙏"}))
    async with function("starlette_app.app", tmp_path) as chat:
        invocation = chat.api.invoke(question)
        assert (await invocation.prelude())["headers"]["content-type"] == "text/event-stream; charset=utf-8"
        assert await invocation.chunk() == "data: नमस्ते 🙏\n\n".encode()
        chat.say("one has arrived")
        assert await invocation.rest() == b"data: done\n\n"


async def test_all_invocations_share_one_event_loop(tmp_path: Path) -> None:
    async with function("plain.echo", tmp_path) as chat:
        loops = set()
        for _ in range(3):
            invocation = chat.api.invoke(rest_event())
            await invocation.prelude()
            loops.add(json.loads(await invocation.rest())["loop"])
        assert len(loops) == 1
        assert chat.api.calls[:4] == ["/next", "/response", "/next", "/response"]
