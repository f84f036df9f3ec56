"""Starts a function the way Lambda does: through the wrapper script, in a process of its own."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.data_folder import REPOSITORY
from local.lambda_runtime import RuntimeApi, serving
from local.lambda_runtime.execution_environment import START, start_process

LAYER = REPOSITORY / "layers" / "common"
APPS = Path(__file__).parent / "apps"


@dataclass
class Function:
    """A function under test, the platform it talks to, and the folder where its app and the test meet."""

    api: RuntimeApi
    process: asyncio.subprocess.Process
    place: Path

    def say(self, word: str) -> None:
        """Lets the app continue."""
        (self.place / word).touch()

    async def result(self, word: str) -> str:
        """Waits until the app has said something."""
        while not (self.place / word).exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)
        return (self.place / word).read_text()

    async def heart_beats(self, times: int) -> None:
        """Waits until the app's other task has come round that many times more."""
        last = None
        while times > 0:
            await asyncio.sleep(0.01)
            beat = await self.result("heart")
            times -= beat != last
            last = beat

    async def exit_code(self) -> int:
        """Waits for the process to end."""
        return await self.process.wait()

    def peak_memory_mb(self) -> int:
        """The most that was ever resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def log(self) -> list[dict[str, Any]]:
        """The log of the runtime so far; its output may contain nothing else."""
        return [json.loads(line) for line in (self.place / "stdout").read_text().splitlines()]


def environment(handler: str, place: Path, variables: dict[str, str]) -> dict[str, str]:
    """Variables of Lambda, the meeting place, and those for coverage in subprocesses."""
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "_HANDLER": handler,
        "LAMBDA_TASK_ROOT": str(APPS),
        "MEETING_PLACE": str(place),
        **coverage,
        **variables,
    }


@asynccontextmanager
async def function(
    handler: str,
    place: Path,
    variables: dict[str, str] | None = None,
    *,
    start: Path = START,
    folder: Path | None = None,
    concurrency: int | None = None,
) -> AsyncIterator[Function]:
    """Runs a function under the Runtime API, with `concurrency` invocations at a time, and ends it with the test."""
    many = {} if concurrency is None else {"AWS_LAMBDA_MAX_CONCURRENCY": str(concurrency)}
    async with serving(concurrency or 1) as api:
        all_variables = {"AWS_LAMBDA_RUNTIME_API": api.address} | many | (variables or {})
        with (place / "stdout").open("wb") as stdout:
            process = await start_process(environment(handler, place, all_variables), folder or place, stdout, start)
        try:
            yield Function(api, process, place)
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except TimeoutError:
                    process.kill()
                    await process.wait()


def rest_event(path: str = "/", **changes: Any) -> dict[str, Any]:
    """An event of API Gateway's REST API, with the fields that tests need."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "abc.execute-api.ap-south-1.amazonaws.com", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {
            "Host": ["abc.execute-api.ap-south-1.amazonaws.com"],
            "X-Forwarded-Proto": ["https"],
        },
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"stage": "api", "identity": {"sourceIp": "203.0.113.7"}},
        "body": None,
        "isBase64Encoded": False,
        **changes,
    }


def url_event(path: str = "/", **changes: Any) -> dict[str, Any]:
    """An event of a Function URL, with the fields that tests need."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "abc.lambda-url.ap-south-1.on.aws", "x-forwarded-proto": "https"},
        "requestContext": {"http": {"method": "GET", "path": path, "sourceIp": "203.0.113.7"}},
        "isBase64Encoded": False,
        **changes,
    }
