"""Measures the pages per second and the memory of each kind of document, compared with plain text of the same words.

It runs the function's own code, each document in a parsing process as in the deployed function. Documents have 100
pages of 3,000 characters. The empty document shows the cost of the process itself: its start and its imports.

A long sheet is read in ranges too, and in one: what each range costs besides its own rows.
"""

import dataclasses
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bench.report import ratio, step, table
from local.data_folder import REPOSITORY

PAGES = 100
ROUNDS = 3
SENTENCE = "The tenant pays the rent of flat {number} on the first working day of each month. "
PLAIN = "plain text"
EMPTY = "nothing"
# Maximum seconds per page of each kind, as a multiple of plain text including its process start.
AIM = 15.0
# The rows of a sheet of six columns, and the bytes of each answer it is read in.
SHEET_ROWS = 40_000
RANGE_BYTES = 500_000
# CPU seconds for all ranges, as a multiple of those for one. Ranges that each start over would take half their number.
RANGES_AIM = 3.0


@dataclass(frozen=True)
class Figures:
    """The result of one document: seconds until its end, bytes of the largest process, characters, seconds of CPU, and
    the number of ranges it was read in."""

    seconds: float
    peak: int
    characters: int
    cpu: float
    ranges: int


def documents() -> dict[str, tuple[str, bytes]]:
    """By kind: a name and the content."""
    # Not in the process of `read`, because the memory of a process counts for those it starts.
    from tests.ingest_document import made

    pages = [SENTENCE.format(number=number) * 36 for number in range(PAGES)]
    lines = [(SENTENCE.format(number=number) * 6).strip() for number in range(PAGES) for _ in range(6)]
    markup = "".join(f"<h2>{number}</h2><p>{text}</p>" for number, text in enumerate(pages))
    return {
        EMPTY: ("empty.txt", b""),
        PLAIN: ("lease.txt", "\n".join(pages).encode()),
        "csv": ("lease.csv", "\n".join(f"{number},{line}" for number, line in enumerate(lines)).encode()),
        "html": ("lease.html", f"<html><body>{markup}".encode()),
        "epub": ("lease.epub", made.book({f"{number}.xhtml": f"<p>{text}</p>" for number, text in enumerate(pages)})),
        "pptx": ("lease.pptx", made.slides([(f"Flat {number}", text, "") for number, text in enumerate(pages)])),
        "pdf": ("lease.pdf", made.pdf_of_text(pages)),
        "docx": ("lease.docx", made.word(paragraphs=[("Normal", line) for line in lines])),
        "xlsx": ("lease.xlsx", made.sheets({"Lease": ([number, line] for number, line in enumerate(lines))})),
    }


def long_sheet() -> bytes:
    """A sheet of six columns."""
    from tests.ingest_document import made

    rows = ([n, f"Flat {n}", n * 1.37, "Pune", n % 7 == 0, SENTENCE.format(number=n)] for n in range(SHEET_ROWS))
    return made.sheets({"Rents": rows})


def read(name: str, content: bytes, answer_bytes: int | None = None) -> Figures:
    """Reads one document in a process with no other children than its parsers, in answers of `answer_bytes`."""
    sys.path.insert(0, str(REPOSITORY / "functions/ingest_document"))
    isolation, limits = import_module("isolation"), import_module("limits")
    limit = limits.read()
    if answer_bytes is not None:
        limit = dataclasses.replace(limit, ingest_answer_bytes=answer_bytes, ingest_pieces=1_000_000)
    position: Any = None
    characters = ranges = 0
    started = time.perf_counter()
    while True:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            request = {"name": name, "media_type": "", "position": position}
            answer = isolation.extract(file, request, limit, limit.ingest_hard_seconds)
        assert answer["problem"] is None or not content, answer["problem"]
        characters += sum(len(piece["text"]) for piece in answer["pieces"])
        ranges += 1
        position = answer["position"]
        if position is None:
            break
    taken = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Figures(taken, peak, characters, used.ru_utime + used.ru_stime, ranges)


def main() -> None:
    """Measures and prints."""
    made_documents = documents()
    figures: dict[str, list[Figures]] = {kind: [] for kind in made_documents}
    context = multiprocessing.get_context("spawn")
    for round_ in range(ROUNDS):
        step(f"round {round_ + 1} of {ROUNDS}")
        for kind, (name, content) in made_documents.items():
            with context.Pool(1) as pool:
                figures[kind].append(pool.apply(read, (name, content)))
    best = {kind: min(each, key=lambda one: one.seconds) for kind, each in figures.items()}
    rows = [
        [
            kind,
            f"{len(content) / 1e6:.2f}",
            f"{PAGES / one.seconds:,.0f}",
            f"{one.peak / 1e6:.0f}",
            f"{one.seconds:.2f}",
        ]
        for (kind, (_, content)), one in zip(made_documents.items(), best.values(), strict=True)
    ]
    table(["a document of 100 pages", "MB", "pages a second", "peak MB", "seconds"], rows)
    for kind, one in best.items():
        if kind not in (EMPTY, PLAIN):
            assert one.characters > best[PLAIN].characters * 0.9, kind
            ratio(f"{kind} to {PLAIN}", one.seconds / best[PLAIN].seconds, AIM)
    step("a long sheet in ranges")
    sheet = long_sheet()
    with context.Pool(1, maxtasksperchild=1) as pool:
        whole = pool.apply(read, ("rents.xlsx", sheet, 1_000_000_000))
        parts = pool.apply(read, ("rents.xlsx", sheet, RANGE_BYTES))
    assert (whole.ranges, whole.characters) == (1, parts.characters)
    ratio(f"a sheet in {parts.ranges} ranges to the same in one, CPU", parts.cpu / whole.cpu, RANGES_AIM)


if __name__ == "__main__":
    main()
