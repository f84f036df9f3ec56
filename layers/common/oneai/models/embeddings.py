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

from oneai.models.completion import Usage

# Large bodies are parsed and written one after the other, beside the event loop: so are their copies in memory.
_one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="embeddings")


@dataclass(slots=True)
class UpstreamBill:
    """A request that the provider may bill, also if it failed or was cancelled.

    `is_sent`: it was sent, and not refused. `usage` is what the provider reported, None if it reported nothing.
    `key_id` is the name of our key.
    """

    is_sent: bool = False
    usage: Usage | None = None
    model: str | None = None
    generation_id: str | None = None
    key_id: str | None = None

    def send(self) -> None:
        """Records that the request is sent now."""
        self.is_sent = True


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
