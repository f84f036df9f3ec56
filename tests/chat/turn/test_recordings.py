"""Every sample and recording of OpenRouter, read by a client through the whole stack."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from oneai.chat.attachments import generated_images
from oneai.clients import s3
from tests.sources import found
from tests.world import StreamResult, World

# The streams that are not whole answers; read by eye.
ENDS = {
    "empty_success": ("failed", "empty_answer"),
    "eof_without_a_finish": ("truncated", "upstream_error"),
    "error_after_text_then_finish_error": ("truncated", "upstream_error"),
    "error_bare_after_text": ("truncated", "timeout"),
    "error_code_is_a_word": ("failed", "upstream_error"),
    "error_context_window_behind_502": ("failed", "invalid_request"),
    "error_finish_without_an_error": ("failed", "upstream_error"),
    "error_in_the_usage_after_length": ("failed", "tokens_used_up"),
    "error_is_the_only_event": ("failed", "upstream_error"),
    "derived_eof_without_finish": ("truncated", "upstream_error"),
    "derived_finish_error_without_error_object_gemini": ("failed", "upstream_error"),
    "derived_midstream_502_network_lost_then_finish_error": ("truncated", "upstream_error"),
    "docs_midstream_error": ("failed", "upstream_error"),
    "pai_midstream_error_token_limit_2025-11": ("failed", "tokens_used_up"),
    "real_error_only_event_choices_empty_no_done_2026-09": ("failed", "upstream_error"),
}

REFUSALS = {
    "400_effort_not_an_option": "upstream_error",
    "400_prompt_too_long": "invalid_request",  # one short question: there is no history to drop
    "400_reasoning_cannot_be_off": "upstream_error",
    "400_unknown_model": "unknown_model",
    "401_key_missing": "operator_notified",
    "401_key_unknown": "operator_notified",
    "402_in_flight_for_a_minute": "operator_notified",
    "402_more_credits": "operator_notified",
    "403_flagged": "content_policy_violation",
    "403_key_used_up": "operator_notified",
    "404_no_endpoint": "upstream_unavailable",
    "404_of_a_provider": "upstream_unavailable",
    "429_free_models_today": "model_busy",
    "429_of_a_provider": "model_busy",
    "503_come_back_at_once": "upstream_unavailable",
    "200_error_behind_padding": "upstream_error",
    "200_error_without_choices": "upstream_error",
    "body_429_of_a_provider": "model_busy",
    "400_context_length": "invalid_request",
    "400_invalid_model": "unknown_model",
    "400_reasoning_effort_enum_2026-05": "upstream_error",
    "400_reasoning_mandatory_2026-08": "upstream_error",
    "401_invalid_key": "operator_notified",
    "401_missing_auth": "operator_notified",
    "402_in_flight_budget": "operator_notified",
    "403_key_limit_exceeded": "operator_notified",
    "403_moderation_flagged": "content_policy_violation",
    "404_no_endpoints": "upstream_unavailable",
    "429_free_models_per_day_2026-09": "model_busy",
    "429_upstream_provider_2026-10": "model_busy",
    "200_nonstream_error_no_choices_2026-09": "upstream_error",
    "200_nonstream_error_whitespace_padded_2026-09": "upstream_error",
    "pai_error_429_provider_raw": "model_busy",
    "pai_error_429_provider_raw.1": "model_busy",
    "pai_error_429_provider_raw.2": "model_busy",
}
ALERTS = {
    "401_key_missing": "openrouter_key_refused",
    "401_key_unknown": "openrouter_key_refused",
    "402_in_flight_for_a_minute": "openrouter_credit_exhausted",
    "402_more_credits": "openrouter_credit_exhausted",
    "403_key_used_up": "openrouter_key_refused",
    "401_invalid_key": "openrouter_key_refused",
    "401_missing_auth": "openrouter_key_refused",
    "402_in_flight_budget": "openrouter_credit_exhausted",
    "403_key_limit_exceeded": "openrouter_key_refused",
}


def recordings(*patterns: str, refused: bool) -> list[Any]:
    """The samples and recordings that fit."""
    paths = found(*(f"openrouter/{each}" for each in patterns))
    return [pytest.param(path, id=stem_of(path)) for path in paths if (stem_of(path) in REFUSALS) == refused]


def stem_of(path: Path) -> str:
    """A recording's name."""
    return path.name.removesuffix(".raw.txt").removesuffix(path.suffix)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator["Logged"]:
    """Everything that was written while the test ran."""
    logged = Logged(capsys)
    yield logged
    logged.close()


