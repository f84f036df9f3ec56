"""Runs `extraction.process` on one file and stops it at its limits. Its answer is as untrusted as the file."""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from answers import AnswerInvalid, checked, checked_images
from extraction.problems import ProblemFound
from limits import Limits, as_options

_FOLDER = str(Path(__file__).resolve().parent)
_PROGRAM = f"import sys; sys.path.insert(0, {_FOLDER!r}); from extraction.process import main; main()"
# An answer is larger than its pieces because of escapes and field names.
_MARGIN_BYTES = 400_000
_SET_DUMPABLE = 4  # of <linux/prctl.h>


def close_to_others() -> None:
    """Prevents other processes of this user from reading this one's memory and environment, through /proc or ptrace."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def extract(file: IO[bytes], request: dict[str, Any], limits: Limits, seconds: float) -> dict[str, Any]:
    """Returns the answer for the file from the request's position on, or the images of its pages to `render`.

    Raises ProblemFound: took_too_long after `seconds`, too_large if its memory or its answer is, `torn` if the
    process crashed or its answer is invalid.
    """
    options = json.dumps(request | {"limits": as_options(limits)})
    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, options],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        output = _output(process, limits.ingest_answer_bytes + _MARGIN_BYTES, time.monotonic() + seconds)
        # The process closed its output, which it does only by ending.
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise ProblemFound("took_too_long") from None
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return _answer(code, output, checked if request.get("render") is None else checked_images)


def _environment() -> dict[str, str]:
    """An empty environment, except for the variable that Lambda's Python needs to find its own library."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _output(process: subprocess.Popen[bytes], most: int, until: float) -> bytes:
    """Everything that it writes. Raises ProblemFound: took_too_long, or too_large for more than `most` bytes."""
    assert process.stdout is not None  # noqa: S101  it is a pipe
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, until - time.monotonic())):
                raise ProblemFound("took_too_long")
            chunk = os.read(process.stdout.fileno(), 1_048_576)
            if not chunk:
                return bytes(output)
            output += chunk
            if len(output) > most:
                raise ProblemFound("too_large")


def _answer(code: int, output: bytes, check: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    if code == -signal.SIGXCPU:
        raise ProblemFound("took_too_long")
    if code == -signal.SIGKILL:  # the kernel killed it because the function ran out of memory
        raise ProblemFound("too_large")
    try:
        return check(json.loads(output))
    except (ValueError, AnswerInvalid):
        raise ProblemFound("torn") from None
