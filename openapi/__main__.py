"""Writes the document, or with `--check` compares the committed one."""

import sys

from openapi import FILE, written


def main() -> int:
    """Returns 0 unless `--check` found a difference."""
    text = written()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        print("The OpenAPI document is not what the code says; `make openapi` writes it.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
