"""What a model is, and the catalogue of a provider's models."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from oneai import log
from oneai.errors import UpstreamUnavailable

FRESH_SECONDS = 300.0  # as OpenRouter's own cache header
RETRY_SECONDS = 30.0  # after a failure, while the stale catalogue is served
STALE_WAIT_SECONDS = 2.0  # the longest wait for a fresh catalogue while there is a stale one

type Pricing = Literal["plain", "tiered", "variable", "missing"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue; prices are USD per token, None when missing, negative or unreadable."""

    id: str
    canonical_slug: str
    name: str
    description: str | None  # Markdown by strangers, at most 1,000 characters
    created: int  # seconds since 1970, 0 where it is not stated
    context_length: int  # the smaller of the model's and its top provider's
    max_completion_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    prompt_price: Decimal | None  # with tiers, the highest
    completion_price: Decimal | None
    pricing: Pricing
    price_version: str  # changes when anything about the price does
    supported_parameters: tuple[str, ...]
    by_openrouter: bool = True  # else only its own provider has it
    by_operator: bool = True  # else only a workspace's own key reaches it

    @property
    def may_reason(self) -> bool:
        """Whether the model may reason before it answers."""
        return "reasoning" in self.supported_parameters


class Catalogue:
    """The models of one provider, cached for FRESH_SECONDS, and served stale while the provider is down.

    `fetch` reads them and raises UpstreamUnavailable. `source` names where it reads them from; when that changes, the
    cache is emptied. `without` are models that are served if none were ever read.
    """

    def __init__(
        self,
        fetch: Callable[[], Coroutine[Any, Any, tuple[Model, ...]]],
        source: Callable[[], str],
        without: Callable[[], tuple[Model, ...]] = tuple,
    ) -> None:
        self._fetch, self._source, self._without = fetch, source, without
        self._cached_source = ""
        self._models: tuple[Model, ...] | None = None
        self._fresh_until = 0.0
        self._is_partial = False
        self._fetching: asyncio.Task[tuple[Model, ...]] | None = None

    @property
    def known(self) -> tuple[Model, ...]:
        """The models that were read last; empty before that."""
        return self._models or ()

    @property
    def is_partial(self) -> bool:
        """Whether `without` is served: no catalogue was read since the last reset."""
        return self._is_partial

    async def models(self) -> tuple[Model, ...]:
        """All models in the provider's order. Raises UpstreamUnavailable if no catalogue was ever read."""
        source = self._source()
        if self._cached_source != source:
            self.reset()
            self._cached_source = source
        if self._models is not None and time.monotonic() < self._fresh_until:
            return self._models
        # One request at a time for all callers; a caller that is cancelled does not cancel it.
        loop = asyncio.get_running_loop()
        if self._fetching is None or self._fetching.done() or self._fetching.get_loop() is not loop:
            self._fetching = asyncio.create_task(self._refresh(source))
        fetching = self._fetching
        await asyncio.wait({fetching}, timeout=None if self._models is None else STALE_WAIT_SECONDS)
        if fetching.done() and fetching.exception() is None:
            return fetching.result()
        if self._models is None:
            raise UpstreamUnavailable from fetching.exception()
        return self._models

    def reset(self) -> None:
        """Empties the cache: the next call requests the catalogue."""
        self._models, self._fresh_until, self._fetching, self._is_partial = None, 0.0, None, False

    async def _refresh(self, source: str) -> tuple[Model, ...]:
        try:
            models = await self._fetch()
        except UpstreamUnavailable as error:
            if self._cached_source == source:
                self._fresh_until = time.monotonic() + RETRY_SECONDS
                self._is_partial = self._is_partial or self._models is None
                self._models = self._models or self._without() or None
            reason = type(error.__cause__ or error).__name__
            log.warning("the catalogue cannot be had", reason=reason, stale=self._models is not None)
            raise
        if self._cached_source == source:
            self._models, self._fresh_until = models, time.monotonic() + FRESH_SECONDS
            self._is_partial = False
        return models
