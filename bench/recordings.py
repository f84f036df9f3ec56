"""Recorded traffic of OpenRouter: texts with the number of tokens that the upstream counted."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.data_folder import REPOSITORY
from oneai.clients.model_streams.frames import FrameParser
from oneai.clients.model_streams.pieces import PieceBuffer
from oneai.clients.openrouter.usage import parse_usage
from oneai.models import Usage

FIXTURES = Path(os.environ.get("ONEAI_FIXTURES") or REPOSITORY.parent / "shared" / "fixtures") / "openrouter"
# Content that adds tokens beyond the text of a prompt or an answer.
_MORE_THAN_TEXT = {"tools", "plugins", "preset", "response_format", "reasoning"}


@dataclass(frozen=True)
class Counted:
    """Messages with the number of tokens stated by an upstream; `model` is the model whose tokenizer counted them."""

    file: str
    part: str  # `answer` or `prompt`
    model: str
    messages: list[dict[str, str]]
    tokens: int

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(message["content"] for message in self.messages)


@dataclass
class _Answer:
    """The content of a recording; `only_text` if nothing else can have been counted."""

    model: str = ""
    text: str = ""
    usage: Usage | None = None
    only_text: bool = True


def counted() -> Iterator[Counted]:
    """Every answer and prompt whose text and count are both known and belong together."""
    for file in sorted((FIXTURES / "sse").glob("*.sse")):
        # Derived recordings were made by hand, and their counts belong to no text.
        if not file.name.startswith("derived_"):
            about = json.loads(file.with_suffix(".meta.json").read_text())
            yield from _of(file.stem, about.get("request"), _streamed(file.read_bytes()))
    for file in sorted((FIXTURES / "json").glob("*.json")):
        about = json.loads(file.read_text())
        yield from _of(file.stem, about.get("request"), _whole(about["response"].get("json") or {}))


def _of(file: str, request: dict[str, Any] | None, answer: _Answer) -> Iterator[Counted]:
    body = (request or {}).get("json") or {}
    usage = answer.usage
    if usage is None or body.keys() & _MORE_THAN_TEXT:
        return
    written = usage.completion_tokens - usage.reasoning_tokens
    if answer.only_text and answer.text and written > 0:
        yield Counted(file, "answer", answer.model, [{"content": answer.text}], written)
    texts = [_text(message.get("content")) for message in body.get("messages") or ()]
    if usage.prompt_tokens and texts and None not in texts:
        messages = [{"content": text} for text in texts if text is not None]
        yield Counted(file, "prompt", answer.model, messages, usage.prompt_tokens)


def _text(content: object) -> str | None:
    """The text of a message, whole or in parts; None with any other content."""
    if isinstance(content, list) and all(part.get("type") == "text" for part in content):
        return "".join(part["text"] for part in content)
    return content if isinstance(content, str) else None


def _streamed(recorded: bytes) -> _Answer:
    parser, buffer, answer = FrameParser(), PieceBuffer(), _Answer()
    for frame in [*parser.feed(recorded), *parser.finish()]:
        answer.model = frame.get("model") or answer.model
        answer.usage = parse_usage(frame.get("usage")) or answer.usage
        for choice in frame.get("choices") or ():
            delta = choice.get("delta") or {}
            answer.only_text = answer.only_text and not (delta.get("tool_calls") or delta.get("images"))
            buffer.add(delta)
    pieces = buffer.take(last=True)
    answer.text = "".join(piece.text for piece in pieces if piece.kind == "text")
    return _without_hidden_thoughts(answer, thoughts=any(piece.kind == "reasoning" for piece in pieces))


def _whole(body: dict[str, Any]) -> _Answer:
    message = (body.get("choices") or [{}])[0].get("message") or {}
    text = message.get("content")
    answer = _Answer(
        model=body.get("model") or "",
        text=text if isinstance(text, str) else "",
        usage=parse_usage(body.get("usage")),
        only_text=not (message.get("tool_calls") or message.get("images")),
    )
    return _without_hidden_thoughts(answer, thoughts=bool(message.get("reasoning")))


def _without_hidden_thoughts(answer: _Answer, *, thoughts: bool) -> _Answer:
    """Reasoning that was shown but not counted separately is part of the answer's count."""
    if thoughts and answer.usage is not None and not answer.usage.reasoning_tokens:
        answer.only_text = False
    return answer
