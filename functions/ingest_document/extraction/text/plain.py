"""Plain text: letters, logs, program code."""

from collections.abc import Iterator
from typing import IO

from extraction.pieces import PIECE_CHARACTERS, Piece, Reading, cut
from extraction.text import encoding

_CHUNK = PIECE_CHARACTERS * 4


def read_text(file: IO[bytes]) -> Reading:
    """One unit: pieces that end at the end of a line, where there is one."""
    return Reading(1, lambda _: _text(file))


def _text(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    with encoding.open_text(file) as text:
        rest = ""
        while len(chunk := text.read(_CHUNK)) == _CHUNK:
            rest += chunk.replace("\0", "")
            end = rest.rfind("\n") + 1 or rest.rfind(" ") + 1 or len(rest)
            part = share()
            yield from (Piece(each, part=part) for each in cut(rest[:end]))
            rest = rest[end:]
        yield from (Piece(each) for each in cut(rest + chunk.replace("\0", "")))
