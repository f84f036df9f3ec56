"""What a model answers, whichever provider serves it: the stand-ins put it into their own protocols."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from stand_ins.openrouter.structured import example_of

# The results after which a loop ends: of a model with `loops` in its name, or of a question with these words, which any
# model loops for.
LOOPS = 5
IN_A_LOOP = "in a loop"
RED_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


@dataclass
class Asked:
    """A request, in no provider's form. `results` are those of the calls since the user's last message."""

    model: str
    question: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    thinks: bool = False
    schema: dict[str, Any] | None = None
    draws: bool = False
    images: int = 0
    files: int = 0
    max_tokens: int | None = None
    calls_alone: bool = False

    @property
    def loops(self) -> bool:
        """Whether tools are called in one round after the other."""
        return "loops" in self.model or IN_A_LOOP in self.question


@dataclass(frozen=True)
class Call:
    """A call of a tool."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Answer:
    """What the model writes, in this order. `finish` is stop, tool_calls, length or content_filter."""

    thoughts: str = ""
    text: str = ""
    calls: list[Call] = field(default_factory=list)
    image: str | None = None
    finish: str = "stop"

    def tokens(self) -> int:
        """The tokens of the answer, thoughts included."""
        called = sum(len(json.dumps(each.arguments)) for each in self.calls)
        return self.thought_tokens() + len(self.text.split()) + called // 4 + (1 if self.image else 0)

    def thought_tokens(self) -> int:
        """The tokens of the thoughts."""
        return len(self.thoughts.split())

    def words(self) -> list[str]:
        """The text in pieces that make it up again."""
        return pieces(self.text)


def answer_to(asked: Asked) -> Answer:
    """The answer: calls of the tools that are offered, then text; a value that fits the schema; or an image."""
    if "declines" in asked.model:
        return Answer(finish="content_filter")
    thoughts = f"A question of {len(asked.question)} characters needs a thought." if asked.thinks else ""
    calls = _calls(asked)
    if calls:
        said = f"Step {len(asked.results) + 1}. " if asked.loops else ""
        return Answer(thoughts, said, calls, finish="tool_calls")
    if asked.draws:
        return Answer(thoughts, "A red dot.", image=RED_DOT)
    if asked.schema is not None:
        return Answer(thoughts, json.dumps(example_of(asked.schema)))
    seen = f" I see {asked.images} images." if asked.images else ""
    read = f" I read {asked.files} files." if asked.files else ""
    found = f" The tools say: {' / '.join(asked.results)}." if asked.results else ""
    text = f'You asked: "{asked.question}".{seen}{read}{found} 😀'
    if asked.max_tokens is not None and len(text.split()) > asked.max_tokens:
        return Answer(thoughts, " ".join(text.split()[: asked.max_tokens]), finish="length")
    return Answer(thoughts, text)


def _calls(asked: Asked) -> list[Call]:
    """The calls: one in each round of a loop, two in its second; else the first two tools until there are results."""
    done = len(asked.results)
    if asked.loops:
        # The second round has two calls, so five rounds have six results.
        wanted = [] if done > LOOPS or not asked.tools else asked.tools[: 2 if done == 1 else 1]
    else:
        wanted = [] if done else asked.tools[: 1 if asked.calls_alone else 2]
    return [
        Call(_call_id(asked, done, n), each["name"], example_of(each.get("parameters") or {"type": "object"}))
        for n, each in enumerate(wanted)
    ]


def _call_id(asked: Asked, done: int, n: int) -> str:
    return f"call_{hashlib.sha256(f'{asked.model} {asked.question} {done} {n}'.encode()).hexdigest()[:16]}"


def signature(*signed: str) -> str:
    """What a provider signs its thoughts and calls with."""
    return hashlib.sha256(" ".join(["signed by the stand-in", *signed]).encode()).hexdigest()


def pieces(text: str, size: int = 7) -> list[str]:
    """A text in pieces of a few characters."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def tokens_of(value: Any) -> int:
    """The tokens of a part of a request."""
    return len(json.dumps(value, ensure_ascii=False)) // 4
