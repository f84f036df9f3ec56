"""Turns an admitted question into a stream: generates the answer, or resumes that of an equal earlier request."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict
from uuid import UUID

from oneai import chat
from oneai.api_keys.token_limit import TokenLimit
from oneai.chat.stream.format import StreamFormat
from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.openai_api.completion import failure
from oneai.postgres.db import Principal

# A failure within this time has its own HTTP status; later failures are part of the stream. Clients and proxies wait at
# least this long for the headers of a response.
SECONDS_TO_FIRST_DELTA = 15.0


class RequestIdentity(TypedDict):
    """What identifies a request: its hash, whether it repeats an earlier one, and the answer's id for an idempotency
    key."""

    request_hash: str
    is_retry: bool
    message_id: UUID | None


class WholeFormat(StreamFormat, Protocol):
    """Collects an answer instead of writing it."""

    def result(self) -> dict[str, Any]:
        """The whole object. Raises the OneAIError with which the answer ended."""


@dataclass(frozen=True)
class Generation:
    """The stream of one answer. `answer` is set if this request started it; `quota` is that of its unit, and
    `token_limit` that of its API key."""

    stream: AsyncIterator[bytes]
    answer: chat.Answer | None = None
    quota: dict[str, Any] | None = None
    token_limit: TokenLimit | None = None

    @property
    def tasks(self) -> list["asyncio.Task[None]"]:
        """Tasks that continue after the stream, with or without a reader."""
        return [self.answer.task] if self.answer is not None and self.answer.task is not None else []


def request_hash(path: str, body: bytes, idempotency_key: str = "") -> str:
    """Equal for equal requests to one endpoint; `oneai.admit` adds the user and the API key."""
    return hashlib.sha256(b"\0".join((path.encode(), idempotency_key.encode(), body))).hexdigest()


async def begin(
    principal: Principal,
    question: PromptedQuestion,
    stream_format: StreamFormat,
    *,
    api_key_id: UUID | None = None,
    deadline: float,
    request_id: str,
) -> Generation:
    """Admits the question and starts its answer, or resumes that of an earlier attempt. Raises every refusal."""
    result = await chat.admit(principal, question, api_key_id=api_key_id)
    if isinstance(result, chat.Replay):
        stream = await chat.resume(
            principal,
            result.message_ids[0],
            0,
            deadline=deadline,
            request_id=request_id,
            stream_format=stream_format,
            with_images=True,
        )
        return Generation(stream)
    (turn,) = result
    answer = chat.begin(turn, deadline)
    return Generation(chat.follow(answer, stream_format=stream_format), answer, turn.quota, turn.token_limit)


async def raise_early_failure(generation: Generation) -> None:
    """Waits for the first delta of the answer, or its end. Raises the OneAIError of an answer that failed before it, so
    that the response has its status."""
    answer = generation.answer
    if answer is None:
        return
    try:
        async with asyncio.timeout(SECONDS_TO_FIRST_DELTA):
            while not answer.deltas and answer.ending is None:
                await answer.next_change()
    except TimeoutError:
        return
    if not answer.deltas and answer.ending is not None and (error := failure(answer.ending)) is not None:
        raise error
