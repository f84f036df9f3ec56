"""Every sample and recording of a stream, body and refusal, replayed over a real socket and read by the client."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oneai.errors import (
    EmptyAnswer,
    ModelBusy,
    OneAIError,
    UnknownModel,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from oneai.models import ContextTooLong, QuestionDeclined
from tests.clients.openrouter.conftest import recordings
from tests.clients.openrouter.upstream import Upstream, ask

pytestmark = pytest.mark.sampled(0.34)

# The streams that are failures; all others are answers.
FAILS: dict[str, type[OneAIError]] = {
    "empty_success": EmptyAnswer,
    "eof_without_a_finish": UpstreamError,
    "error_after_text_then_finish_error": UpstreamError,
    "error_bare_after_text": UpstreamTimeout,  # its words are all it has
    "error_code_is_a_word": UpstreamError,
    "error_context_window_behind_502": ContextTooLong,
    "error_finish_without_an_error": UpstreamError,
    "error_is_the_only_event": UpstreamError,
    "derived_eof_without_finish": UpstreamError,
    "derived_finish_error_without_error_object_gemini": UpstreamError,
    "derived_midstream_502_network_lost_then_finish_error": UpstreamError,
    "docs_midstream_error": UpstreamError,
    "real_error_only_event_choices_empty_no_done_2026-09": UpstreamError,
}

REFUSALS: dict[str, tuple[type[OneAIError], str | None, int]] = {
    # the user's error, the operator's alert, how often upstream is asked
    "400_effort_not_an_option": (UpstreamError, None, 1),
    "400_prompt_too_long": (ContextTooLong, None, 1),
    "400_reasoning_cannot_be_off": (UpstreamError, None, 1),
    "400_unknown_model": (UnknownModel, None, 1),
    "401_key_missing": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "401_key_unknown": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "402_in_flight_for_a_minute": (UpstreamUnavailable, "openrouter_credit_exhausted", 1),  # too long to wait
    "402_more_credits": (UpstreamUnavailable, "openrouter_credit_exhausted", 1),
    "403_flagged": (QuestionDeclined, None, 1),
    "403_key_used_up": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "404_no_endpoint": (UpstreamUnavailable, None, 1),
    "404_of_a_provider": (UpstreamUnavailable, None, 3),
    "429_free_models_today": (ModelBusy, None, 1),
    "429_of_a_provider": (ModelBusy, None, 3),
    "503_come_back_at_once": (UpstreamUnavailable, None, 3),
    "200_error_behind_padding": (UpstreamError, None, 3),
    "200_error_without_choices": (UpstreamError, None, 3),
    "400_context_length": (ContextTooLong, None, 1),
    "400_invalid_model": (UnknownModel, None, 1),
    "400_reasoning_effort_enum_2026-05": (UpstreamError, None, 1),
    "400_reasoning_mandatory_2026-08": (UpstreamError, None, 1),
    "401_invalid_key": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "401_missing_auth": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "402_in_flight_budget": (UpstreamUnavailable, "openrouter_credit_exhausted", 1),  # two minutes are too long to wait
    "403_key_limit_exceeded": (UpstreamUnavailable, "openrouter_key_refused", 1),
    "403_moderation_flagged": (QuestionDeclined, None, 1),
    "404_no_endpoints": (UpstreamUnavailable, None, 1),
    "429_free_models_per_day_2026-09": (ModelBusy, None, 1),
    "429_upstream_provider_2026-10": (ModelBusy, None, 3),
    "200_nonstream_error_no_choices_2026-09": (UpstreamError, None, 3),
    "200_nonstream_error_whitespace_padded_2026-09": (UpstreamError, None, 3),
}


def content_of(path: Path) -> dict[str, Any]:
    """A recorded body or refusal."""
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def frames_of(path: Path) -> list[dict[str, Any]]:
    """The frames of a recording, read the plain way."""
    lines = (line.removeprefix("data: ") for line in path.read_text().splitlines() if line.startswith("data: {"))
    return [json.loads(line, parse_float=Decimal) for line in lines]


def said_in(frames: list[dict[str, Any]], what: str) -> str:
    """All the text, or reasoning, of a recording."""
    deltas = [choice.get("delta") or {} for frame in frames for choice in frame.get("choices") or ()]
    return "".join(delta.get(what) or "" for delta in deltas)


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("path", recordings("sse/*.sse"))
async def test_a_recorded_stream_has_its_text_its_end_and_its_usage(path: Path, upstream: Upstream) -> None:
    frames, stem = frames_of(path), path.name.removesuffix(".sse")

    heard = await ask(f"replay/{stem}")

    assert (heard.text, heard.reasoning) == (said_in(frames, "content"), said_in(frames, "reasoning"))
    assert type(heard.error) is FAILS.get(stem, type(None))
    assert heard.said.model == frames[0]["model"]
    assert heard.said.provider == frames[0]["provider"]
    assert heard.said.generation_id == frames[0]["id"]
    counted = next((frame["usage"] for frame in frames if "usage" in frame), None)
    if counted is None:
        assert heard.said.usage is None
    else:
        assert heard.said.usage is not None
        assert heard.said.usage.prompt_tokens == counted["prompt_tokens"]
        assert heard.said.usage.completion_tokens == counted["completion_tokens"]


@pytest.mark.parametrize("path", recordings("json/*.json"))
async def test_a_recorded_body_without_a_stream_has_its_text(path: Path, upstream: Upstream) -> None:
    response = content_of(path)["response"]

    heard = await ask(f"replay-json/{path.name.removesuffix('.json')}")

    if response["status"]["code"] != 200:
        assert type(heard.error) is ModelBusy
        return
    choice = response["json"]["choices"][0]
    assert heard.error is None
    assert heard.text == (choice["message"]["content"] or "")
    assert heard.reasoning == (choice["message"].get("reasoning") or "")
    assert heard.said.finish_reason == choice["finish_reason"]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("path", recordings("errors/*"))
async def test_a_recorded_refusal_maps_to_an_error_and_is_retried_only_if_useful(
    path: Path, upstream: Upstream
) -> None:
    stem = path.name.removesuffix(".json").removesuffix(".raw.txt")
    kind, alert, times = REFUSALS[stem]

    heard = await ask(f"replay-error/{stem}")

    assert isinstance(heard.error, kind)
    assert heard.alert == alert
    assert len(await upstream.requests()) == times


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("path", recordings("errors/*.json"))
async def test_no_text_of_a_refusal_reaches_the_user(path: Path, upstream: Upstream) -> None:
    recorded = content_of(path)["body"]["error"]

    heard = await ask(f"replay-error/{path.name.removesuffix('.json')}")

    assert heard.error is not None
    assert recorded["message"] not in str(heard.error)
    assert not heard.error.extra


async def test_requests_with_own_provider_keys_cost_the_providers_price(upstream: Upstream) -> None:
    heard = await ask("local/byok")

    assert heard.said.usage is not None
    assert heard.said.usage.cost_micro_usd == 31


@pytest.mark.parametrize(
    "path", recordings("sse/error_in_the_usage_after_length.sse", "sse/pai_midstream_error_token_limit_*.sse")
)
async def test_reasoning_tokens_may_exceed_the_answers_tokens(path: Path, upstream: Upstream) -> None:
    heard = await ask(f"replay/{path.name.removesuffix('.sse')}")

    assert heard.said.usage is not None
    assert (heard.said.usage.completion_tokens, heard.said.usage.reasoning_tokens) == (10, 11)
    assert heard.said.finish_reason == "length"
