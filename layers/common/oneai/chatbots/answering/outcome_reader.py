"""Reads the object that a model streams, piece by piece: first its verdict, then the letters of its answer.

Pieces may end anywhere: within a name, an escape or a surrogate pair. Models also put fences or thoughts around the
object, write raw line breaks into strings, and put the fields in another order; then the answer waits for its verdict.
Nothing else of what they write is an answer.
"""

import json
from typing import Any

from oneai.chatbots.answering.citations import CitationFilter
from oneai.chatbots.answering.outcome import WITH_WORDS, Verdict, check

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_BLANK = " \t\r\n\ufeff"
# A verdict that is longer is none.
_MAX_VALUE = 2000


class OutcomeReader:
    """Reads one answer of a model that was sent `sent` passages. `verdict` is None until it is known."""

    def __init__(self, sent: int, *, needs_passages: bool) -> None:
        self.verdict: Verdict | None = None
        self._sent = sent
        self._needs_passages = needs_passages
        self._state = self._before
        self._head = ""
        self._key: str | None = None
        self._string = _String()
        self._value = ""
        self._depth = 0
        self._fields: dict[str, Any] = {}
        # What waits for the verdict.
        self._waiting: list[str] = []
        self._citations: CitationFilter | None = None

    def read(self, text: str) -> str:
        """Takes the next piece, and returns the letters of the answer that may be sent now."""
        self._out: list[str] = []
        for letter in text:
            self._state(letter)
        return self._send("".join(self._out))

    def end(self) -> str:
        """Takes the end, and returns the last letters of the answer. Afterwards there is a verdict: without one of the
        model it is `not_found`."""
        self._out = [self._string.rest()] if self._key == "answer" and self._state == self._in_string else []
        self._decide(final=True)
        rest = self._send("".join(self._out))
        return rest + (self._citations.end() if self._citations else "")

    def _send(self, letters: str) -> str:
        if self.verdict is None:
            self._waiting.append(letters)
            return ""
        if self.verdict.outcome not in WITH_WORDS:
            return ""
        if self._citations is None:
            self._citations = CitationFilter(self.verdict.passages)
        letters = "".join(self._waiting) + letters
        self._waiting.clear()
        return self._citations.feed(letters)

    def _decide(self, *, final: bool = False) -> None:
        if self.verdict is None and (final or {"outcome", "passages"} <= self._fields.keys()):
            named = self._fields.get("passages")
            self.verdict = check(
                self._fields.get("outcome"),
                named if isinstance(named, list) else [],
                self._sent,
                needs_passages=self._needs_passages,
            )

    # One state for each place in the object.

    def _before(self, letter: str) -> None:
        """Before the object, or after something that only looked like one."""
        self._head = (self._head + letter)[-_MAX_VALUE:]
        thinks = "<think" in self._head and "</think" not in self._head
        if letter == "{" and not thinks:
            self._state = self._at_key

    def _at_key(self, letter: str) -> None:
        if letter == '"':
            self._string, self._key, self._state = _String(), None, self._in_string
        elif letter == "}":
            self._close()
        elif letter not in _BLANK + ",":
            self._state = self._before

    def _at_colon(self, letter: str) -> None:
        if letter == ":":
            self._state = self._at_value
        elif letter not in _BLANK:
            self._state = self._before

    def _at_value(self, letter: str) -> None:
        if letter in _BLANK:
            return
        if letter == '"' and self._key in ("outcome", "answer"):
            self._string, self._state = _String(), self._in_string
        else:
            self._value, self._depth, self._string, self._state = "", 0, _String(), self._in_value
            self._quoted = False
            self._in_value(letter)

    def _in_string(self, letter: str) -> None:
        """In the name of a field, or in the value of `outcome` or `answer`."""
        decoded = self._string.feed(letter)
        if self._key == "answer" and not self._has_answer():
            self._out.append(decoded)
        else:
            self._value = (self._value + decoded)[:_MAX_VALUE]
        if not self._string.ended:
            return
        if self._key is None:
            self._key, self._value, self._state = self._value, "", self._at_colon
            return
        if self._key == "answer":
            self._fields.setdefault("answer", True)
        else:
            self._fields.setdefault(self._key, self._value)
        self._value, self._state = "", self._at_key
        self._decide()

    def _in_value(self, letter: str) -> None:
        """In any other value: `passages` is read, and the others are skipped."""
        if self._quoted:
            self._string.feed(letter)
            self._quoted = not self._string.ended
        elif letter == '"':
            self._quoted, self._string = True, _String()
        elif letter in "[{":
            self._depth += 1
        elif letter in "]}" and self._depth:
            self._depth -= 1
        elif self._depth == 0 and letter in ",}":
            self._end_value()
            if letter == "}":
                self._close()
            return
        if len(self._value) < _MAX_VALUE:
            self._value += letter
        if self._depth == 0 and not self._quoted and letter in ']}"':
            self._end_value()

    def _after(self, letter: str) -> None:
        """After the object nothing is read."""

    def _end_value(self) -> None:
        if self._key == "passages":
            try:
                self._fields.setdefault("passages", json.loads(self._value))
            except ValueError:
                self._fields.setdefault("passages", [])
        self._value, self._state = "", self._at_key
        self._decide()

    def _close(self) -> None:
        if self._fields:
            self._state = self._after
            self._decide(final=True)
        else:
            self._state = self._before

    def _has_answer(self) -> bool:
        return "answer" in self._fields


class _String:
    """The letters of a JSON string, whose first quotation mark was read."""

    def __init__(self) -> None:
        self.ended = False
        # An escape that is not complete, and the first half of a surrogate pair.
        self._escape: str | None = None
        self._high = ""

    def feed(self, letter: str) -> str:
        """The text that is complete with this letter. A half pair without the other, and U+0000, are U+FFFD."""
        if self._escape is not None:
            return self._feed_escape(letter)
        if letter == "\\":
            self._escape = ""
            return ""
        if letter == '"':
            self.ended = True
            return self.rest()
        return self.rest() + letter

    def rest(self) -> str:
        """What a half surrogate pair leaves."""
        high, self._high = self._high, ""
        return "\ufffd" if high else ""

    def _feed_escape(self, letter: str) -> str:
        if not self._escape:
            if letter == "u":
                self._escape = "u"
                return ""
            self._escape = None
            return self.rest() + _ESCAPES.get(letter, letter)
        self._escape += letter
        if len(self._escape) < 5:
            return ""
        digits, self._escape = self._escape[1:], None
        try:
            code = int(digits, 16)
        except ValueError:
            return self.rest() + "\ufffd"
        if 0xDC00 <= code < 0xE000 and self._high:
            high, self._high = self._high, ""
            return (high + chr(code)).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        before = self.rest()
        if 0xD800 <= code < 0xDC00:
            self._high = chr(code)
            return before
        return before + ("\ufffd" if code == 0 or 0xDC00 <= code < 0xE000 else chr(code))
