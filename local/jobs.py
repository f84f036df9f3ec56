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

# What any program needs of the machine it runs on.
_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
# What stands in the deployment's secret on AWS, and the addresses that the stand-ins have instead of the real ones.
_STACK = (
    *("DATABASE_URL", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "SUPABASE_JWT_SECRET", "SUPABASE_URL"),
    *("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_BASE_URL"),
    *("STORAGE_ENDPOINT_URL", "MAIL_ENDPOINT_URL"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_DEFAULT_REGION", "AWS_REGION"),
)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `output` is the handler's return value, or the error as Lambda words it."""

    status: Literal["succeeded", "failed", "timed_out", "killed"]
    output: Any


class Jobs:
    """Every job that is running."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self._running: dict[str, set[asyncio.subprocess.Process]] = {}

    async def run(self, function: Function, event: Any) -> Outcome:
        """Runs the function once, to its end."""
        text = event if isinstance(event, str) else json.dumps(event)
        result, give_result = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "local.invoke", str(function.folder), function.handler, text),
                *("--name", function.logical_id, "--timeout", str(function.timeout), "--result-fd", str(give_result)),
                env=_environment(function),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(give_result,),
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        finally:
            os.close(give_result)
        running = self._running.setdefault(function.logical_id, set())
        running.add(process)
        with os.fdopen(result, "rb") as answer:
            try:
                async with asyncio.timeout(function.timeout):
                    await self._pass_on_output(process)
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                return Outcome("timed_out", None)
            finally:
                running.discard(process)
                if process.returncode is None:  # we are being cancelled ourselves
                    process.kill()
                    await process.wait()  # or its pipe would outlive the loop that closes it
            if process.returncode == -signal.SIGKILL:
                return Outcome("killed", None)
            output = json.loads(answer.read() or b"null")
        return Outcome("succeeded" if process.returncode == 0 else "failed", output)

    def kill(self, function: Function) -> int:
        """Kills what runs of this function, so that no `finally` runs; how many that were."""
        processes = list(self._running.get(function.logical_id, ()))
        for process in processes:
            process.kill()
        return len(processes)

    async def _pass_on_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101  it is a pipe
        pending = b""
        while piece := await process.stdout.read(65536):
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                self.metrics.notice(text)
                print(text, file=sys.__stdout__, flush=True)  # past the tee, which would notice it again


def _environment(function: Function) -> dict[str, str]:
    known = {name: os.environ[name] for name in (*_MACHINE, *_STACK) if name in os.environ}
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
