"""Runs scheduled functions as Lambda does: each in a process of its own, with its own variables and its own time."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any, Literal

from local.data_folder import REPOSITORY
from local.functions import variables
from local.metrics import Metrics
from local.processes import die_with_parent
from local.template import Function

# Variables of the machine that any program needs.
_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
# The contents of the deployment's secret on AWS, and the addresses of the stand-ins.
_STACK = (
    *("DATABASE_URL", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "SUPABASE_JWT_SECRET", "SUPABASE_URL"),
    *("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_BASE_URL"),
    *("STORAGE_ENDPOINT_URL", "MAIL_ENDPOINT_URL"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_DEFAULT_REGION", "AWS_REGION"),
)
# The contents of the secret that `OWN_SECRET_ARN` names on AWS: of functions that have this variable.
_OWN_SECRET = ("SUPABASE_SECRET_KEY",)


@dataclass(frozen=True)
class JobOutcome:
    """How a run ended: `output` is the handler's return value, or the error as Lambda words it."""

    status: Literal["succeeded", "failed", "timed_out", "killed"]
    output: Any


class Jobs:
    """The running jobs."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self._running: dict[str, set[asyncio.subprocess.Process]] = {}

    async def run(self, function: Function, event: Any) -> JobOutcome:
        """Runs the function once, to its end."""
        text = event if isinstance(event, str) else json.dumps(event)
        result, result_fd = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "local.invoke", str(function.folder), function.handler, text),
                *("--name", function.logical_id, "--timeout", str(function.timeout), "--result-fd", str(result_fd)),
                env=_environment(function),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(result_fd,),
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        finally:
            os.close(result_fd)
        running = self._running.setdefault(function.logical_id, set())
        running.add(process)
        with os.fdopen(result, "rb") as answer:
            try:
                async with asyncio.timeout(function.timeout):
                    await self._forward_output(process)
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                return JobOutcome("timed_out", None)
            finally:
                running.discard(process)
                if process.returncode is None:  # we are being cancelled ourselves
                    process.kill()
                    await process.wait()  # or its pipe would outlive the loop that closes it
            if process.returncode == -signal.SIGKILL:
                return JobOutcome("killed", None)
            output = json.loads(answer.read() or b"null")
        return JobOutcome("succeeded" if process.returncode == 0 else "failed", output)

    def kill(self, function: Function) -> int:
        """Kills the function's running processes, so that no `finally` runs; how many there were."""
        processes = list(self._running.get(function.logical_id, ()))
        for process in processes:
            process.kill()
        return len(processes)

    async def _forward_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101  it is a pipe
        pending = b""
        while chunk := await process.stdout.read(65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                self.metrics.record(text)
                print(text, file=sys.__stdout__, flush=True)  # past the tee, which would record it again


def _environment(function: Function) -> dict[str, str]:
    own_secret = _OWN_SECRET if "OWN_SECRET_ARN" in function.environment else ()
    known = {name: os.environ[name] for name in (*_MACHINE, *_STACK, *own_secret) if name in os.environ}
    stated = {name: os.environ.get(name) or value for name, value in variables(function).items()}
    declared = {name: os.environ[name] for name in function.environment if name in os.environ}
    return {
        **known,
        **stated,
        **declared,
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "layers" / "common"), str(REPOSITORY)]),
        "PYTHONUNBUFFERED": "1",
    }
