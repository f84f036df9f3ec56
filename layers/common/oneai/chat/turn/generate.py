"""The task that writes one answer: it asks the upstream, keeps the text, and settles. It never knows who listens."""

import asyncio
import time
from typing import Any

from oneai import log
from oneai.chat.attachments import content_parts
from oneai.chat.turn import context, titles
from oneai.chat.turn.admit import Turn, answer_tokens
from oneai.chat.turn.answer import Answer, running
from oneai.chat.turn.checkpoint import keep
from oneai.chat.turn.settle import settle
from oneai.clients import openrouter, secrets_manager
from oneai.clients.openrouter import ContextTooLong
from oneai.errors import InternalError, InvalidRequest, OneAIError, UpstreamTimeout, UpstreamUnavailable

# The producer cuts itself this long before the function's deadline, so that settling still fits in.
SECONDS_BEFORE_DEADLINE = 10.0
# Shutting down, this long for settling what was cut off.
SECONDS_TO_SETTLE = 3.0


def begin(turn: Turn, deadline: float) -> Answer:
    """Starts the one task that streams, checkpoints and settles; it is `answer.task`.

    `deadline` is in seconds of `time.time()`; the process must not end before the task has.
    """
    answer = Answer(turn=turn, deadline=deadline)
    running[turn.message_id] = answer
    answer.task = asyncio.create_task(_produce(answer))
    return answer


async def finish_all(seconds: float) -> None:
    """Shutting down: waits for running answers, then settles what is left as truncated while Postgres still runs."""
    tasks = [answer.task for answer in running.values() if answer.task]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=SECONDS_TO_SETTLE)


async def _produce(answer: Answer) -> None:
    reader = asyncio.create_task(_read(answer))
    keeper = asyncio.create_task(keep(answer))
    waits = [asyncio.create_task(answer.stopping.wait()), asyncio.create_task(answer.gone.wait())]
    seconds = max(answer.deadline - time.time() - SECONDS_BEFORE_DEADLINE, 0)
    stopped, failure = False, None
    try:
        await asyncio.wait((reader, *waits), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if reader.done():
            failure = _known(reader.exception())
        elif answer.stopping.is_set() or answer.gone.is_set():
            stopped = True
        else:
            failure = UpstreamTimeout()
    except asyncio.CancelledError:
        failure = InternalError("The answer was cut off because the service is restarting.")
        if task := asyncio.current_task():
            task.uncancel()
    for task in (reader, keeper, *waits):
        task.cancel()
    await asyncio.gather(reader, *waits, return_exceptions=True)
    try:
        untitled = await settle(answer, failure, stopped=stopped or (failure is None and answer.over_budget()))
        # It may still be at its last checkpoint, which nobody had to wait for: settling has the whole text.
        await asyncio.gather(keeper, return_exceptions=True)
        if untitled:
            await titles.write(answer)
    finally:
        running.pop(answer.turn.message_id, None)


def _known(failure: BaseException | None) -> OneAIError | None:
    if failure is None or isinstance(failure, OneAIError):
        return failure
    log.warning("an answer failed for a reason nobody foresaw", error=repr(failure))
    return InternalError()


async def _read(answer: Answer) -> None:
    """Takes down what the upstream says; a refused key is tried once more where the secret has a new one."""
    # What is not stored would be missing from the conversation for ever: rather nothing is asked then.
    await answer.turn.attached.keep()
    try:
        await _read_once(answer)
    except UpstreamUnavailable as refused:
        if (
            answer.log
            or getattr(refused, "alert", None) is None
            or not await asyncio.to_thread(secrets_manager.refresh)
        ):
            raise
        await _read_once(answer)


async def _read_once(answer: Answer) -> None:
    """Asks the upstream and takes down what it says; raises our errors."""
    turn = answer.turn
    budget = turn.offer.input_tokens
    for last in (False, True):
        answer.messages = context.fit(
            turn.history,
            turn.system_prompt,
            turn.message,
            budget,
            attachments=turn.attached.stored,
            sees=content_parts.all_see(turn.models),
        )
        messages = await content_parts.load(answer.messages, turn.person.user_id, turn.attached.at_hand)
        try:
            async with openrouter.complete(_request(turn, messages)) as completion:
                answer.completion = completion
                async for pieces in completion:
                    for piece in pieces:
                        if piece.kind == "image":
                            answer.images.append(piece.text)
                        else:
                            answer.add(piece.kind, piece.text)
                    answer.tell()
                    if answer.over_budget():
                        break
            return
        except ContextTooLong as error:
            if answer.log or len(answer.messages) <= (2 if turn.system_prompt else 1):
                raise InvalidRequest("The message is too long for this model.") from error
            if last:
                raise
            # The estimate was too low for this model's tokenizer: half the history, once.
            budget = context.estimate_prompt(answer.messages) // 2


def _request(turn: Turn, messages: list[dict[str, Any]]) -> dict[str, Any]:
    question, first = turn.question, turn.models[0]
    tokens = answer_tokens(turn)
    request: dict[str, Any] = {"model": first.id, "messages": messages, "max_tokens": tokens}
    if len(turn.models) > 1:
        # OpenRouter tries `model` first and takes three more at most.
        request["models"] = [model.id for model in turn.models[1:]]
    if question.temperature is not None:
        request["temperature"] = question.temperature
    if question.reasoning is not None:
        reasoning = question.reasoning.model_dump(exclude_none=True)
        if "max_tokens" in reasoning:
            reasoning["max_tokens"] = min(reasoning["max_tokens"], tokens)
        request["reasoning"] = reasoning
    if "image" in first.output_modalities:
        request["modalities"] = ["image", "text"]
    return request
