"""A background completion: what a model is asked to write besides an answer, such as a title, a summary or the text of
a page. The operator pays for some, the owner of a document for others."""

import asyncio
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from oneai.errors import OneAIError, UpstreamTimeout
from oneai.models import Completion, Model, providers
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.models.price import compute_usage
from oneai.prompt_size import BYTES_PER_TOKEN, prompt_bytes

# A model that may reason needs room for it.
REASONING_TOKENS = 1000


type Complete = Callable[[dict[str, Any], int | None], AbstractAsyncContextManager[Completion, bool | None]]


@dataclass
class BackgroundCompletion:
    """A request to `model`, and what it returned, also where it failed.

    At most `answer_tokens` are requested, and reading stops after `max_characters`. `held_tokens` are the most that the
    prompt may have. `complete` asks with a workspace's own key instead of the operator's.
    """

    model: Model
    messages: list[dict[str, Any]]
    answer_tokens: int
    held_tokens: int
    max_characters: int | None = None
    complete: Complete | None = None
    completion: Completion | None = None
    failure: OneAIError | None = None
    _pieces: list[str] = field(default_factory=list)
    _thoughts: list[str] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Requests the text and reads it within `seconds`. A failure is stored; only cancellation is raised."""
        try:
            async with asyncio.timeout(seconds):
                await self._read()
        except OneAIError as error:
            self.failure = error
        except TimeoutError:
            self.failure = UpstreamTimeout()

    @property
    def text(self) -> str:
        """All that was written, without reasoning."""
        return "".join(self._pieces)

    def operator_usage(self, outcome: str) -> dict[str, Any]:
        """The usage of a completion that the operator pays for, as `oneai.record_operator_usage` takes it. `outcome` is
        `complete` or `failed`."""
        completion = self.completion
        return {
            "outcome": outcome,
            "model_asked": self.model.id,
            # The statistics of one generation do not correct the cost of several. Those of another key's generation can
            # be read by its owner alone.
            "generation_id": completion.generation_id
            if completion and not completion.earlier and self.complete is None
            else None,
            "price_version": self.model.price_version,
            **self._served(),
        }

    def outcome(self) -> Outcome:
        """The end of a completion that the owner of a document pays for, without the text, which only the document
        stores."""
        completion, served = self.completion, self._served()
        # Only estimated costs of answers are corrected.
        is_exact = completion and completion.usage and completion.usage.cost_micro_usd and not completion.earlier
        return Outcome(
            state="failed" if self.failure else "complete",
            error_code=self.failure.code if self.failure else None,
            generation_id=completion.generation_id if completion and is_exact else None,
            model=served["model"],
            provider=served["provider"],
            openrouter_key=served["openrouter_key"],
            usage=OutcomeUsage(**served["usage"]),
        )

    async def _read(self) -> None:
        request = {"model": self.model.id, "messages": self.messages, "max_tokens": self.answer_tokens}
        if self.model.may_reason:
            tokens = self.answer_tokens + REASONING_TOKENS
            request |= {"max_tokens": tokens, "reasoning": {"effort": "low", "exclude": True}}
        async with self._opened(request) as completion:
            self.completion = completion
            async for pieces in completion:
                self._pieces += [piece.text for piece in pieces if piece.kind == "text"]
                self._thoughts += [piece.text for piece in pieces if piece.kind == "reasoning"]
                if self.max_characters is not None and sum(map(len, self._pieces)) > self.max_characters:
                    return

    def _opened(self, request: dict[str, Any]) -> AbstractAsyncContextManager[Completion, bool | None]:
        if self.complete is not None:
            return self.complete(request, self.held_tokens)
        return providers.complete(request, held_tokens=self.held_tokens)

    def _served(self) -> dict[str, Any]:
        """Who served the request, with which key, and the usage."""
        completion = self.completion
        return {
            "model": completion.model if completion else None,
            "provider": completion.provider if completion else None,
            "openrouter_key": completion.key_id if completion else None,
            "usage": compute_usage(completion, [self.model], self._estimate_prompt, self.text, "".join(self._thoughts)),
        }

    def _estimate_prompt(self) -> int:
        return math.ceil(prompt_bytes({"messages": self.messages}) / BYTES_PER_TOKEN)
