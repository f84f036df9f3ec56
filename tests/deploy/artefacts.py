"""The built artefacts, for this machine's architecture: built once per content of what goes into them."""

import fcntl
import hashlib
import platform
import shutil
from pathlib import Path

from deploy.build import LAYER, build
from local import docs_index
from local.data_folder import data_folder
from tests.deploy.transformed import REPOSITORY, functions

ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def built() -> Path:
    """The folder of artefacts, kept for the next run; those of other contents are thrown away."""
    shelf = data_folder() / "artefacts"
    shelf.mkdir(exist_ok=True)
    docs_index.write()
    wanted = shelf / _content()
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            for old in (folder for folder in shelf.iterdir() if folder.is_dir()):
                shutil.rmtree(old)
            half = shelf / "half"
            build(half, ARCHITECTURE)
            half.rename(wanted)
    return wanted


def layer(artefacts: Path) -> Path:
    """What Lambda mounts at /opt."""
    return artefacts / LAYER


def folder(name: str) -> str:
    """The folder below `functions/` and `events/` that a function's code and samples are in."""
    return Path(functions()[name]["Properties"]["CodeUri"]).name


def _content() -> str:
    ingredients = [REPOSITORY / "template.yaml", *(REPOSITORY / "deploy").glob("*.py")]
    for tree in ("layers", "functions"):
        ingredients += (file for file in (REPOSITORY / tree).rglob("*") if file.is_file() and file.suffix != ".pyc")
    digest = hashlib.sha256(ARCHITECTURE.encode())
    for file in sorted(ingredients):
        digest.update(f"{file.relative_to(REPOSITORY)} {file.stat().st_mode} ".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
