"""The TypeScript types of the document, made by openapi-typescript; what clients/ and the web app import."""

from pathlib import Path
from tempfile import TemporaryDirectory

from local import node
from local.data_folder import REPOSITORY

TYPES_FILE = REPOSITORY / "clients" / "api.d.ts"


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
