"""The messages of an upstream request: the system prompt, as much history as fits, and the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import Any

from oneai.chat.attachments.content_parts import (
    ContentPart,
    StoredAttachment,
    UpstreamMessage,
    as_text,
    is_image,
    message_content,
)
from oneai.chat.turn.adjust import AdjustedAnswer
from oneai.prompt_size import IMAGE_TOKENS, serialised_bytes
from oneai.token_estimate import estimate_tokens

# Role and separators around every message.
TOKENS_PER_MESSAGE = 4
# Fields besides a message's content are JSON, which has at least this many bytes per token.
BYTES_PER_TOKEN = 3
# A token of ordinary text has at most this many bytes; a token of many spaces may have more.
MAX_BYTES_PER_TOKEN = 12
SUMMARISED = "A summary of the conversation before the messages that follow:"


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """A message of the conversation with its attachments; `tokens` is set if an upstream counted it."""

    role: str
    content: str
    tokens: int | None = None
    attachments: Sequence[StoredAttachment] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of the conversation up to the message of this number; the first message is 1."""

    content: str
    sequence_number: int


@dataclass(frozen=True, slots=True)
class Branch:
    """The conversation before a question: the newest messages, how many there are in all, and what covers the oldest of
    them, if anything does."""

    history: list[HistoryMessage]
    messages: int = 0
    summary: Summary | None = None
    may_be_summarised: bool = False

    @property
    def complete(self) -> bool:
        """Whether `history` has all of its messages."""
        return len(self.history) >= self.messages


def message_tokens(message: HistoryMessage, *, supports_vision: bool = False) -> int:
    """The tokens of a message in the context: counted by an upstream if possible, else estimated."""
    counted = _estimate(message, supports_vision=supports_vision) if message.tokens is None else message.tokens
    return counted + TOKENS_PER_MESSAGE


def fit(
    branch: Branch,
    system_prompt: str | None,
    question: str,
    budget: int,
    *,
    attachments: Sequence[StoredAttachment] = (),
    passages: str = "",
    supports_vision: bool = False,
    adjusted: AdjustedAnswer | None = None,
) -> list[UpstreamMessage]:
    """Messages for the upstream that stay within `budget` tokens, as far as dropping history can achieve it.

    The oldest turns are dropped first, and where something covers them, their summary stands in their place. The system
    prompt, the `passages` of documents and the question with its attachments always stay; after it the answer that is
    `adjusted`, with the instruction. Images are included where the model `supports_vision`; `content_parts.load_images`
    loads them.
    """
    asked = f"{passages}\n\n{question}" if passages else question
    asking = [HistoryMessage("user", asked, attachments=attachments)]
    if adjusted is not None:
        asking += [HistoryMessage("assistant", adjusted.content), HistoryMessage("user", adjusted.instruction)]
    system = [HistoryMessage("system", system_prompt)] if system_prompt else []
    left = budget - sum(message_tokens(message, supports_vision=supports_vision) for message in (*system, *asking))
    first = _first_that_fits(branch.history, left, supports_vision=supports_vision)
    if branch.summary and (first > 0 or not branch.complete):
        summary = HistoryMessage("system", f"{SUMMARISED}\n\n{branch.summary.content}")
        # Beyond the budget no units are held for it.
        if (tokens := message_tokens(summary)) <= left:
            system.append(summary)
            first = _first_that_fits(branch.history, left - tokens, supports_vision=supports_vision)
    recent = [message for message in branch.history[first:] if message.content or message.attachments]
    return [_upstream_message(message, supports_vision=supports_vision) for message in (*system, *recent, *asking)]


def estimate_prompt(messages: Sequence[UpstreamMessage], **others: Any) -> int:
    """Tokens of a whole request, estimated; images by a fixed count. `others` are its other fields that are part of the
    prompt, such as `tools`."""
    tokens = _estimate_fields(others) if others else 0
    return tokens + sum(map(_estimate_message, messages))


def from_rows(rows: Sequence[dict[str, Any]]) -> list[HistoryMessage]:
    """The history that `oneai.admit` returns, with the token counts that stored usage allows to know.

    An answer counts its own completion tokens. A question counts what the prompt grew by since the answer before,
    where that is plausible: the growth means nothing after old turns were dropped or the model was changed.
    """
    history = []
    tokens_before = None
    for row, following in zip_longest(rows, rows[1:]):
        usage = row["usage"] if row["usage"] and not row["usage"]["estimated"] else None
        tokens = None
        attachments = _attachments(row)
        if row["role"] == "assistant":
            if usage:
                tokens = _believable(row["content"], usage["completion_tokens"] - usage["reasoning_tokens"])
                tokens_before = usage["prompt_tokens"] + max(usage["completion_tokens"] - usage["reasoning_tokens"], 1)
            else:
                tokens_before = None
        elif tokens_before is not None and following and following["usage"] and not following["usage"]["estimated"]:
            growth = following["usage"]["prompt_tokens"] - tokens_before
            estimate = estimate_tokens(as_text(row["content"], attachments, supports_vision=True))
            estimate += sum(map(is_image, attachments)) * IMAGE_TOKENS
            tokens = growth if estimate / 2 <= growth <= estimate * 2 else None
        history.append(HistoryMessage(row["role"], row["content"], tokens, attachments))
    return history


def _believable(content: str, counted: int) -> int | None:
    """The tokens of an answer as an upstream has counted them; None for fewer than any tokenizer makes of it. Some
    upstreams state more tokens of reasoning than they count in all."""
    counted = max(counted, 1)
    return counted if counted * MAX_BYTES_PER_TOKEN >= len(content.encode("utf-8", "replace")) else None


def _attachments(row: dict[str, Any]) -> list[StoredAttachment]:
    """The readable ones: an import may have brought metadata of any form."""
    items = row.get("attachments")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _upstream_message(message: HistoryMessage, *, supports_vision: bool) -> UpstreamMessage:
    content = message_content(message.content, message.attachments, supports_vision=supports_vision)
    return {"role": message.role, "content": content}


def _estimate(message: HistoryMessage, *, supports_vision: bool) -> int:
    if not message.attachments:
        return estimate_tokens(message.content)
    return _estimate_content(message_content(message.content, message.attachments, supports_vision=supports_vision))


def _estimate_message(message: UpstreamMessage) -> int:
    """Of a message as it is sent: its content, and what else a client has sent with it."""
    others = {name: value for name, value in message.items() if name not in ("role", "content")}
    content = message["content"]
    tokens = TOKENS_PER_MESSAGE + (_estimate_content(content) if content is not None else 0)
    return tokens + (_estimate_fields(others) if others else 0)


def _estimate_fields(fields: Mapping[str, Any]) -> int:
    return ceil(serialised_bytes(fields) / BYTES_PER_TOKEN)


def _estimate_content(content: str | list[ContentPart]) -> int:
    if isinstance(content, str):
        return estimate_tokens(content)
    return sum(estimate_tokens(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)


def _first_that_fits(history: Sequence[HistoryMessage], tokens: int, *, supports_vision: bool) -> int:
    """The index of the first message after the oldest turns that do not fit into `tokens`."""
    first = len(history)
    for turn in reversed(_turns(history)):
        tokens -= sum(message_tokens(message, supports_vision=supports_vision) for message in turn)
        if tokens < 0:
            break
        first -= len(turn)
    return first


def _turns(history: Sequence[HistoryMessage]) -> list[list[HistoryMessage]]:
    """Questions with the answers that followed them."""
    turns: list[list[HistoryMessage]] = []
    for message in history:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns
