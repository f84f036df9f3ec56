"""What the house has a model write after an answer, and what it cost."""

import time
from dataclasses import dataclass, field
from typing import Any

from oneai.chat.turn.answer import Answer
from oneai.chat.turn.context import estimate_prompt
from oneai.models import Completion, Model, price, providers

# A model that may reason needs room for it.
REASONING_TOKENS = 1000
# Storing what was written ends before the function's deadline.
SECONDS_TO_STORE = 2.0


@dataclass
class HouseCompletion:
    """A request and what it returned, also where it failed."""

    messages: list[dict[str, Any]]
    completion: Completion | None = None
    pieces: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was written, without reasoning."""
        return "".join(self.pieces)

    def as_json(self, model: Model, outcome: str) -> dict[str, Any]:
        """As `oneai.record_house_usage` takes it; `outcome` is that of the usage, `complete` or `failed`."""
        completion = self.completion
        return {
            "outcome": outcome,
            "model_asked": model.id,
            "model": completion.model if completion else None,
            "provider": completion.provider if completion else None,
            # The statistics of one generation do not correct the cost of several.
            "generation_id": completion.generation_id if completion and not completion.earlier else None,
            "openrouter_key": completion.key_id if completion else None,
            "price_version": model.price_version,
            "usage": price.compute_usage(
                completion, [model], lambda: estimate_prompt(self.messages), self.text, "".join(self.reasoning)
            ),
        }


async def request_text(
    model: Model, result: HouseCompletion, *, prompt_tokens: int, tokens: int, most_characters: int
) -> None:
    """Requests at most `tokens` of text, and stops reading after so many characters. `prompt_tokens` is the most that
    its prompt may have. Raises OneAIError."""
    request: dict[str, Any] = {"model": model.id, "messages": result.messages, "max_tokens": tokens}
    if model.may_reason:
        request |= {"max_tokens": tokens + REASONING_TOKENS, "reasoning": {"effort": "low", "exclude": True}}
    async with providers.complete(request, held_tokens=prompt_tokens) as completion:
        result.completion = completion
        async for pieces in completion:
            for piece in pieces:
                if piece.kind in ("text", "reasoning"):
                    (result.pieces if piece.kind == "text" else result.reasoning).append(piece.text)
            if sum(map(len, result.pieces)) > most_characters:
                return


def seconds_left(answer: Answer) -> float:
    """Until what is requested now has to have ended."""
    return answer.deadline - time.time() - SECONDS_TO_STORE
