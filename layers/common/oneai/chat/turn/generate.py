"""The task that generates one answer: it reads the upstream, checkpoints the text, and settles. It does not know its
followers."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

from oneai import log, passages
from oneai.chat.attachments import content_parts, generated_images
from oneai.chat.turn import context, retrieval, summaries, titles, web_sources
from oneai.chat.turn.admit import Turn, answer_tokens, temperature
from oneai.chat.turn.answer import Answer, running
from oneai.chat.turn.checkpoint import checkpoint_loop
from oneai.chat.turn.prompted_question import PromptedQuestion
from oneai.chat.turn.settle import settle
from oneai.clients import secrets_manager
from oneai.errors import (
    EmptyAnswer,
    InternalError,
    InvalidRequest,
    OneAIError,
    TokensUsedUp,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from oneai.models import Completion, ContextTooLong, OperatorNeeded, QuestionDeclined, providers, web_search

# Generation ends this long before the function's deadline, so that settling fits in.
SECONDS_BEFORE_DEADLINE = 10.0
# The time to settle interrupted answers at shutdown.
SECONDS_TO_SETTLE = 3.0


def begin(turn: Turn, deadline: float) -> Answer:
    """Starts the one task that generates, checkpoints and settles; it is `answer.task`.

    `deadline` is in seconds of `time.time()`; the process must not end before the task does.
    """
    answer = Answer(turn=turn, deadline=deadline)
    running[turn.message_id] = answer
    # Eagerly: the request leaves for OpenRouter before the response's headers leave for the client.
    answer.task = asyncio.Task(_generate(answer), loop=asyncio.get_running_loop(), eager_start=True)
    return answer


async def finish_all(seconds: float) -> None:
    """At shutdown: waits for running answers, then settles the others as truncated while Postgres still runs."""
    tasks = [answer.task for answer in running.values() if answer.task]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=SECONDS_TO_SETTLE)


async def _generate(answer: Answer) -> None:
    reader = asyncio.Task(_read_upstream(answer), loop=asyncio.get_running_loop(), eager_start=True)
    checkpoints = asyncio.create_task(checkpoint_loop(answer))
    seconds = max(answer.deadline - time.time() - SECONDS_BEFORE_DEADLINE, 0)
    stopped, failure = False, None
    try:
        await asyncio.wait((reader, answer.interruption), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if reader.done():
            failure = _as_error(reader.exception())
        elif answer.interruption.done():
            stopped = True
        else:
            failure = UpstreamTimeout()
    except asyncio.CancelledError:
        failure = InternalError("The answer was interrupted because the service is restarting.")
        if task := asyncio.current_task():
            task.uncancel()
    for task in (reader, checkpoints):
        task.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    answer.end_text()
    try:
        needs_title = await settle(answer, failure, stopped=stopped or (failure is None and answer.over_budget()))
        # Its last checkpoint may still be running; settling does not wait for it, because it has the whole text.
        await asyncio.gather(checkpoints, return_exceptions=True)
        if needs_title:
            await titles.write(answer)
        if failure is None:
            await summaries.write(answer)
    finally:
        running.pop(answer.turn.message_id, None)


def _as_error(failure: BaseException | None) -> OneAIError | None:
    if failure is None or isinstance(failure, OneAIError):
        return failure
    log.warning("an answer failed with an unexpected error", error=repr(failure))
    return InternalError()


async def _read_upstream(answer: Answer) -> None:
    """Reads the completion; again if every key is refused and the secret has a new one."""
    # Without its attachments the conversation would remain incomplete, so a failure here ends the answer.
    await answer.turn.attachments.store()
    try:
        if answer.turn.own_key is None or not await _is_read_by_own_key(answer):
            await _read_once(answer)
    except UpstreamUnavailable as error:
        if answer.has_begun or not isinstance(error, OperatorNeeded) or not await _has_new_key(answer):
            raise
        await _read_once(answer)


async def _is_read_by_own_key(answer: Answer) -> bool:
    """Reads the completion by the workspace's own key. False where the key's provider failed before the first piece,
    and another source is held that pays instead."""
    try:
        await _read_once(answer)
    except OneAIError as error:
        # What a chatbot's reader still holds back was written too.
        if answer.has_begun or answer.is_ready or answer.model_text():
            raise
        from oneai.chat.turn.own_key_fallback import fall_back

        answer.turn = await fall_back(answer.turn, error, answer.completion)
        answer.completion = None
        return False
    return True


async def _has_new_key(answer: Answer) -> bool:
    """Whether the secret has changed, or has a key that was not refused because another answer read it again."""
    changed = await asyncio.to_thread(secrets_manager.refresh)
    return changed or bool(answer.completion and answer.completion.has_another_key)


async def _read_once(answer: Answer) -> None:
    """Requests the completion with as much history as fits, a second time with less. Raises OneAIError."""
    turn = answer.turn
    if isinstance(turn.question, PromptedQuestion):
        answer.messages = turn.question.prompt
        await _read_completion(answer, _prompted_request(turn, turn.question))
        return
    if turn.chatbot is not None:
        await _read_chatbot_answer(answer)
        return
    budget = _prompt_budget(turn)
    quotation = await _find_passages(answer)
    for last in (False, True):
        answer.messages = context.fit(
            turn.branch,
            turn.system_prompt,
            turn.message,
            budget,
            attachments=turn.attachments.items,
            passages=quotation,
            supports_vision=content_parts.all_support_vision(turn.models),
            adjusted=turn.adjusted,
        )
        messages = await content_parts.load_images(answer.messages, turn.principal.user_id, turn.attachments.loaded)
        try:
            await _read_completion(answer, _request(turn, messages))
            return
        except ContextTooLong as error:
            if answer.has_begun or not _can_drop_history(turn, answer.messages):
                raise InvalidRequest("The message is too long for this model.") from error
            if last:
                raise
            # The estimate was too low for this model's tokenizer: retries once with half the history.
            budget = context.estimate_prompt(answer.messages) // 2


async def _read_chatbot_answer(answer: Answer) -> None:
    """The answer of a chatbot, which needs no model where it is ready. Raises OneAIError."""
    from oneai.chat.turn import chatbot_answer  # imported by the first one, as most answers are to users

    prepared = await chatbot_answer.prepare_answer(answer)
    if prepared.ready is not None:
        return
    budget = _prompt_budget(answer.turn)
    for last in (False, True):
        answer.messages = chatbot_answer.messages(answer, prepared, budget)
        try:
            await _read_completion(answer, {**_request(answer.turn, answer.messages), **prepared.request})
            return
        except ContextTooLong as error:
            if answer.has_begun or not _can_drop_history(answer.turn, answer.messages):
                raise InvalidRequest("The message is too long for this model.") from error
            if last:
                raise
            budget = context.estimate_prompt(answer.messages) // 2


def _can_drop_history(turn: Turn, messages: list[dict[str, Any]]) -> bool:
    """Whether there is more than the question, and the answer that it adjusts."""
    said = [each for each in messages if each["role"] != "system"]
    return len(said) > (1 if turn.adjusted is None else 3)


def _prompt_budget(turn: Turn) -> int:
    """The tokens of a prompt. Results of a search need room in the context of the smallest model too; they do not count
    against what the plan allows."""
    if not turn.web_searches:
        return turn.terms.input_tokens
    context_tokens = min(model.context_length for model in turn.models)
    room = context_tokens - turn.terms.answer_tokens - turn.web_searches * web_search.RESULT_TOKENS
    return min(turn.terms.input_tokens, room)


async def _find_passages(answer: Answer) -> str:
    """Finds the passages for the prompt; their sources are stored and sent first. Raises Busy."""
    if answer.turn.retrieval is None:
        return ""
    found_passages = await answer.turn.retrieval.passages()
    found = passages.sources(found_passages)
    if answer.turn.adjusted is not None:
        found += answer.turn.adjusted.pages
    await retrieval.store_sources(answer.turn.message_id, found)
    answer.sources = found
    answer.wake_followers()
    return passages.quoted(found_passages)


async def _read_completion(answer: Answer, request: dict[str, Any]) -> None:
    """Requests the completion and adds its pieces to the answer. Raises OneAIError, also where nothing came that its
    user asked for."""
    structured = isinstance(answer.turn.question, PromptedQuestion)
    answer.ask_model()
    async with _complete(answer.turn, request) as completion:
        if answer.completion is not None:
            completion.earlier = answer.completion.billed()
        answer.completion = completion
        async for pieces in completion:
            for piece in pieces:
                text = piece.text
                if piece.kind == "image":
                    text = generated_images.label(text)
                    answer.images.append(text)
                elif piece.kind == "annotations" and not structured:
                    answer.cite(web_sources.pages(text))
                if structured or piece.kind in ("text", "refusal", "reasoning"):
                    answer.add(piece.kind, text)
            answer.wake_followers()
            if answer.over_budget():
                break
        if not completion.has_answer:
            raise _nothing_came(completion, over_budget=answer.over_budget())


def _complete(turn: Turn, request: dict[str, Any]) -> AbstractAsyncContextManager[Completion, bool | None]:
    """The completion by what pays: the workspace's own key, or a key of the operator."""
    if turn.own_key is None:
        return providers.complete(request, held_tokens=turn.prompt_tokens)
    from oneai.chat.turn import own_key

    return own_key.complete(turn.own_key, request, turn.prompt_tokens)


