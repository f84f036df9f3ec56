"""Measures the pages per second and the memory of each kind of document, compared with plain text of the same words.

It runs the function's own code, each document in a parsing process as in the deployed function. Documents have 100
pages of 3,000 characters. The empty document shows the cost of the process itself: its start and its imports.
"""

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


@dataclass(frozen=True)
class Figures:
    """The result of one document: seconds until its end, bytes of the largest process, and characters."""

    seconds: float
    peak: int
    characters: int


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


def read(name: str, content: bytes) -> Figures:
    """Reads one document in a process with no other children than its parsers."""
    sys.path.insert(0, str(REPOSITORY / "functions/ingest_document"))
    isolation, limits = import_module("isolation"), import_module("limits")
    limit = limits.read()
    position: Any = None
    characters = 0
    started = time.perf_counter()
    while True:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            request = {"name": name, "media_type": "", "position": position}
            answer = isolation.extract(file, request, limit, limit.ingest_hard_seconds)
        assert answer["problem"] is None or not content, answer["problem"]
        characters += sum(len(piece["text"]) for piece in answer["pieces"])
        position = answer["position"]
        if position is None:
            break
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Figures(taken, peak * (1 if sys.platform == "darwin" else 1024), characters)


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


if __name__ == "__main__":
    main()
