"""The process that reads one file: it runs only `main`.

It has no environment. Before it reads the file, it gives up everything that a hostile file could misuse: memory and CPU
time beyond the limits, writing to files, other processes, and new descriptors, so it cannot open files or sockets. It
has only the file as its standard input, and a pipe for the answer as its standard output.
"""

import codecs
import encodings
import importlib
import json
import os
import pkgutil
import resource
import sys
import time
import zipfile
from collections.abc import Mapping
from typing import IO, Any

from extraction import formats, ranges
from extraction.pieces import Reading
from extraction.problems import ProblemFound, failed, not_rendered

# lxml then raises a syntax error with this error number of libxml2.
_XML_NO_MEMORY = 2
_OF_WINDOWS = ("mbcs", "oem")


def main() -> None:
    """Reads the range or renders the pages of the first argument, and writes the answer as JSON."""
    began = time.monotonic()
    request = json.loads(sys.argv[1])
    limits: dict[str, int] = request["limits"]
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_CPU, limits["hard_seconds"])
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _limit(kind, 0)
    with os.fdopen(0, "rb", closefd=False) as file:
        family = formats.family(file)
        _import_readers(family)
        _limit(resource.RLIMIT_NOFILE, 0)
        answer = _read(file, family, request, limits, began)
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))
    sys.stdout.flush()


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # One second of CPU apart: the first limit ends the process by a signal that it can handle, the second by SIGKILL.
    most = value + 1 if kind == resource.RLIMIT_CPU and value != hard else value
    resource.setrlimit(kind, (value, most))


def _import_readers(family: formats.Family) -> None:
    """Imports the file's reader, because later nothing can be opened."""
    if family == "pdf":
        from extraction.pdf import page_images  # noqa: F401

        for codec in ("utf-16-le", "utf-16-be", "latin-1"):
            codecs.lookup(codec)
        return
    if family == "image":
        return
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _OF_WINDOWS:
            importlib.import_module(f"encodings.{module.name}")
    if family == "archive":
        from extraction.sheets import workbook  # noqa: F401
        from extraction.slides import presentation  # noqa: F401
        from extraction.web import book  # noqa: F401
        from extraction.word import document  # noqa: F401
    else:
        from extraction.text import csv_table, markdown, plain  # noqa: F401
        from extraction.web import page  # noqa: F401


def _read(
    file: IO[bytes], family: formats.Family, request: Mapping[str, Any], limits: Mapping[str, int], began: float
) -> dict[str, Any]:
    try:
        if (pages := request.get("render")) is not None:
            return _render(file, family, pages, limits)
        reading = _open(file, family, request, limits)
        return ranges.read_range(reading, ranges.Position.of(request["position"]), limits, began)
    except ProblemFound as problem:
        code = problem.code
    except MemoryError:
        code = "too_large"
    except Exception as error:  # noqa: BLE001  a parser may raise anything for a malformed file
        code = "too_large" if getattr(error, "code", None) == _XML_NO_MEMORY else "torn"
    return failed(code) if request.get("render") is None else not_rendered(code)


def _render(file: IO[bytes], family: formats.Family, pages: list[int], limits: Mapping[str, int]) -> dict[str, Any]:
    if family != "pdf":
        raise ProblemFound("unsupported")
    from extraction.pdf import page_images

    return page_images.render(file, pages, limits)


def _open(file: IO[bytes], family: formats.Family, request: Mapping[str, Any], limits: Mapping[str, int]) -> Reading:
    if family == "pdf":
        from extraction.pdf import document

        return document.read(file, limits)
    if family == "image":
        return Reading(1, lambda _: iter(()), 1)  # a page without text, which a model may read
    return _open_archive(file, limits) if family == "archive" else _open_text(file, request)


def _open_archive(file: IO[bytes], limits: Mapping[str, int]) -> Reading:
    from extraction.sheets import workbook
    from extraction.slides import presentation
    from extraction.web import book
    from extraction.word import document

    file.seek(0)
    archive = zipfile.ZipFile(file)
    match formats.format_of_archive(archive, limits):
        case "docx":
            return document.read(archive)
        case "xlsx":
            return workbook.read(archive)
        case "pptx":
            return presentation.read(archive)
        case _:
            return book.read(archive)


def _open_text(file: IO[bytes], request: Mapping[str, Any]) -> Reading:
    from extraction.text import csv_table, markdown, plain
    from extraction.web import page

    match formats.format_of_text(file, request["name"], request["media_type"]):
        case "html":
            return page.read(file)
        case "csv":
            return csv_table.read(file)
        case "markdown":
            return markdown.read(file)
        case _:
            return plain.read_text(file)
