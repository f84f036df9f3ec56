"""Measures how long new environments of chat_stream and the webhook take to start, beside two minimal functions.

It uses the deployed artefacts under AWS's Runtime Interface Emulator, on this machine's architecture, and the init time
that the emulator reports. One row of each ends with a 401, the other with a whole answer from the database.
"""

import base64
import compileall
import hashlib
import hmac
import json
import os
import random
import shutil
import tempfile
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

from bench import stack, upstream
from bench.emulator import Function, Started
from bench.report import median, ratio, step, table
from bench.stack import Stack
from local.data_folder import REPOSITORY, data_folder
from local.sample_event import event_of
from tests.deploy.artefacts import built, layer

REPEATS = 10
HELLOS = {"bare hello": "bare", "FastAPI + Mangum hello": "fastapi_mangum"}
OURS, WHOLE = "chat_stream", "chat_stream, a whole answer"
HOOK, STORED = "webhooks", "webhooks, a whole event"
ANSWERS = {OURS: 401, HOOK: 400}
SIGNED_WITH = "the webhook's secret"


def functions(artefacts: Path, place: Path, *, bytecode: bool) -> dict[str, Function]:
    """A function to compare, as deployed or without its own bytecode."""
    mounted = layer(artefacts)
    code, hook = artefacts / "ChatStreamFunction", artefacts / "WebhooksFunction"
    if not bytecode:
        mounted, code, hook = (_without_bytecode(each, place) for each in (mounted, code, hook))
    functions_by_name = {}
    for name, module in HELLOS.items():
        folder = place / module
        folder.mkdir()
        shutil.copy(Path(__file__).with_name("hello") / f"{module}.py", folder)
        if bytecode:
            compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        functions_by_name[name] = Function(folder, f"{module}.handler", mounted)
    ours = Function(code, "main.app", mounted, streams=True)
    webhook = Function(hook, "main.handler", mounted)
    return functions_by_name | {OURS: ours, WHOLE: ours, HOOK: webhook, STORED: webhook}


def _without_bytecode(folder: Path, place: Path) -> Path:
    return Path(
        shutil.copytree(
            folder,
            place / folder.name,
            symlinks=True,
            copy_function=os.link,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    )


def measure(running: Stack, functions_by_name: dict[str, Function], repeats: int) -> dict[str, list[Started]]:
    """Starts each one equally often, in turns."""
    (user,) = running.people(1)
    ask = _event("chat_stream/ask", user.token)
    ask["body"] = json.dumps({"message": upstream.pace(first=0, chunks=1, pause=0), "model": upstream.MODEL})
    secret = {"RAZORPAY_WEBHOOK_SECRET": SIGNED_WITH}
    events = {
        OURS: event_of("GET", "/chat/stream/{message_id}", token=""),
        WHOLE: ask,
        HOOK: _event("webhooks/unsigned"),
        STORED: _signed(_event("webhooks/payment_failed_in_base64")),
    }
    started: dict[str, list[Started]] = {name: [] for name in functions_by_name}
    for repeat in range(repeats + 1):
        step(f"starts {repeat} of {repeats}" if repeat else "warming up the disk")
        for name in random.sample(list(functions_by_name), len(functions_by_name)):
            event = events.get(name) or _event("health/health")
            one = functions_by_name[name].start(event, **(running.variables | secret if name in events else {}))
            assert one.status == ANSWERS.get(name, 200), one
            assert name != WHOLE or b"event: done" in one.body, one
            if repeat:
                started[name].append(one)
    return started


def _event(name: str, token: str = "") -> dict[str, Any]:
    text = (REPOSITORY / "events" / f"{name}.json").read_text()
    event: dict[str, Any] = json.loads(text.replace("ACCESS_TOKEN", token))
    return event


def _signed(event: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(event["body"])
    signature = hmac.new(SIGNED_WITH.encode(), body, hashlib.sha256).hexdigest()
    return {**event, "headers": {**event["headers"], "x-razorpay-signature": signature}}


def _row(name: str, started: list[Started]) -> list[str]:
    inits, answers = [one.init for one in started], [one.answered for one in started]
    return [name, *(f"{value:.0f}" for value in (min(inits), median(inits), min(answers), median(answers)))]


def main() -> None:
    """Measures and prints."""
    step("building the artefacts, unless they are there")
    artefacts = built()
    rows, medians = [], {}
    with stack.running() as running:
        for bytecode in (True, False):
            words = "with bytecode" if bytecode else "without"
            step(words)
            # Beside the artefacts, because it links to their files.
            with tempfile.TemporaryDirectory(dir=data_folder()) as place:
                functions_by_name = functions(artefacts, Path(place), bytecode=bytecode)
                started = measure(running, functions_by_name, REPEATS if bytecode else REPEATS // 3)
            rows += [_row(f"{name}, {words}", starts) for name, starts in started.items()]
            for name, starts in started.items():
                medians[name, bytecode] = median([one.init for one in starts])
    table(["cold start, ms", "init least", "median", "first answer least", "median"], rows)
    for hello in HELLOS:
        aim = 1.0 if "FastAPI" in hello else None
        ratio(f"init of chat_stream to that of a {hello}", medians[OURS, True] / medians[hello, True], aim)
        ratio(f"init of webhooks to that of a {hello}", medians[HOOK, True] / medians[hello, True])
    ratio("init of chat_stream without bytecode to with", medians[OURS, False] / medians[OURS, True])


if __name__ == "__main__":
    main()
