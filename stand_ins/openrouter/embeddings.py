"""Embeddings that mean something without a model: texts that share words, or parts of words, are near each other."""

import asyncio
import math
import struct
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oneai.conversations.tokenize import tokenize
from stand_ins.openrouter.keys import error

# Short enough to read in a test, unless the request has `dimensions`.
DIMENSIONS = 8
# The weight of a word's parts beside the word, and of short words of Latin letters, which carry little meaning.
PART_WEIGHT, SHORT_WEIGHT = 0.4, 0.2
# The positions of each word or part; with a single one two of them could cancel each other out.
PLACES = 6

type FaultKind = Literal["away", "hanging", "short"]
FAULTS: tuple[str, ...] = get_args(FaultKind.__value__)


def embedding_of(text: str, dimensions: int) -> list[float]:
    """A vector of length 1 that depends on nothing but the text: its words and their parts of three letters, folded as
    our search folds them, each added at places and with signs that its hash decides."""
    vector = [0.0] * dimensions
    for word, count in Counter(word.text for word in tokenize(text)).items():
        for place, weight in _features(word):
            vector[place % dimensions] += weight * math.sqrt(count)
    length = math.sqrt(sum(each * each for each in vector))
    return [each / length for each in vector] if length else [1.0] + [0.0] * (dimensions - 1)


@lru_cache(50_000)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    weight = SHORT_WEIGHT if word.isascii() and len(word) <= 3 else 1.0
    whole = f"^{word}$"
    parts = {whole[at : at + 3] for at in range(len(whole) - 2)} if len(word) > 3 else set()
    features = [(word, weight), *((part, weight * PART_WEIGHT) for part in sorted(parts))]
    return tuple(
        (number >> 1, by if number & 1 else -by)
        for each, by in features
        for number in struct.unpack(f"<{PLACES}I", blake2b(each.encode(), digest_size=4 * PLACES).digest())
    )


class EmbeddingFault:
    """The current fault of `/embeddings`: unavailable (503), hanging (no answer), or short (half of each
    vector)."""

    def __init__(self) -> None:
        self.kind: FaultKind | None = None
        self._changed = asyncio.Event()

    async def change(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` gives it a fault, `{"trouble": null}` ends it; what hangs is answered then."""
        kind = (await request.json()).get("trouble")
        if kind not in (None, *FAULTS):
            return JSONResponse({"troubles": FAULTS}, 422)
        self.kind = kind
        self._changed.set()
        self._changed = asyncio.Event()
        return JSONResponse({"trouble": kind})

    async def refusal(self) -> Response | None:
        """The answer where it is away; waits while it hangs."""
        while self.kind == "hanging":
            await self._changed.wait()
        return error(503, "No instances available") if self.kind == "away" else None

    def vector(self, text: str, dimensions: int) -> list[float]:
        """The embedding of a text, as the fault leaves it."""
        vector = embedding_of(text, dimensions)
        return vector[: dimensions // 2] if self.kind == "short" else vector
