"""A check is a sentence that holds unless rows contradict it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHOWN = 10


@dataclass(frozen=True)
class Check:
    """A sentence and its contradictions, which are empty if it holds."""

    sentence: str
    contradictions: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts it."""
        return not self.contradictions

    def lines(self) -> list[str]:
        """The printed form: the sentence, and the first contradictions below it."""
        shown = [f"      {each}" for each in self.contradictions[:SHOWN]]
        more = len(self.contradictions) - len(shown)
        return [
            f"  {'✓' if self.holds else '✗'} {self.sentence}",
            *shown,
            *([f"      … and {more} more"] if more > 0 else []),
        ]


def of_rows(sentence: str, rows: Iterable[Sequence[object]]) -> Check:
    """A check that each of these rows contradicts."""
    return Check(sentence, tuple(", ".join(map(str, row)) for row in rows))


def failed(checks: Iterable[Check]) -> list[Check]:
    """The checks that do not hold."""
    return [each for each in checks if not each.holds]
