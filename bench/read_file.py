"""Prints the text of one document, as the deployed function reads it: `python -m bench.read_file PATH`.

Reads every range of the file under its own name, and prints the text of each piece. Ends with status 1, and the
problem's code on standard error, when the file cannot be read. A measure over a folder of documents runs it once for
each file.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from local.data_folder import REPOSITORY


def pieces(path: Path) -> list[dict[str, Any]]:
    """All pieces of the file, in its order. Raises SystemExit with the problem's code when it cannot be read."""
    sys.path.insert(0, str(REPOSITORY / "functions/ingest_document"))
    isolation, limits = import_module("isolation"), import_module("limits")
    problems = import_module("extraction.problems")
    limit = limits.read()
    found: list[dict[str, Any]] = []
    position: Any = None
    while True:
        with path.open("rb") as file:
            request = {"name": path.name, "media_type": "", "position": position}
            try:
                answer = isolation.extract(file, request, limit, limit.ingest_hard_seconds)
            except problems.ProblemFound as problem:
                raise SystemExit(problem.code) from None
        if answer["problem"] is not None:
            raise SystemExit(answer["problem"]["code"])
        found += answer["pieces"]
        position = answer["position"]
        if position is None:
            return found


if __name__ == "__main__":
    for piece in pieces(Path(sys.argv[1])):
        sys.stdout.write(f"{piece['text']}\n")
