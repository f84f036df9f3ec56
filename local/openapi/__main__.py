"""Writes the document, or with `--check` says whether the committed copies are what would be written."""

import sys

from local.openapi import COPIES, written


def main() -> int:
    """Returns 0 unless `--check` found a difference."""
    text = written()
    if "--check" not in sys.argv[1:]:
        for path in COPIES:
            path.write_text(text)
        return 0
    stale = [path.name for path in COPIES if not path.exists() or path.read_text() != text]
    if stale:
        print("The OpenAPI document is not what the code says; `make openapi` writes it.", file=sys.stderr)
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
