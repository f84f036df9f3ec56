"""Reads files with the extraction in this process, to see what its answers do not say: how complete they are."""

import io
import sys
from importlib import import_module
from typing import Any

from local.data_folder import REPOSITORY


def module(name: str) -> Any:
    """A module of the extraction, such as `office.walk`."""
    folder = str(REPOSITORY / "functions/ingest_document")
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(f"extraction.{name}")


def opened(content: bytes, name: str = "file") -> Any:
    """The file as a `Reading`. Raises what the reader raises: ProblemFound, or an error of its parser."""
    module("formats")
    limits = import_module("limits")
    process = module("process")
    file = io.BytesIO(content)
    family = module("formats").family(file)
    request = {"name": name, "media_type": ""}
    return process._open(file, family, request, limits.as_options(limits.read()))


def text(content: bytes, name: str = "file") -> str:
    """All text of the file: a line for each paragraph or row."""
    reading = opened(content, name)
    return "\n".join(piece.text for unit in range(reading.units) for piece in reading.unit(unit))


def share(content: bytes, name: str = "file") -> float:
    """The share of the letters that the file shows which were read."""
    reading = opened(content, name)
    in_file = read = 0
    for unit in range(reading.units):
        for _ in reading.unit(unit):
            pass
        letters = reading.letters(unit)
        in_file += letters.in_file
        read += letters.read
    return read / in_file if in_file else 1.0
