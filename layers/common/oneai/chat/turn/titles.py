"""Titles: after the first answer a cheap model writes the conversation's title, once, at the operator's expense.

It happens in the answer's own task, after its followers were sent the ending. Failures are only logged: the
conversation keeps the first words of its question (`chat/turn/first_words.py`).
"""

import json
import re
from typing import Any, Literal

from oneai import log, settings
from oneai.chat.turn import by_own_key
from oneai.chat.turn.answer import Answer
from oneai.errors import OneAIError
from oneai.models import providers
from oneai.models.background_completion import BackgroundCompletion
from oneai.plans.credit_terms import CREDITS
from oneai.plans.title_model import TitleSettings, title_model
from oneai.postgres import db
from oneai.text import cut, cut_at_word

SECONDS_TO_WRITE = 8.0
# With less time left no title is requested; a later answer will do it.
MIN_SECONDS = 3.0
# The length of the start of the question and of the answer that the title is written from.
EXCERPT_CHARACTERS = 600
# Both in any script, and the instruction.
PROMPT_TOKENS = 2000
TITLE_TOKENS = 40
MAX_TITLE_CHARACTERS = 80
# A longer output means that the model did not follow the instruction.
MAX_CHARACTERS = 1000

INSTRUCTION = (
    "Write a title of at most six words for the conversation that begins as follows, in the language of the question. "
    "Answer with the title alone, in plain text, without quotation marks and without a full stop."
)


def is_enabled(answer: Answer) -> bool:
    """Whether a title may be requested after this answer, if its conversation has none."""
    if answer.turn.own_key is not None and not by_own_key.can_write(answer.turn):
        return False
    return settings.read(TitleSettings).auto_titles and answer.seconds_left() >= MIN_SECONDS


async def write(answer: Answer) -> None:
    """Requests the title and stores it with its cost. What credits hold for one that is not written comes back. Never
    raises."""
    stored = False
    try:
        own = answer.turn.own_key
        model = answer.turn.models[0] if own is not None else title_model(await providers.list_models())
        if model is None:
            log.warning("no available model can write titles")
            return
        written = BackgroundCompletion(
            model,
            _messages(answer),
            answer_tokens=TITLE_TOKENS,
            held_tokens=PROMPT_TOKENS,
            max_characters=MAX_CHARACTERS,
            complete=by_own_key.completing(answer.turn),
        )
        await written.run(min(SECONDS_TO_WRITE, answer.seconds_left()))
        if written.failure is not None:
            log.warning("a title was not written", model=model.id, reason=type(written.failure).__name__)
        cut_off = written.completion is not None and written.completion.finish_reason == "length"
        title = clean_title(written.text, cut_off=cut_off) if written.failure is None else None
        usage = written.operator_usage("failed" if written.failure else "complete")
        await db.call(
            "select oneai.write_title(%s, %s, %s)",
            [
                answer.turn.message_id,
                title,
                json.dumps(usage, ensure_ascii=False),
            ],
            idempotent=True,
        )
        stored = True
    except Exception:  # noqa: BLE001 — the answer has ended and is settled, and this must not look like its failure
        log.exception("a title could not be stored", message_id=answer.turn.message_id)
    finally:
        if not stored:
            await release_line(answer, "title")


async def release_line(answer: Answer, line: Literal["title", "summary"]) -> None:
    """Gives back what credits hold for what follows the answer. If it fails, the job does it. Never raises."""
    if answer.turn.paid_by != CREDITS:
        return
    try:
        await db.call("select oneai.release_line(%s, %s)", [answer.turn.message_id, line], idempotent=True)
    except OneAIError:
        log.exception("what is held for a title or a summary is still held", message_id=answer.turn.message_id)


def clean_title(text: str, *, cut_off: bool = False) -> str | None:
    """The title in a model's output, of at most 80 characters without quotes and markup; None if there is none.

    `cut_off`: the output reached its maximum length, so its last word may be incomplete; an ellipsis replaces it."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(r"<think(ing)?>.*?(</think(ing)?>|\Z)", "", text, flags=re.DOTALL)
    # Control characters, and those that change the direction of the text after them.
    text = re.sub(r"[\0-\t\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]+", " ", text)
    lines = text.splitlines()
    line = next((line for line in lines if re.search(r"\w", line)), "")
    incomplete = cut_off and bool(lines) and line is lines[-1]
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"\*\*|__|`", "", " ".join(line.split()))
    line = re.sub(r"^([#>*+-]+ +)+", "", line)
    line = re.sub(r"^(title|titel|titre|título|शीर्षक) ?[:：] ?", "", line, flags=re.IGNORECASE)
    line = _strip_quotes(line)
    if incomplete and re.search(r"\w", line):
        line = (line.rpartition(" ")[0] or line).rstrip(" ,;:–—-") + "…"
    line = cut_at_word(line, MAX_TITLE_CHARACTERS)
    return line if re.search(r"\w", line) else None


def _strip_quotes(line: str) -> str:
    """Removes surrounding quotation marks and asterisks, and the full stop at the end."""
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


def _messages(answer: Answer) -> list[dict[str, Any]]:
    question, text = _excerpt(answer.turn.message), _excerpt(answer.text())
    beginning = f"Question: {question}\n\nAnswer: {text}" if text else f"Question: {question}"
    return [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": beginning}]


def _excerpt(text: str) -> str:
    return cut(" ".join(text[: EXCERPT_CHARACTERS * 2].split()), EXCERPT_CHARACTERS)
