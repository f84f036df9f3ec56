"""Models that answer with an error status before any stream, always or on the first of two calls."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from stand_ins.openrouter.answers import normal
from stand_ins.openrouter.reply import ModelError, Reply, text_of

type Scenario = Callable[[Reply], Awaitable[None]]

KEY_LIMIT = "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys"
TOO_LONG = (
    "This endpoint's maximum context length is 8192 tokens. However, you requested about {asked} tokens "
    "({asked} of text input, 10 in the output). Please reduce the length of either one."
)


async def context_too_long_once(reply: Reply) -> None:
    """Refuses a request of more than five messages or 20,000 characters; answers a shorter one."""
    messages = reply.body.get("messages") or []
    if len(messages) > 5 or sum(len(text_of(message)) for message in messages) > 20_000:
        raise ModelError(400, TOO_LONG.format(asked=reply.record.prompt_tokens), {"provider_name": None})
    await normal(reply)


def refuses(status: int, message: str, metadata: dict[str, Any] | None = None, **headers: str) -> Scenario:
    """A model that always answers with this status."""

    async def scenario(_: Reply) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raise ModelError(status, message, metadata, headers=named)

    return scenario


def refuses_first(status: int, message: str, metadata: dict[str, Any] | None = None, **headers: str) -> Scenario:
    """A model that refuses every odd call and answers every even one."""
    refuse = refuses(status, message, metadata, **headers)

    async def scenario(reply: Reply) -> None:
        await (refuse if reply.calls % 2 else normal)(reply)

    return scenario


async def _reset_soon(reply: Reply) -> None:
    """429 with a reset one second away, in milliseconds of the epoch: the first time only."""
    soon = str((int(time.time()) + 1) * 1000)
    await refuses_first(429, "Rate limit exceeded", {"limit_source": "key"}, x_ratelimit_reset=soon)(reply)


_POOL = {"provider_name": "DeepInfra", "is_byok": False, "limit_source": "upstream_provider_shared_pool"}
_CREDITS = "This request requires more credits, or fewer max_tokens. You requested up to 8192 tokens."
_IN_FLIGHT = {"reason": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"}
_FLAGGED = {"reasons": ["self-harm"], "flagged_input": "…", "provider_name": "Amazon Bedrock", "model_slug": "local"}
_DAILY = {"limit_source": "openrouter_free_tier_daily", "provider_name": None}
_WINDOW = {"error_type": "provider_unavailable", "provider_name": "Together"}

BY_ID: dict[str, Scenario] = {
    "local/context-too-long-once": context_too_long_once,
    "local/error-401": refuses(401, "User not found."),
    "local/error-402": refuses(402, _CREDITS, {"limit_source": "openrouter_credits", "previous_errors": []}),
    "local/error-402-in-flight": refuses_first(402, "In-flight budget exhausted.", _IN_FLIGHT, retry_after="1"),
    "local/error-403-key-limit": refuses(403, KEY_LIMIT),
    "local/error-403-moderation": refuses(403, "local requires moderation on Amazon Bedrock.", _FLAGGED),
    "local/error-404": refuses(404, "No endpoints found for local/error-404."),
    "local/error-404-provider": refuses_first(404, "Provider returned error", {"provider_name": "Together"}),
    "local/error-413": refuses(413, "Payload too large", {"error_type": "payload_too_large"}),
    "local/error-429-then-ok": refuses_first(429, "Provider returned error", _POOL),
    "local/error-429-upstream": refuses(429, "Provider returned error", _POOL),
    "local/error-429-wait": refuses(429, "Provider returned error", _POOL, retry_after="20"),
    "local/error-429-daily": refuses(429, "free-models-per-day", _DAILY, x_ratelimit_reset="4102444800000"),
    "local/error-429-reset-soon": _reset_soon,
    "local/error-500-then-ok": refuses_first(500, "Internal Server Error", {"error_type": "server"}),
    "local/error-502-context": refuses(502, "Your input exceeds the context window of this model.", _WINDOW),
    "local/error-503": refuses(503, "No provider meets the routing", {"error_type": "provider_overloaded"}),
}
