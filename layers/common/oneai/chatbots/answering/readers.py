"""Readers of what a chatbot's model writes: what they return may be sent and stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from oneai.chatbots.answering import sentences
from oneai.chatbots.answering.leaks import PromptGuard
from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.answering.outcome_reader import OutcomeReader
from oneai.chatbots.fields import Language


@dataclass
class VerifiedReader:
    """Reads an object with a verdict. Nothing is returned before the verdict is checked; an outcome without words of
    the model, and an answer that tells the prompt, end with a sentence of ours. `instead` is what a visitor gets
    where nothing was found."""

    _object: OutcomeReader
    _guard: PromptGuard
    _language: Language
    instead: str = ""
    _said: bool = False

    @property
    def outcome(self) -> Outcome | None:
        """How it turned out; None until it is known. An answer that tells the prompt is `off_topic`."""
        if self._guard.leaked:
            return "off_topic"
        return self._object.verdict.outcome if self._object.verdict else None

    @property
    def cited(self) -> Sequence[int] | None:
        """The numbers of the passages that the answer rests on."""
        return self._object.verdict.passages if self._object.verdict else None

    def read(self, text: str) -> str:
        """The answer's text in the next piece of the model's output."""
        return self._guard.feed(self._object.read(text)) + self._own_words()

    def end(self) -> str:
        """The rest of the answer's text."""
        return self._guard.feed(self._object.end()) + self._guard.end() + self._own_words()

    def _own_words(self) -> str:
        """Our sentence, once."""
        outcome = self.outcome
        if self._said or outcome is None:
            return ""
        words = self.instead if outcome == "not_found" and self.instead else sentences.sentence(outcome, self._language)
        if not words:
            return ""
        self._said = True
        return f"\n\n{words}" if self._guard.leaked and self._guard.sent else words


@dataclass
class GuardedReader:
    """Takes all that a model writes as its answer, unless it tells the prompt."""

    _guard: PromptGuard
    _language: Language
    cited: Sequence[int] | None = None
    _said: bool = False

    @property
    def outcome(self) -> Outcome | None:
        """`answered`, or `off_topic` for an answer that tells the prompt."""
        return "off_topic" if self._guard.leaked else "answered"

    def read(self, text: str) -> str:
        """The answer's text in the next piece of the model's output."""
        return self._guard.feed(text) + self._own_words()

    def end(self) -> str:
        """The rest of the answer's text."""
        return self._guard.end() + self._own_words()

    def _own_words(self) -> str:
        if self._said or not self._guard.leaked:
            return ""
        self._said = True
        return ("\n\n" if self._guard.sent else "") + sentences.sentence("off_topic", self._language)
