"""Reads `.env`: what a person sets for this checkout and does not want to type. The environment wins over it."""

import os
import re
from pathlib import Path

from local.data_folder import REPOSITORY

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def load() -> None:
    """Puts what `.env` (or the file ONEAI_ENV_FILE names) says into the environment, where that says nothing."""
    file = Path(os.environ.get("ONEAI_ENV_FILE") or REPOSITORY / ".env")
    if file.is_file():
        for line in file.read_text().splitlines():
            if found := _LINE.fullmatch(line):
                os.environ.setdefault(found[1], _value(found[2]))


def _value(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text.split(" #", 1)[0].rstrip()  # a comment behind an unquoted value
