"""How an answer, or a request without one, has ended, as `oneai.settle` takes it."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

# What is kept of an answer's thoughts, in code points; Postgres has the same limit (oneai.reasoning_text).
MAX_REASONING = 200_000

type EndState = Literal["complete", "stopped", "truncated", "failed"]


@dataclass(frozen=True, kw_only=True)
class OutcomeUsage:
    """The tokens and micro-dollars of an outcome; `estimated` where the upstream did not state the cost. How often the
    web was searched is None where the upstream did not state it."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost_micro_usd: int = 0
    estimated: bool = False
    web_search_requests: int | None = None

    def stated(self) -> dict[str, Any]:
        """The fields that have a value."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Outcome:
    """`oneai.answer_outcome`, which refuses any other key. `reasoning` is what is kept of the thoughts, and
    `reasoning_length` the characters of all of them; `units` is None for one; `sent`: the request was sent to the
    upstream; `asked_again`: usage is that of several generations; `titles`: a title may be requested now;
    `summarises`: a summary is due and will be."""

    state: EndState
    usage: OutcomeUsage
    content: str = ""
    reasoning: str | None = None
    reasoning_length: int | None = None
    units: int | None = None
    sent: bool = False
    finish_reason: str | None = None
    error_code: str | None = None
    model: str | None = None
    provider: str | None = None
    generation_id: str | None = None
    asked_again: bool = False
    openrouter_key: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    first_token_ms: int | None = None
    admission_ms: int | None = None
    preparation_ms: int | None = None
    titles: bool = False
    summarises: bool = False

    def to_json(self) -> str:
        """As SQL takes it. Raises ValueError for a number that JSON does not have."""
        return json.dumps(vars(self), ensure_ascii=False, allow_nan=False, default=OutcomeUsage.stated)
