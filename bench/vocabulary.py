"""A vocabulary with the word frequencies of a natural language."""

import random
from bisect import bisect
from itertools import accumulate

SIZE = 50_000
# Words that benchmarks look for, the most common first.
KNOWN = ("the", "language", "in", "order", "naïve", "हिन्दी")
_STARTS = ("b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "br", "cl", "dr", "gr", "st")
_ENDS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")


class Words:
    """Fifty thousand words by Zipf's law: the tenth is used a tenth as often as the first."""

    def __init__(self, chance: random.Random) -> None:
        self._draw = chance.random
        words = dict.fromkeys(KNOWN)
        while len(words) < SIZE:
            syllables = (chance.choice(_STARTS) + chance.choice(_ENDS) for _ in range(chance.randint(1, 4)))
            words["".join(syllables)] = None
        self.words = list(words)
        self._reach = list(accumulate(1 / rank for rank in range(1, SIZE + 1)))

    def text(self, count: int) -> str:
        """Draws this many words."""
        reach, draw = self._reach, self._draw
        return " ".join([self.words[bisect(reach, draw() * reach[-1], 0, SIZE - 1)] for _ in range(count)])
