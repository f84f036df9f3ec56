"""The usage of OpenAI's two APIs, in our counts. Cached and reasoning tokens are within the sums."""

from oneai.clients.model_streams.numbers import object_in, parse_count
from oneai.models import Usage


def of_chat(usage: object) -> Usage | None:
    """The usage of chat completions; None where the object has none."""
    return _usage(usage, "prompt", "completion")


def of_responses(usage: object) -> Usage | None:
    """The usage of a response; None where the object has none."""
    return _usage(usage, "input", "output")


def _usage(usage: object, prompt: str, completion: str) -> Usage | None:
    if not isinstance(usage, dict) or not usage.keys() & {f"{prompt}_tokens", f"{completion}_tokens"}:
        return None
    before, after = object_in(usage, f"{prompt}_tokens_details"), object_in(usage, f"{completion}_tokens_details")
    return Usage(
        prompt_tokens=parse_count(usage.get(f"{prompt}_tokens")),
        completion_tokens=parse_count(usage.get(f"{completion}_tokens")),
        reasoning_tokens=parse_count(after.get("reasoning_tokens")),
        cached_tokens=parse_count(before.get("cached_tokens")),
        cost_micro_usd=None,
        cache_write_tokens=parse_count(before.get("cache_write_tokens")),
    )
