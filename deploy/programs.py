"""The programs of a deployment: `sam`, `aws` and `supabase`, from PATH or else from `.venv/bin`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.data_folder import REPOSITORY

_TOOLS = Path(sys.executable).parent  # where `make setup` puts sam
PROGRAMS = {
    "sam": "`make setup` installs it into .venv",
    "aws": "install the AWS CLI, version 2",
    "supabase": "install the Supabase CLI",
}


class ProgramFailed(Exception):
    """A program failed; the text has its command without secrets, and its last line of output."""

    output: str = ""
    """All that it wrote, where that was read."""


def missing() -> dict[str, str]:
    """The programs that are not installed, each with how to install it."""
    return {name: hint for name, hint in PROGRAMS.items() if find(name) is None}


def find(name: str) -> str | None:
    """The path of a program."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}{_TOOLS}")


def run(name: str, *arguments: str | Path) -> None:
    """Runs a program to its end in this terminal. Raises ProgramFailed."""
    ended = subprocess.run(_command(name, arguments), env=_environment(), cwd=REPOSITORY, check=False)
    if ended.returncode != 0:
        raise ProgramFailed(f"`{_shown(name, arguments)}` ended with exit code {ended.returncode}")


def read(name: str, *arguments: str | Path) -> str:
    """The stdout of a program. Raises ProgramFailed with its last line of stderr."""
    ended = subprocess.run(
        _command(name, arguments), env=_environment(), cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]
        failed = ProgramFailed(f"`{_shown(name, arguments)}`: {reason}")
        failed.output = ended.stdout + ended.stderr
        raise failed
    return ended.stdout


def aws(region: str, *arguments: str | Path) -> Any:
    """The parsed answer of an AWS service; None if it is empty. Raises ProgramFailed."""
    answer = read("aws", *arguments, "--region", region, "--output", "json")
    return json.loads(answer) if answer.strip() else None


def _environment() -> Mapping[str, str]:
    """The environment of the programs. SAM looks for `python3.13` by name, and finds this interpreter's first."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = f"{_TOOLS}{os.pathsep}{variables.get('PATH', '')}"
    return variables | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_PAGER": ""}


def _command(name: str, arguments: tuple[str | Path, ...]) -> list[str | Path]:
    program = find(name)
    if program is None:
        raise ProgramFailed(f"{name} is not installed: {PROGRAMS[name]}")
    return [program, *arguments]


def _shown(name: str, arguments: tuple[str | Path, ...]) -> str:
    """The command, up to its first option."""
    words = [name]
    for argument in map(str, arguments):
        if argument.startswith("-"):
            break
        words.append(argument)
    return " ".join(words)
