"""`python -m local.web.types`: writes the TypeScript types of the OpenAPI document, made by openapi-typescript.

The web app imports them as `$types/api`. Only editors and `make lint-web` need them, which write them when the document
has changed: Vite and Node strip types. They are not in git.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from local import node
from openapi import FILE

TYPES_FILE = node.WEB / "types" / "api.d.ts"


class TypesFailed(Exception):
    """openapi-typescript refused the document; the text is what it printed."""


def typescript(document: Path) -> str:
    """The types of the document in this file. Raises NodeMissing, TypesFailed."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "api.d.ts"
        completed = node.run(
            node.package_script("openapi-typescript/bin/cli.js"), str(document), "--output", str(output)
        )
        if completed.returncode != 0:
            raise TypesFailed(f"{completed.stdout}{completed.stderr}")
        return output.read_text()


def main() -> int:
    """Writes them. Returns 1 after a sentence if Node or its packages are missing."""
    try:
        text = typescript(FILE)
    except node.NodeMissing as missing:
        print(f"The types of the API are not written: {missing}", file=sys.stderr)
        return 1
    TYPES_FILE.parent.mkdir(exist_ok=True)
    TYPES_FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
