"""What a benchmark prints: where it is while it works, then a table, then its ratios beside what is aimed at."""

import statistics
import sys
from collections.abc import Sequence


def step(text: str) -> None:
    """One line of progress, for the person who waits; not part of the result."""
    sys.stderr.write(f"  … {text}\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in plain text: the first column to the left, the others to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in (list(heads), *texts)) for at in range(len(heads))]
    print()
    for row in (list(heads), *texts):
        first, *others = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]))
    print()


def ratio(name: str, value: float, aim: float | None = None) -> None:
    """One figure of a whole benchmark, beside the most it should be."""
    if aim is None:
        print(f"{name}: {value:.2f}")
    else:
        print(f"{name}: {value:.2f} (aim: under {aim:g}; {'reached' if value < aim else 'missed'})")


def at_least(name: str, value: float, aim: float | None = None) -> None:
    """One figure of a whole benchmark, beside the least it should be."""
    if aim is None:
        print(f"{name}: {value:.2f}")
    else:
        print(f"{name}: {value:.2f} (aim: at least {aim:g}; {'reached' if value >= aim else 'missed'})")


def ms(seconds: float) -> str:
    """Milliseconds, as a table shows them."""
    return f"{seconds * 1000:.2f}"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
