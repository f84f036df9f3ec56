"""The statistics of a generation, fetched afterwards: for streams that ended before they reported usage."""

from decimal import Decimal
from typing import Any

from oneai.clients.http import ConnectionLost, ReadTimedOut
from oneai.clients.model_streams.numbers import parse_count
from oneai.clients.openrouter import failures, lookup
from oneai.clients.openrouter.usage import parse_cost
from oneai.errors import UpstreamTimeout, UpstreamUnavailable
from oneai.models import GenerationStats, Usage
from oneai.models.pieces import repair

SECONDS = 10.0


async def fetch_generation_stats(generation_id: str) -> GenerationStats | None:
    """The record of a generation, or None while OpenRouter has none yet (it appears a moment after the end)."""
    try:
        response = await lookup.get("/generation", seconds=SECONDS, of_any_account=True, id=generation_id)
    except ReadTimedOut as error:
        raise UpstreamTimeout from error
    except ConnectionLost as error:
        raise UpstreamUnavailable from error
    if response.status_code == 404:
        return None
    if response.status_code != 200:
        raise failures.from_response(response.status_code, response.content, response.headers).error
    try:
        record = response.json(parse_float=Decimal)["data"]
    except (ValueError, LookupError, TypeError):
        record = None
    return _stats(record) if isinstance(record, dict) else None


def _stats(record: dict[str, Any]) -> GenerationStats:
    def tokens(name: str) -> int:
        """The provider's own count, as in a stream's usage; OpenRouter's normalised one where that is missing."""
        native = record.get(f"native_tokens_{name}")
        return parse_count(record.get(f"tokens_{name}") if native is None else native)

    def text(name: str) -> str | None:
        """A name with only characters that can be stored."""
        value = record.get(name)
        return repair(value) if isinstance(value, str) else None

    return GenerationStats(
        usage=Usage(
            prompt_tokens=tokens("prompt"),
            completion_tokens=tokens("completion"),
            reasoning_tokens=tokens("reasoning"),
            cached_tokens=tokens("cached"),
            cost_micro_usd=parse_cost(
                record.get("total_cost"),
                own_key=record.get("is_byok") is True,
                provider_cost=record.get("upstream_inference_cost"),
            ),
        ),
        model=text("model"),
        provider=text("provider_name"),
        finish_reason=text("finish_reason"),
        cancelled=record.get("cancelled") is True,
    )
