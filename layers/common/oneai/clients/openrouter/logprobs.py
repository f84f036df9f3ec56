"""The log probabilities of an answer's tokens, as OpenAI has them in `logprobs` of a choice."""

import json
import math
from collections.abc import Iterable
from typing import Any

from oneai.clients.openrouter.unicode import repair
from oneai.clients.openrouter.usage import parse_decimal

# What OpenAI has for a token that is very unlikely. JSON cannot write minus infinity.
LEAST = -9999.0


def join_logprobs(pieces: Iterable[str]) -> dict[str, Any]:
    """The whole `logprobs` of a choice."""
    joined: dict[str, Any] = {"content": [], "refusal": None}
    for text in pieces:
        joined["content"] += json.loads(text)["content"]
    return joined


def logprobs_json(logprobs: object) -> str:
    """The `logprobs` of a choice as JSON text with the fields that OpenAI has; empty where it has no tokens."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    tokens = [_token(each) for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return json.dumps({"content": tokens, "refusal": None}) if tokens else ""


def _token(token: dict[str, Any], *, alternatives: bool = True) -> dict[str, Any]:
    raw_top = token.get("top_logprobs") if alternatives else None
    top = [_token(each, alternatives=False) for each in raw_top or () if isinstance(each, dict)]
    raw = token.get("bytes")
    return {
        "token": repair(str(token.get("token", ""))),
        "logprob": _logprob(token.get("logprob")),
        "bytes": [each for each in raw if isinstance(each, int)] if isinstance(raw, list) else None,
        **({"top_logprobs": top} if alternatives else {}),
    }


def _logprob(value: object) -> float:
    number = parse_decimal(0 if value is None else value)
    return LEAST if number is None or not math.isfinite(logprob := float(number)) else logprob
