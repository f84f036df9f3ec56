"""Builds the app into `web/build`, once for each state of the sources, even if several processes ask."""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local import node
from local.data_folder import REPOSITORY
from local.processes import die_with_parent

FOLDER = node.WEB / "build"
_NEXT = node.WEB / "build.next"
_WORK = node.WEB / ".svelte-kit"
# Inside the build, so that both are replaced at once.
_STAMP = ".sources"
_NOT_BUILT_FROM = {"node_modules", "build", _NEXT.name, ".svelte-kit", "types"}


class NotBuilt(Exception):
    """There is no build of the present sources; the text says why, and what to do."""


def build() -> Path:
    """The folder of the app as built from the present sources. Raises NotBuilt."""
    wanted = _hash_of_sources()
    if _built_from() == wanted:
        return FOLDER
    _WORK.mkdir(exist_ok=True)
    with (_WORK / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _built_from() != wanted:  # another process may have built it meanwhile
            _run_vite()
            _link_styles_of_the_app(_NEXT)
            (_NEXT / _STAMP).write_text(wanted)
            shutil.rmtree(FOLDER, ignore_errors=True)
            _NEXT.rename(FOLDER)
    return FOLDER


def _run_vite() -> None:
    script = node.package_script("vite/bin/vite.js")
    if not script.is_file():
        raise NotBuilt("Node's packages are missing; `make setup` installs them, with the network.")
    log = _WORK / "build.log"
    try:
        with log.open("wb") as output:
            done = subprocess.run(
                [str(node.binary()), str(script), "build"],
                cwd=node.WEB,
                env=os.environ | {"BUILD_FOLDER": _NEXT.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
    except node.NodeMissing as error:
        raise NotBuilt(str(error)) from None
    if done.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise NotBuilt(f"Vite failed; the end of {log.relative_to(REPOSITORY)}:\n{tail}")


def _link_styles_of_the_app(folder: Path) -> None:
    """Links the app's styles in the page of unknown addresses, which would wait for its scripts to ask for them."""
    (styles,) = folder.glob("_app/immutable/assets/app.*.css")
    link = f'<link href="/{styles.relative_to(folder)}" rel="stylesheet">'
    page = folder / "200.html"
    page.write_text(page.read_text().replace("</head>", f"{link}</head>", 1))


def _built_from() -> str | None:
    try:
        return (FOLDER / _STAMP).read_text()
    except FileNotFoundError:
        return None


def _hash_of_sources() -> str:
    """By content and not by date: a new checkout of the same commit is the same."""
    digest = hashlib.sha256()
    for file in sorted(_sources()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(REPOSITORY)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield REPOSITORY / "docs" / "openapi.json"
    yield from (REPOSITORY / "docs" / "guide").rglob("*.md")
    for folder, folders, names in node.WEB.walk():
        if folder == node.WEB:
            folders[:] = [name for name in folders if name not in _NOT_BUILT_FROM]
        yield from (folder / name for name in names if not name.endswith((".test.ts", ".md")))
