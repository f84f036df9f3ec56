"""Titles: after the first answer a cheap model names the conversation, once, at the house's expense.

It happens when everybody has been told how the answer ended, in the answer's own task, and whatever goes wrong is
logged and nothing else: a conversation without a title is a small thing.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from oneai import log, plans, settings
from oneai.chat.turn import cost
from oneai.chat.turn.answer import Answer
from oneai.clients import openrouter
from oneai.clients.openrouter import Completion, Model
from oneai.errors import OneAIError
from oneai.plans import TitleSettings
from oneai.postgres import db

# The model has this long, what it wrote is kept after that; both end before the function does.
SECONDS_TO_WRITE = 8.0
SECONDS_TO_KEEP = 2.0
# With less than this left nobody is asked at all: there will be another answer.
LEAST_SECONDS = 3.0
# Of question and answer each; their beginnings say what it is about.
EXCERPT = 600
TITLE_TOKENS = 40
# A model that may think needs room for it.
THINKING_TOKENS = 1000
LONGEST = 80
# A model that does not stop has not understood.
ENOUGH = 1000

INSTRUCTION = (
    "Write a title of at most six words for the conversation that begins as follows, in the language of the question. "
    "Answer with the title alone, in plain text, without quotation marks and without a full stop."
)


@dataclass
class _Heard:
    """What came of asking, however it ended."""

    messages: list[dict[str, Any]]
    completion: Completion | None = None
    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)


def wanted(answer: Answer) -> bool:
    """Whether a title is to be asked for after this answer, should its conversation have none."""
    return settings.read(TitleSettings).auto_titles and _seconds_left(answer) >= LEAST_SECONDS


async def write(answer: Answer) -> None:
    """Has the title written and kept, with what it cost. Never fails."""
    try:
        model = plans.title_model(await openrouter.list_models())
        if model is None:
            log.warning("no model on offer is fit to write titles")
            return
        heard = _Heard(_messages(answer))
        outcome = "complete"
        try:
            async with asyncio.timeout(min(SECONDS_TO_WRITE, _seconds_left(answer))):
                await _ask(model, heard)
        except (OneAIError, TimeoutError) as error:
            outcome = "failed"
            log.warning("a title was not written", model=model.id, reason=type(error).__name__)
        title = cleaned("".join(heard.text)) if outcome == "complete" else None
        await db.call(
            "select oneai.write_title(%s, %s, %s)",
            [answer.turn.message_id, title, json.dumps(_bill(model, heard, outcome), ensure_ascii=False)],
            idempotent=True,
        )
    except Exception:  # noqa: BLE001 — the answer is told and settled, and this must not look like its failure
        log.exception("a title could not be kept", message_id=answer.turn.message_id)


def cleaned(text: str) -> str | None:
    """The title in what a model wrote, a line of at most 80 characters without quotes and markup; None without any."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(r"<think(ing)?>.*?(</think(ing)?>|\Z)", "", text, flags=re.DOTALL)
    # Control characters, and those that turn the direction of what follows.
    text = re.sub(r"[\0-\t\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]+", " ", text)
    line = next((line for line in text.splitlines() if re.search(r"\w", line)), "")
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"\*\*|__|`", "", " ".join(line.split()))
    line = re.sub(r"^([#>*+-]+ +)+", "", line)
    line = re.sub(r"^(title|titel|titre|título|शीर्षक) ?[:：] ?", "", line, flags=re.IGNORECASE)
    line = _bare(line)
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"
    return line if re.search(r"\w", line) else None


def _bare(line: str) -> str:
    """Without the quotation marks and stars around it, and the full stop at its end."""
    pairs = {"*": "*", "_": "_", '"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›", "「": "」"}
    while True:
        bare = line.strip()
        if bare.endswith((".", "。", "।")) and not bare.endswith(".."):
            bare = bare[:-1]
        if len(bare) > 1 and pairs.get(bare[0]) == bare[-1]:
            bare = bare[1:-1]
        if bare == line:
            return line
        line = bare


async def _ask(model: Model, heard: _Heard) -> None:
    request: dict[str, Any] = {"model": model.id, "messages": heard.messages, "max_tokens": TITLE_TOKENS}
    if plans.thinks(model):
        request |= {"max_tokens": THINKING_TOKENS, "reasoning": {"effort": "low", "exclude": True}}
    async with openrouter.complete(request) as completion:
        heard.completion = completion
        async for pieces in completion:
            for piece in pieces:
                if piece.kind != "image":
                    (heard.text if piece.kind == "text" else heard.thoughts).append(piece.text)
            if sum(map(len, heard.text)) > ENOUGH:
                return


def _messages(answer: Answer) -> list[dict[str, Any]]:
    question, said = _excerpt(answer.turn.message), _excerpt(answer.text())
    begins = f"Question: {question}\n\nAnswer: {said}" if said else f"Question: {question}"
    return [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": begins}]


def _excerpt(text: str) -> str:
    return " ".join(text[: EXCERPT * 2].split())[:EXCERPT]


def _bill(model: Model, heard: _Heard, outcome: str) -> dict[str, Any]:
    said = heard.completion
    return {
        "outcome": outcome,
        "model_asked": model.id,
        "model": said.model if said else None,
        "provider": said.provider if said else None,
        "generation_id": said.generation_id if said else None,
        "price_version": model.price_version,
        "usage": cost.of(said, [model], heard.messages, "".join(heard.text), "".join(heard.thoughts)),
    }


def _seconds_left(answer: Answer) -> float:
    return answer.deadline - time.time() - SECONDS_TO_KEEP
