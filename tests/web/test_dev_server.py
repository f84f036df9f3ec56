"""`make web`: the app with hot reload, over the stack that runs."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from local.data_folder import REPOSITORY
from tests.local.running import Stack
from tests.web.people import User


def command(data: Path, *arguments: str) -> subprocess.Popen[str]:
    """`make web` over a data folder, without the installing before it."""
    environment = os.environ | {"ONEAI_DATA": str(data), "PYTHONPATH": "layers/common:.", "NO_COLOR": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "local.web.dev", *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
async def address(stack: Stack) -> AsyncIterator[str]:
    """The address at which the sources are served, as Vite says it."""
    process = command(stack.data, "--port", "0")
    assert process.stdout is not None
    said: list[str] = []
    try:
        while line := await asyncio.to_thread(process.stdout.readline):
            said.append(line)
            if found := re.search(r"Local:\s+(http://localhost:\d+)", line):
                yield found[1]
                return
        raise AssertionError("".join(said))
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate)


@pytest.mark.exhaustive
async def test_the_sources_are_served_over_the_running_stack(browser: Browser, address: str, user: User) -> None:
    context = await browser.new_context(base_url=address)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto("/login")
    await page.get_by_role("textbox", name="Email").fill(user.email)
    await page.get_by_label("Password").fill(user.password)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    loaded = await page.evaluate("performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)")
    assert {"/@vite/client", "/src/routes/+layout.svelte"} <= set(loaded)  # the sources themselves, which reload
    assert errors == []
    await context.close()


def test_a_missing_stack_is_reported_with_what_to_start(tmp_path: Path) -> None:
    process = command(tmp_path)
    said, _ = process.communicate()

    assert process.returncode == 1
    assert said.splitlines() == ["No stack runs over this data folder: `make dev` in another terminal starts it."]
