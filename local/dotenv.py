"""Reads `.env`: a developer's settings for this checkout. The environment takes precedence."""

import os
import re
from pathlib import Path

from local.data_folder import REPOSITORY

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def load() -> None:
    """Sets the variables of `.env` (or the file ONEAI_ENV_FILE names) that the environment does not have."""
    file = Path(os.environ.get("ONEAI_ENV_FILE") or REPOSITORY / ".env")
    if file.is_file():
        for line in file.read_text().splitlines():
            if match := _LINE.fullmatch(line):
                os.environ.setdefault(match[1], _value(match[2]))


def _value(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text.split(" #", 1)[0].rstrip()  # a comment behind an unquoted value
