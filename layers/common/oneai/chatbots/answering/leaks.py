"""Keeps a chatbot's prompt out of its answers, also where its model tells it.

A model may obey a visitor who asks for its instructions. So an answer that repeats a long part of the prompt ends
there, also where that part is spelled with other characters between the letters, backwards, shifted by thirteen
letters, or encoded as base64 or as hexadecimal digits. A translation or a retelling cannot be recognised.
"""

import base64
import codecs
from collections.abc import Sequence

# Letters and digits in a row that are one of the prompt's own sentences and no longer a fact in the same words.
LEAK_LETTERS = 60
# A shorter run happens by chance, and is not held back.
_GRAM = 12
# A prompt with fewer letters says nothing that a model would not say.
_MIN_PROMPT = 24


class PromptGuard:
    """Passes on the letters of one answer until it tells the prompt.

    `public` are texts that the model was sent besides and may repeat: passages, the conversation.
    """

    def __init__(self, prompt: str, public: Sequence[str] = ()) -> None:
        self.leaked = False
        # Whether anything was passed on.
        self.sent = False
        letters = _letters(prompt)
        self._most = min(LEAK_LETTERS, max(_MIN_PROMPT, len(letters) * 3 // 4))
        self._grams: set[str] = set()
        if len(letters) >= _MIN_PROMPT:
            for form in _forms(prompt, letters):
                self._grams |= _grams_of(form)
            for text in public:
                self._grams -= _grams_of(_letters(text))
        self._last = ""
        self._run = 0
        self._held = ""

    def feed(self, text: str) -> str:
        """The letters that can be sent now: what repeats the prompt waits until it is no longer than a few words."""
        out: list[str] = []
        for letter in text:
            if self.leaked:
                break
            self._take(letter, out)
        passed = "".join(out)
        self.sent = self.sent or bool(passed.strip())
        return passed

    def end(self) -> str:
        """The last letters."""
        held, self._held = self._held, ""
        return "" if self.leaked else held

    def _take(self, letter: str, out: list[str]) -> None:
        if not self._grams:
            out.append(letter)
            return
        if folded := _letters(letter):
            self._last = (self._last + folded)[-_GRAM:]
            if self._last in self._grams:
                self._run = self._run + len(folded) if self._run else _GRAM
            else:
                self._run = 0
        self._held += letter
        if self._run >= self._most:
            self.leaked, self._held = True, ""
        elif not self._run:
            # A run is noticed with its first twelve letters, which must not have been sent by then.
            ready = len(self._held) - _tail(self._held)
            out.append(self._held[:ready])
            self._held = self._held[ready:]


def _tail(held: str) -> int:
    """How many characters at the end of `held` may begin a run: those with the last letters of a gram."""
    letters = 0
    for count, letter in enumerate(reversed(held)):
        if letter.isalnum():
            letters += 1
            if letters == _GRAM:
                return count
    return len(held)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _grams_of(letters: str) -> set[str]:
    return {letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1)}


def _forms(prompt: str, letters: str) -> list[str]:
    """The prompt in each form that is recognised."""
    data = prompt.encode()
    # Base64 of a text depends on where in a group of three bytes it begins.
    encoded = [_letters(base64.b64encode(data[at:]).decode()) for at in range(3)]
    return [letters, letters[::-1], codecs.encode(letters, "rot13"), _letters(data.hex()), *encoded]
