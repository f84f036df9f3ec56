"""Writes the document and its types for clients, or with `--check` compares the committed document.

Only writing the types needs Node; a test compares them.
"""

import sys

from local import node
from local.data_folder import REPOSITORY
from local.openapi import FILE, TYPES_FILE, typescript, written


def main() -> int:
    """Returns 0 unless `--check` found a difference, or Node or its packages are missing."""
    text = written()
    if "--check" in sys.argv[1:]:
        if FILE.exists() and FILE.read_text() == text:
            return 0
        print("The OpenAPI document does not match the code. Run `make openapi`.", file=sys.stderr)
        return 1
    FILE.write_text(text)
    try:
        TYPES_FILE.write_text(typescript(FILE))
    except node.NodeMissing as missing:
        files = f"{FILE.relative_to(REPOSITORY)} is written, {TYPES_FILE.relative_to(REPOSITORY)} is not"
        print(f"{files}: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
