"""Embeddings as every provider's client gives them: vectors in base64 of 32-bit floats.

A vector as a list of Python's floats takes eight times its bytes.
"""

import asyncio
import base64
import sys
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from oneai.errors import UpstreamError
from oneai.models.completion import Usage

# Large bodies are parsed and written one after the other, beside the event loop: so are their copies in memory.
_one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="embeddings")


@dataclass(frozen=True, slots=True)
class Embeddings:
    """A vector for each text of the input, in its order, each as base64 of 32-bit floats, little endian."""

    encoded: list[str]
    usage: Usage | None
    model: str | None
    generation_id: str | None
    key_id: str | None  # names the key that was used

    @property
    def vectors(self) -> list[list[float]]:
        """The vectors as lists of numbers, which take eight times the memory."""
        return [decode_vector(each).tolist() for each in self.encoded]


class UnusableEmbeddings(UpstreamError):
    """The upstream answered, and billed `usage` (None: it does not say), without a vector for each text."""

    def __init__(self, usage: Usage | None, key_id: str | None) -> None:
        super().__init__()
        self.usage = usage
        self.key_id = key_id


async def beside_the_loop[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work`, done in the one thread that parses and writes vectors."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, lambda: context.run(work, *args, **kwargs))


def decode_vector(encoded: str) -> "array[float]":
    """The numbers of a vector in base64."""
    vector = array("f", base64.b64decode(encoded))
    if sys.byteorder == "big":
        vector.byteswap()
    return vector