class Logged:
    """Log lines and all other output to stdout and stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.lines = io.StringIO()
        self.handler = logging.StreamHandler(self.lines)
        self.handler.setFormatter(logging.getLogger("oneai").handlers[0].formatter)
        logging.getLogger().addHandler(self.handler)

    def text(self) -> str:
        """All of it."""
        out, err = self.capsys.readouterr()
        return self.lines.getvalue() + out + err

    def close(self) -> None:
        """Stops listening."""
        logging.getLogger().removeHandler(self.handler)


def leaves(part: Any) -> Iterator[str]:
    """All texts in a piece of JSON."""
    if isinstance(part, dict):
        for each in part.values():
            yield from leaves(each)
    elif isinstance(part, list):
        for each in part:
            yield from leaves(each)
    elif isinstance(part, str):
        yield part


def told_by_upstream(path: Path) -> list[str]:
    """All texts in the body of a refusal."""
    recorded = json.loads(path.read_text())
    return list(leaves(recorded.get("body") or recorded.get("response", {}).get("json") or recorded))


async def as_it_came(image: dict[str, Any]) -> str:
    """An image from the storage as the data URL it was."""
    data = base64.b64encode(await s3.get(image["key"], max_bytes=image["size"])).decode()
    return f"data:{image['media_type']};base64,{data}"


class Recording:
    """A stream or a body, read the plain way."""

    def __init__(self, path: Path) -> None:
        if path.suffix == ".sse":
            lines = path.read_text().splitlines()
            self.frames = [json.loads(line[6:], parse_float=Decimal) for line in lines if line.startswith("data: {")]
        else:
            self.frames = [json.loads(path.read_text(), parse_float=Decimal)["response"]["json"]]

    def said(self, what: str) -> str:
        """All the text, or all the reasoning."""
        choices = [choice for frame in self.frames for choice in frame.get("choices", [])]
        return "".join((choice.get("delta") or choice.get("message") or {}).get(what) or "" for choice in choices)

    @property
    def images(self) -> list[str]:
        """URLs of the images."""
        deltas = [choice.get("delta", {}) for frame in self.frames for choice in frame.get("choices", [])]
        return [image["image_url"]["url"] for delta in deltas for image in delta.get("images", [])]

    @property
    def usage(self) -> dict[str, Any]:
        """The usage, in any of its places."""
        return next((frame["usage"] for frame in self.frames if "usage" in frame), {})

    @property
    def micro_usd(self) -> int | None:
        """What was charged, and what the provider took on an account of its own."""
        if self.usage.get("cost") is None:
            return None
        dollars = Decimal(self.usage["cost"])
        if self.usage.get("is_byok"):
            dollars += Decimal(self.usage["cost_details"]["upstream_inference_cost"])
        return int((dollars * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))

    def words_of_errors(self) -> list[str]:
        """What upstream said went wrong."""
        return [text for frame in self.frames for text in leaves(frame.get("error", {})) if " " in text]


def one_end(result: StreamResult) -> tuple[str, dict[str, Any]]:
    """The only terminal event, which is the last."""
    ends = [name for name, _, _ in result.events if name in ("done", "error")]
    assert ends == [result.events[-1][0]]
    return ends[0], result.last


def one_event(world: World, result: StreamResult) -> dict[str, Any]:
    """The only usage event of the answer."""
    (row,) = world.database.rows(
        "select to_jsonb(e) from oneai.usage_events as e where message_id = %s", result.start["message_id"]
    )
    event: dict[str, Any] = row
    return event


def stored(world: World, result: StreamResult) -> Any:
    """`(content, state, metadata, pieces left)` of the answer."""
    return world.database.one(
        "select content, state, metadata, (select count(*) from oneai.answer_pieces as p where p.message_id = m.id) "
        "from oneai.chat_messages as m where id = %s",
        result.start["message_id"],
    )


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("path", recordings("sse/*.sse", "json/*.json", refused=False))
async def test_a_recorded_answer_is_streamed_stored_and_charged(path: Path, shared: World, logged: Logged) -> None:
    recording = Recording(path)
    model = f"{'replay' if path.suffix == '.sse' else 'replay-json'}/{stem_of(path)}"
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model=model)

    name, end = one_end(result)
    state, code = ENDS.get(stem_of(path), ("complete", None))
    text, images = recording.said("content"), recording.images
    assert (result.text, result.reasoning) == (text, recording.said("reasoning"))
    assert end["state"] == state
    assert name == ("error" if code else "done")
    content, kept_state, metadata, pieces = stored(shared, result)
    assert (content, kept_state, pieces) == (text, state, 0)
    stored_images = [await as_it_came(image) for image in metadata.get("images", [])]
    assert stored_images == [generated_images.label(image) for image in images]

    charged = int(state != "failed")
    event = one_event(shared, result)
    assert (event["outcome"], event["error_code"], event["charged"]) == (state, code, charged)
    assert shared.quota(who) == (charged, 0)
    if code is None:
        assert (end["notice"] is None) == bool(text or images)
    assert event["model_asked"] == model
    assert event["model_served"] == recording.frames[0]["model"]
    assert event["provider"] == recording.frames[0]["provider"]
    assert event["generation_id"] == recording.frames[0]["id"]
    assert event["estimated"] == (recording.micro_usd is None)
    if recording.micro_usd is not None:
        assert event["cost_micro_usd"] == recording.micro_usd
    if recording.usage:
        counted = recording.usage
        assert event["prompt_tokens"] == counted["prompt_tokens"]
        assert event["completion_tokens"] == counted["completion_tokens"]
        assert event["reasoning_tokens"] == (counted.get("completion_tokens_details") or {}).get("reasoning_tokens", 0)
        assert event["cached_tokens"] == (counted.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    if code is None:
        assert end["model"] == recording.frames[0]["model"]
        assert end["usage"]["cost_micro_usd"] == event["cost_micro_usd"]
    else:
        assert result.code == code
    everything = json.dumps(result.events, ensure_ascii=False) + logged.text()
    assert [words for words in recording.words_of_errors() if words in everything] == []


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("path", recordings("errors/*", "json/*.json", refused=True))
async def test_a_recorded_refusal_is_translated_and_free(path: Path, shared: World, logged: Logged) -> None:
    stem, who = stem_of(path), shared.newcomer()

    result = await shared.ask("Hello", who, model=f"replay-{path.parent.name.removesuffix('s')}/{stem}")

    assert result.status == 200
    assert result.names == ["start", "error"]
    name, end = one_end(result)
    assert (name, end["state"], result.code) == ("error", "failed", REFUSALS[stem])
    assert end["message_id"] == result.start["message_id"]
    assert stored(shared, result) == ("", "failed", {}, 0)
    event = one_event(shared, result)
    assert (event["outcome"], event["error_code"], event["charged"]) == ("failed", REFUSALS[stem], 0)
    assert shared.quota(who) == (0, 0)

    words = [each for each in told_by_upstream(path) if " " in each or "user_" in each or "http" in each]
    everything = json.dumps(result.events, ensure_ascii=False) + logged.text()
    assert words
    assert [each for each in words if each in everything] == []
    assert "remedy" not in everything
    if stem in ("429_of_a_provider", "429_upstream_provider_2026-10"):
        assert "asking OpenRouter again" in everything, "the log is what is looked at here"
    if kind := ALERTS.get(stem):
        assert kind in everything
        assert shared.database.rows("select subject from oneai.operator_alerts where kind = %s", kind) == ["openrouter"]


async def test_the_cost_of_a_failed_question_is_recorded_and_the_next_can_be_asked(shared: World) -> None:
    who = shared.newcomer()

    first = await shared.ask("Hello", who, model="local/error-401")
    second = await shared.ask("Hello", who, conversation_id=first.start["conversation_id"], model="local/echo")

    assert first.code == "operator_notified"
    assert second.last["state"] == "complete"
    assert shared.quota(who) == (1, 0)
