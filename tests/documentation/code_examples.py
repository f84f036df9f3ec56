"""Runs the code of an example as it is printed, in its own language."""

import sys
from pathlib import Path

from tests.http.test_client_examples import CLIENTS, NODE, Ended, run

# A failed request fails the command, and no progress is shown.
_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


async def run_example(language: str, code: str, folder: Path) -> Ended:
    """Runs code in `sh`, `python`, or `js` as a module that finds the web app's packages. `folder` is for its files."""
    if language == "sh":
        return await run("sh", "-c", _CURL + code)
    if language == "python":
        return await run(sys.executable, "-c", code, PYTHONUTF8="1")
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(CLIENTS.parent / "web" / "node_modules")
    program = folder / "example.mjs"
    program.write_text(code)
    return await run(NODE, str(program))
