"""A completion as every provider's client gives it: its pieces while it is written, its metadata afterwards, and why it
fails beside the failures that every service has (`oneai.errors`)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, Self

from oneai.errors import OneAIError, UpstreamError, UpstreamUnavailable
from oneai.models.pieces import Piece

type FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost as reported by the upstream; `cost_micro_usd` and `web_search_requests` are None where they were
    not. Of the prompt's tokens `cached_tokens` were read from a cache, and `cache_write_tokens` written to it."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int | None
    web_search_requests: int | None = None
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class GenerationStats:
    """A provider's own record of one generation, fetched afterwards."""

    usage: Usage
    model: str | None
    provider: str | None
    finish_reason: str | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class KeySpend:
    """What one of our keys has spent in all, in micro-dollars, and its label."""

    label: str
    usage_micro_usd: int


class ContextTooLong(UpstreamError):
    """The request does not fit the model's context; the caller may drop history and retry."""

    code = "context_length_exceeded"
    sentence = "This is too long for the model. Please shorten it or choose a model with a larger context."


class QuestionDeclined(UpstreamError):
    """The provider's moderation declined the question; the same question is declined again."""

    code = "content_policy_violation"
    sentence = "The model's provider declined this question because of its content rules."


class OperatorNeeded(UpstreamUnavailable):
    """Only an operator can end this failure; `alert` is the kind of alert (`oneai.alerts`) that tells them."""

    code = "operator_notified"
    sentence = "The model cannot be used right now. We have been notified. Please choose another model."
    alert: ClassVar[Literal["openrouter_key_refused", "openrouter_credit_exhausted"]]


class ProviderKeyRefused(UpstreamUnavailable):
    """A direct provider does not accept the key for this model. Its owner can end this, and no retry."""

    sentence = "The provider does not accept this key for the model. Please check the key."


class ProviderAccessRefused(ProviderKeyRefused):
    """The provider knows the key, and does not let it ask this model, or from here: another model may be allowed."""


class ProviderCreditExhausted(UpstreamUnavailable):
    """The account of the key has no credit left at its provider, or has reached its own limit there."""

    sentence = "The provider's account of this key has no credit left, or has reached its limit."


def failure_kind(error: OneAIError) -> str:
    """What kind of failure it is, as metrics name it: what an operator is alerted to, or the error's code."""
    return error.alert if isinstance(error, OperatorNeeded) else error.code


class Completion(Protocol):
    """Iterates over lists of pieces, and sends the request with the first iteration. Its attributes stay readable after
    the end, also after a failure.

    Ends normally only when upstream reported a finish and something was generated: text, an image, a tool call, or
    reasoning alone. Otherwise it raises OneAIError.
    """

    sent: bool
    """A request was sent, and has not been refused or cut off."""
    generation_id: str | None
    model: str | None
    """The one that served."""
    provider: str | None
    finish_reason: str | None
    usage: Usage | None
    earlier: list[tuple[str | None, Usage]]
    """What requests before the last one were billed, each with the model that served it."""

    @property
    def key_id(self) -> str | None:
        """Names the key of the last attempt."""
        ...

    @property
    def refused_keys(self) -> list[str]:
        """Names the keys of ours that the provider did not accept for it."""
        ...

    @property
    def has_another_key(self) -> bool:
        """Whether keys were refused, and one that was not is configured now."""
        ...

    @property
    def has_answer(self) -> bool:
        """Whether anything has come that a user asked for: text that is not blank, a refusal, an image, a tool call.
        Thoughts are none."""
        ...

    @property
    def is_responding(self) -> bool:
        """Whether the headers of a response have arrived; a model may be silent for long after them."""
        ...

    def billed(self) -> list[tuple[str | None, Usage]]:
        """What all requests so far were billed, each with the model that served it; none that states no usage."""
        ...

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> list[Piece]:
        """The pieces of one network read."""
        ...
