"""What the model gets to read: the system prompt, as much history as fits, and the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import Any

# Tokens per character by the UTF-8 width of the character, which tells scripts apart well enough: Latin letters
# and code; other alphabets; Devanagari, Tamil, Chinese, Japanese; emoji. The worst of the common tokenizers for each.
TOKENS_PER_CHARACTER = (1 / 3.8, 0.6, 1.0, 2.5)
# An estimate that is too low costs a refused call; one that is too high, a few old messages.
MARGIN = 1.1
# Role and separators around every message.
TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation; `tokens` where an upstream has counted it."""

    role: str
    content: str
    tokens: int | None = None


def estimate_tokens(text: str) -> int:
    """Tokens of `text` by a stated rule per script with a margin; exact counts come from the upstream's usage."""
    wide = len(text)
    as_utf8 = len(text.encode("utf-8", "replace"))
    if as_utf8 == wide:
        return ceil(wide * TOKENS_PER_CHARACTER[0] * MARGIN)
    one = len(text.encode("ascii", "ignore"))
    four = len(text.encode("utf-16-le", "replace")) // 2 - wide
    # as_utf8 = one + 2 two + 3 three + 4 four, and wide = one + two + three + four.
    three = as_utf8 - one - 4 * four - 2 * (wide - one - four)
    two = wide - one - three - four
    counts = (one, two, three, four)
    return ceil(sum(n * each for n, each in zip(counts, TOKENS_PER_CHARACTER, strict=True)) * MARGIN)


def tokens_of(said: Said) -> int:
    """What one message costs the context, as counted by an upstream where one did, else estimated."""
    counted = estimate_tokens(said.content) if said.tokens is None else said.tokens
    return counted + TOKENS_PER_MESSAGE


def fit(history: Sequence[Said], system_prompt: str | None, question: str, budget: int) -> list[dict[str, str]]:
    """Messages for the upstream that keep within `budget` tokens, as far as dropping history can do it.

    The oldest turns go first; the system prompt and the question always stay.
    """
    left = (
        budget - tokens_of(Said("user", question)) - (tokens_of(Said("system", system_prompt)) if system_prompt else 0)
    )
    first = len(history)
    for turn in reversed(_turns(history)):
        left -= sum(tokens_of(said) for said in turn)
        if left < 0:
            break
        first -= len(turn)
    kept = [{"role": said.role, "content": said.content} for said in history[first:] if said.content]
    opening = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*opening, *kept, {"role": "user", "content": question}]


def estimate_prompt(messages: Sequence[dict[str, str]]) -> int:
    """Tokens of a whole request, estimated."""
    return sum(estimate_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in messages)


def from_rows(rows: Sequence[dict[str, Any]]) -> list[Said]:
    """The history as `oneai.admit` tells it, with the token counts that stored usage allows to know.

    An answer counts its own completion tokens. A question counts what the prompt grew by since the answer before,
    where that is plausible: the growth says nothing after old turns were dropped or the model was changed.
    """
    history = []
    spent = None
    for row, after in zip_longest(rows, rows[1:]):
        usage = row["usage"] if row["usage"] and not row["usage"]["estimated"] else None
        tokens = None
        if row["role"] == "assistant":
            if usage:
                tokens = max(usage["completion_tokens"] - usage["reasoning_tokens"], 1)
                spent = usage["prompt_tokens"] + tokens
            else:
                spent = None
        elif spent is not None and after and after["usage"] and not after["usage"]["estimated"]:
            grown = after["usage"]["prompt_tokens"] - spent
            guess = estimate_tokens(row["content"])
            tokens = grown if guess / 2 <= grown <= guess * 2 else None
        history.append(Said(row["role"], row["content"], tokens))
    return history


def _turns(history: Sequence[Said]) -> list[list[Said]]:
    """Questions with the answers that followed them."""
    turns: list[list[Said]] = []
    for said in history:
        if said.role == "user" or not turns:
            turns.append([])
        turns[-1].append(said)
    return turns
