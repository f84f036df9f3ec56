"""Names of the files a person downloads: their titles, as far as every file system and every browser takes them."""

import re
import unicodedata
from urllib.parse import quote
from uuid import UUID

CHARACTERS = 80
# Beside letters, digits and marks of every script; the rest is what file systems, shells or eyes could misunderstand.
SAFE = "-_ .,()+"


def file_name(title: str | None, extension: str) -> str:
    """`title.extension`, or `conversation.extension` where the title has nothing that can be kept."""
    return f"{_stem(title) or 'conversation'}.{extension}"


def entry_name(title: str | None, id: UUID, extension: str) -> str:
    """The same in an archive, where titles may be equal and old zip programs know only ASCII."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", unicodedata.normalize("NFKD", _stem(title)).encode("ascii", "ignore").decode())
    return f"conversations/{stem.strip('-')[:60] or 'conversation'}-{id}.{extension}"


def disposition(name: str) -> str:
    """The header that has a browser save it under this name, with a name in ASCII for those that know no other."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, _, extension = plain.rpartition(".")
    plain = f"{stem.strip() or 'conversation'}.{extension}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _stem(title: str | None) -> str:
    signs = unicodedata.normalize("NFC", title or "")
    safe = "".join(sign if sign in SAFE or unicodedata.category(sign)[0] in "LMN" else " " for sign in signs)
    return " ".join(safe.split())[:CHARACTERS].strip(" .")
