"""The commands of the Makefile, and setting up, as a user at a new checkout meets them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY

PROGRAMS = Path(sys.executable).parent


def test_no_command_uses_a_script_that_breaks_when_the_checkout_is_moved() -> None:
    commands = re.findall(r"\$\((?:BIN|PYTHON)\)/?(\S*)", (REPOSITORY / "Makefile").read_text())
    programs = {PROGRAMS / name for name in commands if name}

    scripts = [program.name for program in programs if program.read_bytes().startswith(b"#!")]
    assert scripts == []  # the first line of a virtual environment's script names the folder it was made in


def test_the_data_of_a_second_stack_is_ignored_by_git() -> None:
    suggested = [".data-2/jwt-signing-key.pem", ".data/jwt-signing-key.pem", ".env"]

    ignored = subprocess.run(
        ["git", "check-ignore", *suggested], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert ignored.stdout.split() == suggested


@pytest.mark.parametrize("uv", ["#!/bin/sh\necho 'uv: no route to host' >&2\nexit 2\n", None])
def test_a_missing_python_is_reported_with_its_version_and_the_sources_tried(tmp_path: Path, uv: str | None) -> None:
    (tmp_path / "local").mkdir()
    shutil.copy(REPOSITORY / "local" / "find_python.sh", tmp_path / "local")
    (tmp_path / ".python-version").write_text("3.99\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "cat", "sh"):
        program = shutil.which(name)
        assert program
        (programs / name).symlink_to(program)
    if uv is not None:
        (programs / "uv").write_text(uv)
        (programs / "uv").chmod(0o755)

    found = subprocess.run(
        ["sh", "local/find_python.sh"],
        cwd=tmp_path,
        env={"PATH": str(programs), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1].endswith("Please install Python 3.99 and run this again.")
    assert ("GitHub" in found.stderr) == (uv is not None)


def test_set_up_prints_one_line_unless_it_fails(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    shutil.copy(REPOSITORY / "local" / "set_up.sh", tmp_path / "local")
    (tmp_path / ".python-version").write_text(f"{sys.version_info.major}.{sys.version_info.minor}\n")
    (tmp_path / "requirements-dev.txt").write_text("uv==1.0\n")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    pip = 'case "$*" in "-m pip"*) echo "WARNING: a newer pip is out" >&2;; *) exec {python} "$@";; esac\n'
    python.write_text(f"#!/bin/sh\n{pip.format(python=sys.executable)}")
    uv = programs / "uv"
    uv.write_text("#!/bin/sh\necho 'warning: Failed to hardlink files' >&2\n")
    for program in (python, uv):
        program.chmod(0o755)

    quiet = _set_up(tmp_path)
    assert (quiet.returncode, quiet.stdout + quiet.stderr) == (
        0,
        "Installing the packages of requirements-dev.txt into .venv\n",
    )
    assert (tmp_path / ".venv" / "installed.txt").exists()

    for program in (python, uv):
        program.write_text(program.read_text() + "exit 1\n")
    (tmp_path / ".venv" / "installed.txt").unlink()
    failed = _set_up(tmp_path)
    assert failed.returncode == 1
    assert "a newer pip is out" in failed.stderr
    assert not (tmp_path / ".venv" / "installed.txt").exists()


def _set_up(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "local/set_up.sh"], cwd=checkout, env=dict(os.environ), capture_output=True, text=True, check=False
    )
