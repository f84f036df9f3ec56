"""Reads a range of an opened file: from a position until one answer is full."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from extraction.pieces import Letters, Piece, Reading, as_fields
from extraction.problems import describe


@dataclass(frozen=True)
class Position:
    """Where reading continues: at this piece of this unit. `has_text` is whether text was found before it. `in_file`
    and `read` are the letters of the units that end before it, both 0 for a format that does not count them. `mark` is
    the piece's mark, if it has one.
    """

    unit: int = 0
    piece: int = 0
    has_text: bool = False
    in_file: int = 0
    read: int = 0
    mark: tuple[int, ...] | None = None

    @classmethod
    def of(cls, value: Any) -> "Position":
        """The position of an earlier answer; the beginning for None."""
        if value is None:
            return cls()
        has_text, in_file, read = value["has_text"], value.get("in_file", 0), value.get("read", 0)
        mark = value.get("mark")
        return cls(
            *(int(value["unit"]), int(value["piece"]), bool(has_text), int(in_file), int(read)),
            None if mark is None else tuple(map(int, mark)),
        )


class _Range:
    """The content of one answer so far."""

    def __init__(self, reading: Reading, begin: Position, limits: Mapping[str, int], began: float) -> None:
        self.reading, self.begin, self.limits = reading, begin, limits
        self.until = began + limits["seconds"]
        self.pieces: list[dict[str, Any]] = []
        self.bytes = 0
        self.without_text = 0
        self.pictures: list[int] = []
        self.letters = Letters(begin.in_file, begin.read)
        self.part = 0.0

    def read(self) -> Position | None:
        """Collects pieces, and returns where to continue; None at the end of the file."""
        for unit in range(self.begin.unit, self.reading.units):
            if unit > self.begin.unit and self._is_over(unit):
                return self._position(unit, 0)
            number = -1
            for number, piece in self._unit(unit):
                fields = as_fields(piece)
                size = len(json.dumps(fields, ensure_ascii=False).encode()) + 1
                # The first piece is always added, or reading would never advance.
                if self.pieces and (self.bytes + size > self.limits["answer_bytes"] or self._is_full()):
                    return self._position(unit, number, piece.mark)
                self.pieces.append(fields)
                self.bytes += size
                self.part = piece.part
            self.part = 0.0
            self._end(unit, has_pieces=number >= 0)
        return None

    def _unit(self, unit: int) -> Iterator[tuple[int, Piece]]:
        """The pieces of a unit with their numbers, from the start of the range."""
        skipped = self.begin.piece if unit == self.begin.unit else 0
        if skipped and self.begin.mark is not None and self.reading.go_on is not None:
            return enumerate(self.reading.go_on(unit, self.begin.mark), start=skipped)
        return islice(enumerate(self.reading.unit(unit)), skipped, None)

    def _end(self, unit: int, *, has_pieces: bool) -> None:
        """Adds up a unit whose last piece was read."""
        if self.reading.letters is not None:
            letters = self.reading.letters(unit)
            self.letters = Letters(self.letters.in_file + letters.in_file, self.letters.read + letters.read)
        if self.reading.pages is None:
            return
        is_picture = self.reading.is_picture is not None and self.reading.is_picture(unit)
        self.without_text += is_picture or not has_pieces
        if is_picture:
            self.pictures.append(unit + 1)

    def _is_full(self) -> bool:
        return len(self.pieces) >= self.limits["pieces"] or time.monotonic() > self.until

    def _is_over(self, unit: int) -> bool:
        return unit - self.begin.unit >= self.limits["pages"] or self._is_full()

    def _position(self, unit: int, piece: int, mark: tuple[int, ...] | None = None) -> Position:
        has_text = self.begin.has_text or bool(self.pieces)
        return Position(unit, piece, has_text, self.letters.in_file, self.letters.read, mark)

    def progress(self, end: Position | None) -> float:
        return 1.0 if end is None else min(1.0, (end.unit + self.part) / self.reading.units)


def read_range(reading: Reading, position: Position, limits: Mapping[str, int], began: float) -> dict[str, Any]:
    """The answer for the range from `position` on. `began` is `time.monotonic()` at the beginning of this reading."""
    this = _Range(reading, position, limits, began)
    end = this.read()
    has_text = position.has_text or bool(this.pieces)
    return {
        "pieces": this.pieces,
        "position": end and asdict(end),
        "progress": round(this.progress(end), 4),
        "pages": reading.pages,
        "pages_without_text": this.without_text,
        "picture_pages": this.pictures,
        "letters": {"in_file": this.letters.in_file, "read": this.letters.read},
        "problem": None if end is not None or has_text else describe("no_text"),
    }
