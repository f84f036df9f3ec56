"""`make screenshots`: the app's pages into `docs/screenshots`, in both themes, as a person with some history sees them.

It starts a stack of its own. `PAGES` is the list; a page that needs more than its address says what in `prepare`.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page, StorageState, async_playwright

from local import environment, people
from local.data_folder import REPOSITORY
from local.web.build import build

FOLDER = REPOSITORY / "docs" / "screenshots"
LIMIT = 3_000_000
"""Bytes of all pictures: a clone carries every version of them."""
_SIZES = {"phone": (375, 740), "desktop": (1440, 900)}
# The last one is photographed: its model answers in markdown, with as many tokens as the question's last number.
_QUESTIONS = (
    ("Explain compound interest as if I were twelve", "openai/gpt-4.1-mini"),
    ("Write a haiku about the monsoon", "openai/gpt-4.1-mini"),
    ("How does a search find one entry of 400?", "local/markdown"),
)


@dataclass(frozen=True)
class Shot:
    """One page, photographed in each theme and size."""

    name: str
    address: str
    signed_in: bool = True
    prepare: Callable[[Page], Awaitable[None]] | None = None
    sizes: tuple[str, ...] = ("phone", "desktop")


PAGES = [
    Shot("landing", "/", signed_in=False),
    Shot("pricing", "/pricing", signed_in=False),
    Shot("login", "/login", signed_in=False, sizes=("phone",)),
    Shot("chat", "/c/{conversation}"),
    Shot("new-chat", "/c", sizes=("phone",)),
    Shot("usage", "/usage"),
    Shot("settings", "/settings/profile", sizes=("desktop",)),
    Shot("billing", "/billing", sizes=("desktop",)),
]


@dataclass(frozen=True)
class Visitor:
    """Who is photographed: a person's session, and a conversation of theirs."""

    session: str
    conversation: str


async def take(url: str, names: set[str]) -> None:
    """Photographs every page of PAGES, or those named."""
    visitor = await _visitor(url)
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for shot in PAGES:
            if names and shot.name not in names:
                continue
            for theme, size in product(("light", "dark"), shot.sizes):
                entries = {"oneai.theme": theme} | ({"oneai.session": visitor.session} if shot.signed_in else {})
                width, height = _SIZES[size]
                context = await browser.new_context(
                    base_url=url,
                    viewport={"width": width, "height": height},
                    reduced_motion="reduce",
                    storage_state=_storage(url, entries),
                )
                page = await context.new_page()
                await page.goto(shot.address.format(conversation=visitor.conversation))
                await page.wait_for_load_state("networkidle")
                if shot.prepare is not None:
                    await shot.prepare(page)
                await page.screenshot(path=FOLDER / f"{shot.name}-{size}-{theme}.png")
                await context.close()
        await browser.close()


def _storage(origin: str, entries: dict[str, str]) -> StorageState:
    return {
        "cookies": [],
        "origins": [
            {"origin": origin, "localStorage": [{"name": name, "value": value} for name, value in entries.items()]}
        ],
    }


async def _visitor(url: str) -> Visitor:
    """The first person of the seed, who has asked a few things."""
    person = people.SEED[0]
    credentials = {"email": person.email, "password": person.password}
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        session = (await client.post("/auth/v1/token?grant_type=password", json=credentials)).json()
        client.headers["authorization"] = f"Bearer {session['access_token']}"
        for question, model in _QUESTIONS:
            answer = await client.post("/api/chat/stream", json={"message": question, "model": model})
        start = next(line for line in answer.text.splitlines() if line.startswith("data: "))
        conversation: dict[str, Any] = json.loads(start.removeprefix("data: "))
    return Visitor(json.dumps(session), str(conversation["conversation_id"]))


def main() -> int:
    """Returns 1 where the stack does not start, or the pictures together are too large."""
    build()
    FOLDER.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="oneai-screenshots-"))
    data.chmod(0o755)  # under root, Postgres's user has to get there
    ours = {"ONEAI_DATA": str(data), "PORT": "0", "ONEAI_RELOAD": "0", "ONEAI_ENV_FILE": os.devnull}
    stack = subprocess.Popen(environment.python("local"), env=os.environ | ours, stdout=subprocess.PIPE, text=True)
    assert stack.stdout is not None  # noqa: S101  a pipe was asked for
    try:
        lines = iter(stack.stdout.readline, "")
        ready = next((line for line in lines if line.startswith("ready ")), None)
        if ready is None:
            print("The stack does not start.", file=sys.stderr)
            return 1
        asyncio.run(take(ready.split()[1], set(sys.argv[1:])))
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait()
    size = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    print(f"{size:,} bytes in {FOLDER.relative_to(REPOSITORY)}")
    return 0 if size <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
