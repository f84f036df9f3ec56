"""Vectors in the body of a response, as base64 of 32-bit floats, little endian.

A vector as a list of Python's floats takes eight times its bytes. Where an upstream sends numbers, each vector is
packed as soon as it is parsed.
"""

import base64
import binascii
import json
import sys
from array import array
from typing import Any


def parse(content: bytes) -> dict[str, Any]:
    """The body, each `embedding` of it packed before the next one is parsed. Raises ValueError and TypeError for a
    vector that is none."""
    body = json.loads(content, object_hook=_packed)
    if not isinstance(body, dict):
        raise ValueError("The body is no object.")
    return body


def pack(vector: list[Any]) -> str:
    """A vector of numbers. Raises TypeError for other values."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def in_order(body: dict[str, Any], count: int) -> list[str]:
    """The vectors of OpenAI's form in the order of the input. Raises ValueError and LookupError where there is not one
    for each of `count` texts."""
    encoded = [each["embedding"] for each in sorted(body["data"], key=lambda each: each["index"])]
    if len(encoded) != count or not all(isinstance(each, str) for each in encoded):
        raise ValueError("There is not a vector for each text.")
    return encoded


def _packed(item: dict[str, Any]) -> dict[str, Any]:
    """An object of the response; the vector that it may have as base64."""
    vector = item.get("embedding")
    if isinstance(vector, list):
        return {**item, "embedding": pack(vector)}
    if isinstance(vector, str):
        _require_vector(vector)
    return item


def _require_vector(encoded: str) -> None:
    """Raises ValueError for a text that is no base64 of 32-bit floats."""
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise ValueError("a vector is not base64") from error
    if not size or size % 4:
        raise ValueError("a vector is not made of 32-bit floats")
