"""The usage of an answer of Anthropic, in our counts.

Its three kinds of input are disjoint, and each statement has all so far. Where a conversation was compacted, the last
one counts only the last part, and what is billed is the sum of its `iterations`.
"""

from typing import Any

from oneai.clients.model_streams.numbers import object_in, parse_count
from oneai.models import Usage

INPUTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class UsageReader:
    """The usage of one answer, from all statements of its stream."""

    def __init__(self) -> None:
        self._latest: dict[str, Any] = {}

    def read(self, stated: object) -> Usage | None:
        """The usage so far; None where nothing was stated yet."""
        if isinstance(stated, dict):
            self._latest |= {name: value for name, value in stated.items() if value is not None}
        if not self._latest:
            return None
        iterations = self._latest.get("iterations")
        parts = [each for each in iterations if isinstance(each, dict)] if isinstance(iterations, list) else []
        counted = parts or [self._latest]
        inputs = [sum(parse_count(part.get(name)) for part in counted) for name in INPUTS]
        return Usage(
            prompt_tokens=sum(inputs),
            completion_tokens=sum(parse_count(part.get("output_tokens")) for part in counted),
            reasoning_tokens=parse_count(object_in(self._latest, "output_tokens_details").get("thinking_tokens")),
            cached_tokens=inputs[1],
            cost_micro_usd=None,
            cache_write_tokens=inputs[2],
        )
