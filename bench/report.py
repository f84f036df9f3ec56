"""The output of a benchmark: its progress, then a table, then its ratios beside their targets."""

import statistics
import sys
from collections.abc import Sequence


def step(text: str) -> None:
    """One line of progress, which is not part of the result."""
    sys.stderr.write(f"  … {text}\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in plain text, with the first column left-aligned and the others right-aligned."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in (list(heads), *texts)) for at in range(len(heads))]
    print()
    for row in (list(heads), *texts):
        first, *others = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]))
    print()


def ratio(name: str, value: float, aim: float | None = None) -> None:
    """One figure of a benchmark, beside its maximum."""
    if aim is None:
        print(f"{name}: {value:.2f}")
    else:
        print(f"{name}: {value:.2f} (aim: under {aim:g}; {'reached' if value < aim else 'missed'})")


def at_least(name: str, value: float, aim: float | None = None) -> None:
    """One figure of a benchmark, beside its minimum."""
    if aim is None:
        print(f"{name}: {value:.2f}")
    else:
        print(f"{name}: {value:.2f} (aim: at least {aim:g}; {'reached' if value >= aim else 'missed'})")


def ms(seconds: float) -> str:
    """Formats milliseconds for a table."""
    return f"{seconds * 1000:.2f}"


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
