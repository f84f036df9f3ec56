"""Upstream fails: before the first word the client retries where that helps, after it never, and it never hangs."""

import asyncio
import json

import pytest

from oneai.clients import openrouter
from oneai.clients.model_streams import completion
from oneai.errors import EmptyAnswer, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, QuestionDeclined
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, Wire, ask
from tests.patience import until

pytestmark = pytest.mark.sampled(0.34)


@pytest.mark.parametrize(
    "model",
    [
        "local/error-429-then-ok",
        "local/error-500-then-ok",
        "local/error-404-provider",
        "local/error-402-in-flight",
        "local/error-429-reset-soon",
        "local/error-before-first",
        "local/reset-before-first",
    ],
)
async def test_a_transient_failure_is_retried_unnoticed(model: str, upstream: Upstream) -> None:
    heard = await ask(model)

    assert heard.error is None
    assert heard.text.startswith("This is the local stand-in")
    assert len(await upstream.requests()) == 2


@pytest.mark.parametrize(
    ("model", "kind", "alert"),
    [
        ("local/error-401", UpstreamUnavailable, "openrouter_key_refused"),
        ("local/error-402", UpstreamUnavailable, "openrouter_credit_exhausted"),
        ("local/error-403-key-limit", UpstreamUnavailable, "openrouter_key_refused"),
        ("local/error-403-moderation", QuestionDeclined, None),
        ("local/error-404", UpstreamUnavailable, None),
        ("local/error-413", ContextTooLong, None),
        ("local/error-502-context", ContextTooLong, None),
        ("local/error-429-daily", UpstreamUnavailable, None),
        ("local/empty", EmptyAnswer, None),
    ],
)
async def test_a_failure_that_a_retry_cannot_help_is_not_retried(
    model: str, kind: type[Exception], alert: str | None, upstream: Upstream
) -> None:
    heard = await ask(model)

    assert isinstance(heard.error, kind)
    assert heard.alert == alert
    assert len(await upstream.requests()) == 1


async def test_an_unavailable_provider_is_asked_three_times(upstream: Upstream) -> None:
    heard = await ask("local/error-503")

    assert isinstance(heard.error, UpstreamUnavailable)
    assert len(await upstream.requests()) == 3


@pytest.mark.parametrize(
    "model", ["local/reset-midway", "local/eof-midway", "local/error-midway", "local/finish-error"]
)
async def test_a_failure_after_the_first_word_is_not_retried_and_keeps_the_text(model: str, upstream: Upstream) -> None:
    heard = await ask(model)

    assert isinstance(heard.error, UpstreamError)
    assert heard.text.startswith("This ")
    assert heard.said.finish_reason == "error"
    assert heard.said.model == model
    assert len(await upstream.requests()) == 1


@pytest.mark.parametrize("model", ["local/hang-before-first", "local/hang-midway"])
async def test_a_silent_upstream_times_out(model: str, upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_IDLE_SECONDS="1")

    heard = await ask(model)

    assert isinstance(heard.error, UpstreamTimeout)
    assert heard.said.generation_id is not None
    assert len(await upstream.requests()) == 1


