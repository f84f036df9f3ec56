"""Names of downloaded files: titles, reduced to what every file system and browser accepts."""

import re
import unicodedata
from urllib.parse import quote
from uuid import UUID

from oneai.text import cut

CHARACTERS = 80
# Allowed besides letters, digits and marks of every script.
SAFE = "-_ .,()+"


def file_name(title: str | None, extension: str) -> str:
    """`title.extension`, or `conversation.extension` if no character of the title is allowed."""
    return f"{_stem(title) or 'conversation'}.{extension}"


def entry_name(title: str | None, id: UUID, extension: str) -> str:
    """The same for an archive, where titles may repeat and old zip programs expect ASCII."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", unicodedata.normalize("NFKD", _stem(title)).encode("ascii", "ignore").decode())
    return f"conversations/{stem.strip('-')[:60] or 'conversation'}-{id}.{extension}"


def disposition(name: str) -> str:
    """The `Content-Disposition` header that saves the file under this name, with an ASCII fallback."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, _, extension = plain.rpartition(".")
    plain = f"{stem.strip() or 'conversation'}.{extension}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _stem(title: str | None) -> str:
    signs = unicodedata.normalize("NFC", title or "")
    safe = "".join(sign if sign in SAFE or unicodedata.category(sign)[0] in "LMN" else " " for sign in signs)
    return cut(" ".join(safe.split()), CHARACTERS).strip(" .")
