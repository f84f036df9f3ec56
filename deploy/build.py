"""Builds what is deployed, the layer and every function, with bytecode beside the source.

    python -m deploy.build                                           what `sam deploy` uploads, in .aws-sam/build
    python -m deploy.build --architecture x86_64 --output FOLDER     the same for tests on another machine

Lambda's folders are read-only. Without shipped bytecode every cold start compiles it again, which takes longer than all
else in it. SAM gives each file of its zip the same date, so the bytecode is not checked against dates.
"""

import argparse
import compileall
import os
import sys
import tempfile
from pathlib import Path
from py_compile import PycInvalidationMode

from deploy import programs
from local import docs_index
from oneai.documentation.index import FILES

REPOSITORY = Path(__file__).resolve().parent.parent
LAYER = "CommonLayer"
SENTRY_LAYER = "SentryLayer"
# Parsers of user files, which may be exploited, so they are in one function alone.
PARSERS = {"cchardet", "docx", "lxml", "pypdfium2"}
PARSING = "IngestDocumentFunction"
# Lambda's limit for a function and its layers together, unzipped.
LARGEST = 250 * 1024 * 1024


class BuildError(Exception):
    """The build is invalid; the message states why."""


def build(output: Path, architecture: str = "arm64") -> None:
    """Builds into `output`, compiles, and checks that Lambda can start the result. Raises BuildError."""
    template = (REPOSITORY / "template.yaml").read_text()
    docs_index.write()
    with tempfile.TemporaryDirectory() as folder:
        variant = Path(folder) / "template.yaml"
        variant.write_text(template.replace("arm64", architecture))
        _sam_build(variant, output)
    for artefact in _artefacts(output):
        _compile(artefact)
    _inspect(output)


def report(output: Path) -> str:
    """One line per artefact, with its size."""
    return "\n".join(f"{size(artefact) / 1e6:8.1f} MB  {artefact.name}" for artefact in _artefacts(output))


def size(artefact: Path) -> int:
    """The unzipped size of an artefact in bytes."""
    return sum(file.stat().st_size for file in artefact.rglob("*") if file.is_file())


def _artefacts(output: Path) -> list[Path]:
    return sorted(folder for folder in output.iterdir() if folder.is_dir())


def _sam_build(template: Path, output: Path) -> None:
    try:
        programs.read("sam", "build", "--template-file", template, "--base-dir", REPOSITORY, "--build-dir", output)
    except programs.ProgramFailed as error:
        raise BuildError(f"sam build failed:\n{error.output or error}") from None


def _compile(artefact: Path) -> None:
    """Compiles an artefact for its mount point at Lambda, so that tracebacks name no local folder."""
    done = compileall.compile_dir(
        artefact,
        quiet=1,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        stripdir=artefact,
        prependdir="/opt" if artefact.name in (LAYER, SENTRY_LAYER) else "/var/task",
    )
    if not done:
        raise BuildError(f"{artefact.name} holds a file that does not compile")


def _inspect(output: Path) -> None:
    layer = output / LAYER
    functions = [artefact for artefact in _artefacts(output) if artefact.name not in (LAYER, SENTRY_LAYER)]
    if not os.access(layer / "python/oneai/start", os.X_OK):
        raise BuildError("oneai/start is missing or not executable: `chmod +x layers/common/oneai/start`")
    if (layer / "python/botocore").exists():
        raise BuildError("boto3 is in the layer; Lambda's image has it already")
    if (layer / "python/sentry_sdk").exists():
        raise BuildError("Sentry's library is in the layer of every stack; it has a layer of its own")
    holders = {
        artefact.name for artefact in _artefacts(output) for found in artefact.rglob("*") if found.name in PARSERS
    }
    if holders != {PARSING}:
        raise BuildError(f"the parsers of documents are in {', '.join(sorted(holders)) or 'no artefact'}")
    if empty := [function.name for function in functions if not list(function.glob("__pycache__/main.*.pyc"))]:
        raise BuildError(f"no compiled main.py in {', '.join(empty)}")
    if any(not (output / "DocsFunction" / name).is_file() for name in FILES.values()):
        raise BuildError("a search index of the documentation is missing in DocsFunction")
    sentry = size(output / SENTRY_LAYER)
    if size(layer) + sentry + max(map(size, functions)) > LARGEST:
        raise BuildError(f"more than Lambda takes:\n{report(output)}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build what is deployed.")
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")
    parser.add_argument("--output", type=Path, default=REPOSITORY / ".aws-sam/build")
    wanted = parser.parse_args()
    try:
        build(wanted.output.absolute(), wanted.architecture)
    except BuildError as error:
        sys.exit(str(error))
    sys.stdout.write(report(wanted.output) + "\n")


if __name__ == "__main__":
    main()
