"""Every sample and recording of a stream and a refusal of a direct provider, replayed over real HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.direct.stand_in_servers import Answered, running
from tests.sources import found

FOLDER = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected_streams.json").read_text())
REFUSALS: dict[str, dict[str, list[Any]]] = json.loads((FOLDER / "expected_refusals.json").read_text())
NAMES = ("anthropic", "gemini", "openai", "replicate")


def samples(kind: str, ending: str) -> list[Any]:
    """The provider and path of each sample of this kind, in all sources."""
    paths = [(name, path) for name in NAMES for path in found(f"{name}/{kind}/*.{ending}")]
    return [pytest.param(name, path, id=f"{name}-{path.stem}") for name, path in paths]


def asked_model(name: str, path: Path, kind: str) -> dict[str, Any]:
    """The fields of a request that a sample answers; OpenAI's two APIs have their own."""
    model = f"{kind}-{path.stem}"
    if name == "replicate":
        return {"model": f"example/{model}"}
    return {"model": model, **({"reasoning": {"effort": "low"}} if path.stem.startswith("responses_") else {})}


def outcome(answered: Answered) -> dict[str, Any]:
    """What came, as `expected_streams.json` has it; what is empty is left out."""
    said, usage = answered.said, answered.said.usage
    calls = [[call["function"]["name"], json.loads(call["function"]["arguments"])] for call in answered.calls]
    found = {
        "text": answered.text,
        "reasoning": answered.reasoning,
        "refusal": answered.refusal,
        "images": answered.images,
        "calls": calls,
        "finish": None if answered.error else said.finish_reason,
        "error": answered.error and type(answered.error).__name__,
        "usage": usage
        and [
            *(usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens),
            *(usage.cached_tokens, usage.cache_write_tokens),
        ],
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(("name", "path"), samples("sse", "sse"))
async def test_a_replayed_stream_has_its_content_its_end_and_its_usage(name: str, path: Path) -> None:
    async with running(name) as provider:
        answered = await provider.ask(**asked_model(name, path, "replay"))

    assert outcome(answered) == EXPECTED[name][path.stem]


@pytest.mark.parametrize(("name", "path"), samples("errors", "json"))
async def test_a_refusal_maps_to_an_error_and_is_retried_only_if_useful(name: str, path: Path) -> None:
    async with running(name) as provider:
        answered = await provider.ask(**asked_model(name, path, "refuse"))
        asked = [each for each in await provider.requests() if each["method"] == "POST"]

    kind, times = REFUSALS[name][path.stem]
    assert (type(answered.error).__name__, len(asked)) == (kind, times)


@pytest.mark.parametrize(("name", "path"), samples("errors", "json"))
async def test_no_text_of_a_refusal_reaches_a_person(name: str, path: Path) -> None:
    texts = _long_texts(path)

    async with running(name) as provider:
        answered = await provider.ask(**asked_model(name, path, "refuse"))

    assert texts
    assert not any(text in str(answered.error) for text in texts)


def _long_texts(path: Path) -> list[str]:
    return [text for text in _texts(json.loads(path.read_text())["body"]) if len(text) > 12]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("wait", ["429_for_six_minutes", "429_for_an_hour", "429_for_half_a_minute"])
async def test_a_long_wait_is_stated_and_not_waited_for(wait: str) -> None:
    names = {"429_for_six_minutes": ("openai", 360), "429_for_an_hour": ("anthropic", 3600)}
    name, seconds = names.get(wait, ("gemini", 34))

    async with running(name) as provider:
        answered = await provider.ask(model=f"refuse-{wait}")

    assert answered.error is not None
    assert answered.error.retry_after == seconds
