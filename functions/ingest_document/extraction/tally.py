"""Counts the letters that are read, to compare them with those that a file shows."""

from collections.abc import Iterable, Iterator

from extraction.pieces import Letters, Piece, count_letters


class Tally:
    """Counts the letters of the pieces of a unit as they are read."""

    def __init__(self) -> None:
        self._read = 0

    def counted(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The same pieces."""
        self._read = 0
        for piece in pieces:
            self._read += count_letters(piece.text)
            yield piece

    def result(self, in_file: int, added: int) -> Letters:
        """The letters of the last unit; `added` letters of its pieces are in no text of the file."""
        return Letters(in_file, max(0, self._read - added))
