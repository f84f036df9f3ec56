"""Numbers of passages in an answer, such as `[2]`: those that the answer does not rest on are left out."""

import re

# The longest text that may still be a citation.
_MAX = 24
_NUMBERS = r"\d{1,2}(?:, ?\d{1,2})*"
_CITATION = re.compile(rf" ?[\[【]{_NUMBERS}(?:†[^\]】\n]*)?[\]】]")
_BEGINS = re.compile(r" ?(?:[\[【](?:\d[\d, ]*(?:†[^\]】\n]*)?)?)?")


class CitationFilter:
    """Passes on the letters of an answer that may cite only these passages.

    The text of a link (`[7](https://…)`), a number of three or more digits, and what is in code are no citations.
    """

    def __init__(self, passages: tuple[int, ...]) -> None:
        self._passages = passages
        self._held = ""
        self._before = ""
        self._in_code = False

    def feed(self, letters: str) -> str:
        """The letters that can be sent now: what may become a citation waits for its end and the letter after it."""
        return "".join(map(self._take, letters))

    def end(self) -> str:
        """The last letters."""
        held, self._held = self._held, ""
        return self._kept(held) if _CITATION.fullmatch(held) else held

    def _take(self, letter: str) -> str:
        out = ""
        if _CITATION.fullmatch(self._held):
            out, self._held = self._held if letter == "(" else self._kept(self._held), ""
        held = self._held + letter
        if not self._in_code and len(held) <= _MAX and (_BEGINS.fullmatch(held) or _CITATION.fullmatch(held)):
            self._held = held
            return out
        out, self._held = out + self._held, ""
        if not self._in_code and _BEGINS.fullmatch(letter):
            self._held = letter
            return out
        if letter == "`" and (out or self._before)[-1:] != "`":
            self._in_code = not self._in_code
        self._before = letter
        return out + letter

    def _kept(self, citation: str) -> str:
        """The citation with those numbers alone that may be cited; empty without any."""
        numbers = [n for n in re.findall(r"\d+", citation.split("†", maxsplit=1)[0]) if int(n) in self._passages]
        return f"{' ' if citation[0] == ' ' else ''}[{', '.join(numbers)}]" if numbers else ""
