"""A question with its whole history, as clients of the OpenAI-compatible API send it."""

from typing import Any

from pydantic import Field

from oneai.chat.turn.question import Question

# Characters that a message without text counts as a question's content.
NO_TEXT = "-"
# How long its rows are stored after the answer's end: until then a retry of the request receives the same answer.
KEPT_SECONDS = 120


class PromptedQuestion(Question, defer_build=True):
    """Callers validate its parts and build it with `model_construct`.

    `prompt` has the messages of the upstream request, `parameters` its other fields as they are sent; `message` is the
    last text of the user, which is stored while the answer is written. `has_images` is of the prompt, `wants_images` of
    the answer, by a model that draws. `request_hash` is equal for equal requests, and `is_retry` says that the client
    repeats one whose answer it may not have received.
    """

    prompt: list[dict[str, Any]] = Field(default_factory=list)
    parameters: dict[str, Any] = Field(default_factory=dict)
    request_hash: str = ""
    is_retry: bool = False
    prompt_characters: int = 0
    prompt_bytes: int = 0
    has_images: bool = False
    wants_images: bool = False

    def fingerprint(self) -> str:
        """Equal for equal requests."""
        return self.request_hash
