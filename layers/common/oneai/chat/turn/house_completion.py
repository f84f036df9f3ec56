"""A background completion (title, summary), paid by the operator, and its cost."""

import time
from dataclasses import dataclass, field
from typing import Any

from oneai import plans
from oneai.chat.turn import cost
from oneai.chat.turn.answer import Answer
from oneai.clients import openrouter
from oneai.clients.openrouter import Completion, Model

# A model that may reason needs tokens for it.
REASONING_TOKENS = 1000
# The result is stored before the function's deadline.
SECONDS_TO_STORE = 2.0


@dataclass
class HouseCompletion:
    """A request and its result, also if it failed."""

    messages: list[dict[str, Any]]
    completion: Completion | None = None
    pieces: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole text, without reasoning."""
        return "".join(self.pieces)

    def as_json(self, model: Model, outcome: str) -> dict[str, Any]:
        """The argument of `oneai.record_house_usage`; `outcome` is that of the usage, `complete` or `failed`."""
        completion = self.completion
        return {
            "outcome": outcome,
            "model_asked": model.id,
            "model": completion.model if completion else None,
            "provider": completion.provider if completion else None,
            # The statistics of one generation cannot correct the cost of several.
            "generation_id": completion.generation_id if completion and not completion.earlier else None,
            "openrouter_key": completion.key_id if completion else None,
            "price_version": model.price_version,
            "usage": cost.compute_usage(
                completion, [model], {"messages": self.messages}, self.text, "".join(self.reasoning)
            ),
        }


async def request_text(
    model: Model, result: HouseCompletion, *, prompt_tokens: int, tokens: int, max_characters: int
) -> None:
    """Requests at most `tokens` of text, and stops reading after `max_characters`. `prompt_tokens` is the maximum of
    its prompt. Raises OneAIError."""
    request: dict[str, Any] = {"model": model.id, "messages": result.messages, "max_tokens": tokens}
    if plans.is_reasoning_model(model):
        request |= {"max_tokens": tokens + REASONING_TOKENS, "reasoning": {"effort": "low", "exclude": True}}
    async with openrouter.complete(request, held_tokens=prompt_tokens) as completion:
        result.completion = completion
        async for pieces in completion:
            for piece in pieces:
                if piece.kind in ("text", "reasoning"):
                    (result.pieces if piece.kind == "text" else result.reasoning).append(piece.text)
            if sum(map(len, result.pieces)) > max_characters:
                return


def seconds_left(answer: Answer) -> float:
    """Seconds until a request that starts now must have ended."""
    return answer.deadline - time.time() - SECONDS_TO_STORE