def _nothing_came(completion: Completion, *, over_budget: bool) -> OneAIError:
    """Why a completion that ended by itself has no text, refusal, image or tool call."""
    if over_budget or completion.finish_reason == "length":
        return TokensUsedUp()
    return QuestionDeclined() if completion.finish_reason == "content_filter" else EmptyAnswer()


def _prompted_request(turn: Turn, question: PromptedQuestion) -> dict[str, Any]:
    # OpenAI's chat completions have no images: a model that draws answers in words, and takes a unit of text, where
    # the client has not asked for images as OpenRouter's clients do.
    draws = content_parts.all_draw(turn.models[:1])
    return {
        **({"modalities": ["image", "text"] if question.wants_images else ["text"]} if draws else {}),
        **question.parameters,
        **_tools(turn, question.parameters.get("tools", [])),
        "model": turn.models[0].id,
        "messages": question.prompt,
        "max_tokens": answer_tokens(turn),
    }


def _request(turn: Turn, messages: list[dict[str, Any]]) -> dict[str, Any]:
    question, first = turn.question, turn.models[0]
    tokens = answer_tokens(turn)
    request: dict[str, Any] = {"model": first.id, "messages": messages, "max_tokens": tokens}
    if len(turn.models) > 1:
        # OpenRouter tries `model` first, and accepts at most three more.
        request["models"] = [model.id for model in turn.models[1:]]
    if (chosen := temperature(turn)) is not None and _takes_temperature(turn):
        request["temperature"] = chosen
    if question.reasoning is not None:
        reasoning = question.reasoning.model_dump(exclude_none=True)
        if "max_tokens" in reasoning:
            reasoning["max_tokens"] = min(reasoning["max_tokens"], tokens)
        request["reasoning"] = reasoning
    if "image" in first.output_modalities:
        request["modalities"] = ["image", "text"]
    return {**request, **_tools(turn, [])}


def _takes_temperature(turn: Turn) -> bool:
    """Whether the temperature is sent: one that the question states always is. That of a conversation is left out for
    models that do not take it, because the conversation may change its model."""
    if turn.question.temperature is not None:
        return True
    return all("temperature" in model.supported_parameters for model in turn.models)


def _tools(turn: Turn, own: list[dict[str, Any]]) -> dict[str, Any]:
    """The field `tools`: those of the client (`own`), and the search of the web, no more often than is held."""
    searching = [web_search.search_tool(turn.web_searches)] if turn.web_searches else []
    return {"tools": [*own, *searching]} if searching else {}
