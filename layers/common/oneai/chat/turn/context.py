"""What the model gets to read: the system prompt, as much history as fits, and the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import Any

from oneai.chat.attachments.content_parts import IMAGE_TOKENS, Stored, Upstream, as_text, content_of, is_image

# Tokens per character by the UTF-8 width of the character, which tells scripts apart well enough: Latin letters
# and code; other alphabets; Devanagari, Tamil, Chinese, Japanese; emoji. The worst of the common tokenizers for each.
TOKENS_PER_CHARACTER = (1 / 3.8, 0.6, 1.0, 2.5)
# An estimate that is too low costs a refused call; one that is too high, a few old messages.
MARGIN = 1.1
# Role and separators around every message.
TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation, with what was sent along; `tokens` where an upstream has counted it."""

    role: str
    content: str
    tokens: int | None = None
    attachments: Sequence[Stored] = ()


def estimate_tokens(text: str) -> int:
    """Tokens of `text` by a stated rule per script with a margin; exact counts come from the upstream's usage."""
    return ceil(weight(text) * MARGIN)


def weight(text: str) -> float:
    """Tokens of `text` by the same rule, without margin or rounding, so that pieces add up to the whole."""
    wide = len(text)
    as_utf8 = len(text.encode("utf-8", "replace"))
    if as_utf8 == wide:
        return wide * TOKENS_PER_CHARACTER[0]
    one = len(text.encode("ascii", "ignore"))
    four = len(text.encode("utf-16-le", "replace")) // 2 - wide
    # as_utf8 = one + 2 two + 3 three + 4 four, and wide = one + two + three + four.
    three = as_utf8 - one - 4 * four - 2 * (wide - one - four)
    two = wide - one - three - four
    counts = (one, two, three, four)
    return sum(n * each for n, each in zip(counts, TOKENS_PER_CHARACTER, strict=True))


def tokens_of(said: Said, *, sees: bool = False) -> int:
    """What one message costs the context, as counted by an upstream where one did, else estimated."""
    counted = _estimate(said, sees=sees) if said.tokens is None else said.tokens
    return counted + TOKENS_PER_MESSAGE


def fit(
    history: Sequence[Said],
    system_prompt: str | None,
    question: str,
    budget: int,
    *,
    attachments: Sequence[Stored] = (),
    sees: bool = False,
) -> list[Upstream]:
    """Messages for the upstream that keep within `budget` tokens, as far as dropping history can do it.

    The oldest turns go first; the system prompt and the question, with its attachments, always stay. Images are in it
    where the model `sees`; `parts.load` is yet to load them.
    """
    asked = Said("user", question, attachments=attachments)
    left = budget - tokens_of(asked, sees=sees) - (tokens_of(Said("system", system_prompt)) if system_prompt else 0)
    first = len(history)
    for turn in reversed(_turns(history)):
        left -= sum(tokens_of(said, sees=sees) for said in turn)
        if left < 0:
            break
        first -= len(turn)
    kept = [_upstream(said, sees=sees) for said in history[first:] if said.content or said.attachments]
    opening: list[Upstream] = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*opening, *kept, _upstream(asked, sees=sees)]


def estimate_prompt(messages: Sequence[Upstream]) -> int:
    """Tokens of a whole request, estimated; images by a fixed count."""
    return sum(_estimate_content(message["content"]) + TOKENS_PER_MESSAGE for message in messages)


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
        attachments = _attachments(row)
        if row["role"] == "assistant":
            if usage:
                tokens = max(usage["completion_tokens"] - usage["reasoning_tokens"], 1)
                spent = usage["prompt_tokens"] + tokens
            else:
                spent = None
        elif spent is not None and after and after["usage"] and not after["usage"]["estimated"]:
            grown = after["usage"]["prompt_tokens"] - spent
            guess = estimate_tokens(as_text(row["content"], attachments, sees=True))
            guess += sum(map(is_image, attachments)) * IMAGE_TOKENS
            tokens = grown if guess / 2 <= grown <= guess * 2 else None
        history.append(Said(row["role"], row["content"], tokens, attachments))
    return history


def _attachments(row: dict[str, Any]) -> list[Stored]:
    """Whatever came from elsewhere, only what can be read."""
    found = row.get("attachments")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _upstream(said: Said, *, sees: bool) -> Upstream:
    return {"role": said.role, "content": content_of(said.content, said.attachments, sees=sees)}


def _estimate(said: Said, *, sees: bool) -> int:
    if not said.attachments:
        return estimate_tokens(said.content)
    return _estimate_content(content_of(said.content, said.attachments, sees=sees))


def _estimate_content(content: str | list[Upstream]) -> int:
    if isinstance(content, str):
        return estimate_tokens(content)
    return sum(estimate_tokens(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)


def _turns(history: Sequence[Said]) -> list[list[Said]]:
    """Questions with the answers that followed them."""
    turns: list[list[Said]] = []
    for said in history:
        if said.role == "user" or not turns:
            turns.append([])
        turns[-1].append(said)
    return turns
