"""The search index of the documentation: its sections, and the weight of every word in each of them (BM25).

It is built with the functions, from the same files as the pages. The function reads it once, so a search needs no
database.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from oneai.conversations.tokenize import Word, tokenize

type GuideLanguage = Literal["en", "hi"]

# A word of a heading states the section's topic, a word of the page's title the page's.
HEADING_WEIGHT = 6
TITLE_WEIGHT = 2
# BM25's usual constants: how fast repetition saturates, and how much longer texts are penalised.
_K1, _B = 1.2, 0.75


# The files of the indexes beside the function's code, by the language of the guide.
FILES: dict[GuideLanguage, str] = {"en": "search_index.json", "hi": "search_index_hi.json"}


class Section(NamedTuple):
    """A part of a page, from one heading to the next. `anchor` is empty for text before the first heading."""

    slug: str
    anchor: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class Index:
    """Sections, and for each word the indexes in `sections` where it occurs, with its weight there."""

    sections: tuple[Section, ...]
    postings: dict[str, dict[int, float]]

    @cached_property
    def words(self) -> list[str]:
        """All words in order, so that words with the same prefix are adjacent."""
        return sorted(self.postings)

    @cached_property
    def slugs(self) -> frozenset[str]:
        """The slugs of all pages."""
        return frozenset(section.slug for section in self.sections)

    @cached_property
    def by_length(self) -> dict[int, list[tuple[str, frozenset[str]]]]:
        """The words of each length, with their letters."""
        found: dict[int, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for word in self.words:
            found[len(word)].append((word, frozenset(word)))
        return dict(found)

    def words_of(self, place: int) -> list[Word]:
        """The words of a section's text, computed once."""
        if place not in self._words_of:
            self._words_of[place] = tokenize(self.sections[place].text)
        return self._words_of[place]

    @cached_property
    def _words_of(self) -> dict[int, list[Word]]:
        return {}

    @classmethod
    def read(cls, file: Path) -> "Index":
        """Reads the index that `json` returned. Raises OSError if it was not built."""
        content = json.loads(file.read_text())
        postings = {word: {int(place): weight for place, weight in found} for word, found in content["words"].items()}
        return cls(tuple(Section(*each) for each in content["sections"]), postings)

    def json(self) -> str:
        """The index in the form that `read` reads; equal for equal sections."""
        words = {word: sorted(self.postings[word].items()) for word in self.words}
        return json.dumps({"sections": self.sections, "words": words}, ensure_ascii=False, separators=(",", ":"))


def make_index(sections: Iterable[tuple[Section, float]]) -> Index:
    """Builds the index of these sections, each with a factor for its relative weight."""
    kept = list(sections)
    counts = [_count(section) for section, _ in kept]
    lengths = [sum(count.values()) for count in counts]
    average = sum(lengths) / max(len(lengths), 1)
    having = Counter(word for count in counts for word in count)
    postings: dict[str, dict[int, float]] = defaultdict(dict)
    for place, (count, length, (_, factor)) in enumerate(zip(counts, lengths, kept, strict=True)):
        for word, times in count.items():
            often = times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length / average))
            postings[word][place] = round(often * _rarity(having[word], len(kept)) * factor, 3)
    return Index(tuple(section for section, _ in kept), dict(postings))


def _count(section: Section) -> Counter[str]:
    words = Counter(_words(section.text))
    for word in _words(section.heading):
        words[word] += HEADING_WEIGHT
    for word in _words(section.title):
        words[word] += TITLE_WEIGHT
    return words


def _words(text: str) -> Sequence[str]:
    return [word.text for word in tokenize(text)]


def _rarity(having: int, total: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))
