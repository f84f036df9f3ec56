"""What a completion cost, asked afterwards: for streams that ended before they said so."""

from dataclasses import dataclass

from oneai.openrouter.usage import Usage


@dataclass(frozen=True, slots=True)
class Bill:
    """OpenRouter's own record of one generation."""

    usage: Usage
    model: str | None
    provider: str | None
    finish_reason: str | None
    cancelled: bool


async def generation(generation_id: str) -> Bill | None:
    """The record of a generation, or None while OpenRouter has none yet (it comes a moment after the end)."""
    raise NotImplementedError