async def test_comments_count_as_activity(wire: Wire, configure: Configure) -> None:
    configure(OPENROUTER_IDLE_SECONDS="20")
    wire.reads = [b": OPENROUTER PROCESSING\n\n"] * 50 + [b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n']
    wire.reads += [b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n']

    assert (await ask("any/model")).text == "hi"


async def test_an_answer_without_its_usage_is_complete(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "USAGE_WAIT_SECONDS", 0.2)

    heard = await ask("local/hang-after-finish")

    assert (heard.text, heard.error) == ("All is said.", None)
    assert heard.said.usage is None


async def test_an_error_after_a_finished_answer_changes_nothing(wire: Wire) -> None:
    wire.reads = [
        b'data: {"choices":[{"delta":{"content":"All of it"},"finish_reason":"length"}]}\n\n',
        b'data: {"choices":[],"error":{"code":400,"message":"Token limit reached"},"usage":{"prompt_tokens":4}}\n\n',
    ]

    heard = await ask("any/model")

    assert (heard.text, heard.error, heard.said.finish_reason) == ("All of it", None, "length")
    assert heard.said.usage is not None


async def test_an_upstream_that_hangs_after_its_error_delays_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "ERROR_USAGE_WAIT_SECONDS", 0.1)
    wire.hangs = True
    wire.reads = [
        b'data: {"choices":[{"delta":{"content":"Some"}}]}\n\n',
        b'data: {"error":{"message":"Upstream idle timeout exceeded"}}\n\n',
    ]

    heard = await ask("any/model")

    assert heard.text == "Some"
    assert isinstance(heard.error, UpstreamTimeout)


@pytest.mark.parametrize(
    ("error", "kind", "times"),
    [
        ({"code": "server_error", "message": "Provider disconnected"}, UpstreamError, 3),
        ({"code": "504", "message": "The operation was aborted"}, UpstreamTimeout, 3),
        ({"message": "Upstream idle timeout exceeded"}, UpstreamTimeout, 3),
        ({"code": 502, "message": "Your input exceeds the context window of this model."}, ContextTooLong, 1),
        (
            {"code": 400, "message": "Provider returned error", "metadata": {"raw": "prompt is too long"}},
            ContextTooLong,
            1,
        ),
        ({"code": 401, "message": "User not found."}, UpstreamUnavailable, 1),
        ({"code": 503, "message": "x", "availability": {"retryable": False}}, UpstreamUnavailable, 1),
        ("just words", UpstreamError, 3),
    ],
)
async def test_an_error_as_the_only_event_is_treated_as_a_refusal(
    error: object, kind: type[Exception], times: int, wire: Wire
) -> None:
    wire.reads = [f"data: {json.dumps({'choices': [], 'error': error})}\n\n".encode()]

    heard = await ask("any/model")

    assert isinstance(heard.error, kind)
    assert wire.asked == times


async def test_context_too_long_is_reported_only_before_the_first_word(wire: Wire) -> None:
    wire.reads = [
        b'data: {"choices":[{"delta":{"content":"Some"}}]}\n\n',
        b'data: {"error":{"code":502,"message":"Your input exceeds the context window of this model."}}\n\n',
    ]

    heard = await ask("any/model")

    assert type(heard.error) is UpstreamError


async def test_a_request_is_not_repeated_once_reasoning_was_read(wire: Wire) -> None:
    wire.reads = [
        b'data: {"choices":[{"delta":{"reasoning":"Hmm"}}]}\n\n',
        b'data: {"error":{"code":502,"message":"Network connection lost."}}\n\n',
    ]

    heard = await ask("any/model")

    assert (heard.reasoning, wire.asked) == ("Hmm", 1)
    assert isinstance(heard.error, UpstreamError)


@pytest.mark.parametrize(
    ("headers", "wait", "times"),
    [
        ("retry-after: 3600", 3600, 1),
        ("retry-after: 0", None, 3),
        ("date: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 10:02:00 GMT", 120, 1),
        ("date: Sat, 21 Nov 2026 10:00:00 GMT\r\nx-ratelimit-reset: 1795255260000", 60, 1),
        ("date: Sat, 21 Nov 2026 10:00:00 GMT\r\nx-ratelimit-reset: 1795255200000", None, 3),
        ("x-ratelimit-reset: 1795255200000", 86_400, 1),
    ],
)
async def test_a_long_rate_limit_is_not_waited_for(headers: str, wait: int | None, times: int, wire: Wire) -> None:
    wire.head = f"HTTP/1.1 429 Too Many Requests\r\n{headers}\r\n"
    wire.reads = [b'{"error":{"code":429,"message":"Rate limit exceeded"}}']

    heard = await ask("any/model")

    assert isinstance(heard.error, UpstreamUnavailable)
    assert (heard.error.retry_after, wire.asked) == (wait, times)


async def test_an_html_page_is_a_failure_like_any_other(wire: Wire) -> None:
    wire.head = "HTTP/1.1 524 A Timeout Occurred\r\ncontent-type: text/html\r\n"
    wire.reads = [b"<html><h1>524</h1></html>"]

    heard = await ask("any/model")

    assert isinstance(heard.error, UpstreamTimeout)
    assert "html" not in str(heard.error)


async def test_a_refused_connection_means_upstream_unavailable(configure: Configure) -> None:
    configure(OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1")

    heard = await ask("any/model")
    await openrouter.close()

    assert type(heard.error) is UpstreamUnavailable


async def test_a_wait_before_a_retry_ends_with_its_reader(wire: Wire, configure: Configure) -> None:
    configure(OPENROUTER_RETRY_SECONDS="600")
    wire.head = "HTTP/1.1 503 Service Unavailable\r\n"
    asking = asyncio.create_task(ask("any/model"))
    await until(lambda: wire.asked == 1)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert wire.asked == 1


async def test_a_reset_time_in_milliseconds_is_recognized(wire: Wire) -> None:
    wire.head = (
        f"HTTP/1.1 429 Too Many\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nx-ratelimit-reset: {1795255201000}\r\n"
    )
    wire.reads = [b'{"error":{"code":429,"message":"Rate limit exceeded","metadata":{"limit_source":"key"}}}']
    asking = asyncio.create_task(ask("any/model"))

    await until(lambda: wire.asked == 2)  # a second from now is soon enough to wait for

    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
