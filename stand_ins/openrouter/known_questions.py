"""Questions whose answers are written down: those that the app suggests, and those of the screenshots.

A file of `questions/` is one of them: `# ` and the question, the answer of any model, then answers of single models,
each below a line `<!-- model -->`, and the conversation's title below `<!-- title -->`.
"""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "questions"
_MODEL = re.compile(r"^<!-- (\S+) -->$\n", re.MULTILINE)


def answer_to(question: str, model: str) -> str | None:
    """The answer of this model in Markdown; None for an unknown question."""
    answers = _answers().get(question.strip(), {})
    return answers.get(model, answers.get(""))


def title_of(question: str) -> str | None:
    """The title of a conversation that begins with this question; None for one that is not known."""
    return _answers().get(question.strip(), {}).get("title")


@cache
def _answers() -> dict[str, dict[str, str]]:
    """By question and model; `""` stands for any other model."""
    return dict(_read(file.read_text()) for file in sorted(_FOLDER.glob("*.md")))


def _read(text: str) -> tuple[str, dict[str, str]]:
    heading, _, rest = text.partition("\n")
    common, *named = _MODEL.split(rest)
    answers = {"": common} | dict(zip(named[::2], named[1::2], strict=True))
    return heading.removeprefix("# "), {model: answer.strip() for model, answer in answers.items()}
