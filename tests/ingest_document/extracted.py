"""Reads one file as the deployed function does, in a process of its own under the function's limits."""

import sys
import tempfile
from importlib import import_module
from typing import Any

from local.data_folder import REPOSITORY


def module(name: str) -> Any:
    """A module of the function, such as `extraction.text.csv_table`, which it imports by its bare name."""
    folder = str(REPOSITORY / "functions/ingest_document")
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(name)


def pieces(content: bytes, name: str = "file") -> list[dict[str, Any]]:
    """All pieces, of all ranges. Fails where the file cannot be read."""
    found: list[dict[str, Any]] = []
    position: Any = None
    while True:
        answer = _answer(content, name, position)
        assert answer["problem"] is None, answer["problem"]
        found += answer["pieces"]
        if (position := answer["position"]) is None:
            return found


def text(content: bytes, name: str = "file") -> str:
    """The texts of all pieces, a line or more each."""
    return "\n".join(piece["text"] for piece in pieces(content, name))


def problem(content: bytes, name: str = "file") -> str:
    """The code of why the file cannot be read."""
    code: str = _answer(content, name, None)["problem"]["code"]
    return code


def _answer(content: bytes, name: str, position: Any) -> dict[str, Any]:
    limits = module("limits").Limits()
    request = {"name": name, "media_type": "", "position": position}
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        answer: dict[str, Any] = module("isolation").extract(file, request, limits, limits.ingest_hard_seconds)
        return answer
