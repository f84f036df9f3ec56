"""`make screenshots`: the app's pages into `docs/screenshots`, in both themes, as a user with some history sees them.

It starts a stack of its own. `PAGES` is the list; a page that needs more than its address says what in `prepare`.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Page, StorageState, async_playwright

from local import environment, people
from local.data_folder import REPOSITORY
from local.postgres_server import SUPERUSER, running_url
from local.web import example_chatbots, example_credits, example_documents, example_history
from local.web.build import build

FOLDER = REPOSITORY / "docs" / "screenshots"
LIMIT = 3_000_000
"""Bytes of all pictures: a clone carries every version of them."""
_SIZES = {"phone": (390, 780), "desktop": (1440, 900)}
_EVERY = tuple(product(("light", "dark"), _SIZES))
_HAIKU = "Write a haiku about the monsoon, and say in one line why it works"
_COMPARED = ("GPT-4.1 Mini", "Gemini 2.5 Flash Lite", "Claude Opus 4.5")
# By the name of a place in PAGES. The stand-in has real answers to them.
_QUESTIONS = {
    "table": ("Compare SQL and NoSQL in a table", "openai/gpt-4.1"),
    "journey": ("Plan three days in Jaipur for a family of four", "google/gemini-2.5-flash-lite"),
    "hindi": ("पाँच वाक्यों में समझाएँ कि मानसून कैसे बनता है", "openai/gpt-4.1-mini"),
    "code": ("How much faster is binary search, and how do I write it?", "openai/gpt-4.1-mini"),
}


@dataclass(frozen=True)
class Shot:
    """One page, photographed in each of its looks: theme and size."""

    name: str
    address: str
    looks: tuple[tuple[str, str], ...] = _EVERY
    signed_in: bool = True
    language: str = "en"
    admin: bool = False
    """As the stack's admin."""
    prepare: Callable[[Page], Awaitable[None]] | None = None


async def _compare(page: Page) -> None:
    await page.get_by_role("button", name="Compare models").click()
    dialog = page.get_by_role("dialog", name="Compare models")
    for model in _COMPARED:
        await dialog.get_by_role("searchbox").fill(model)
        await dialog.get_by_role("checkbox").first.check()
    await dialog.get_by_role("button", name="Compare 3 models").click()
    await page.get_by_role("textbox", name="Message", exact=True).fill(_HAIKU)
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await page.locator("article .markdown[data-state=complete]").nth(len(_COMPARED) - 1).wait_for()
    await page.get_by_role("link", name="A haiku about the monsoon").wait_for()  # its title comes by itself
    await page.mouse.move(0, 0)  # away from what now is where the button was


async def _search(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_role("searchbox").fill("search")
    await page.get_by_role("dialog").get_by_role("link", name="Binary search").first.wait_for()


async def _from_the_top(page: Page) -> None:
    await page.locator("article .markdown[data-state=complete] table").wait_for()
    await page.locator("article").first.scroll_into_view_if_needed()


async def _list_makers(page: Page) -> None:
    await page.get_by_text("models available now").wait_for()


async def _list_plans(page: Page) -> None:
    await page.get_by_role("region", name="Free", exact=True).wait_for()


async def _show_chart(page: Page) -> None:
    await page.get_by_role("region", name="This month", exact=True).evaluate("each => each.scrollIntoView()")


async def _show_credits(page: Page) -> None:
    await page.get_by_role("region", name="Available").get_by_text("$60.00").wait_for()


async def _list_documents(page: Page) -> None:
    await page.get_by_role("region", name="Documents", exact=True).get_by_role("listitem").last.wait_for()
    await page.get_by_role("meter", name="Storage").wait_for()


async def _show_margin(page: Page) -> None:
    await page.get_by_role("combobox", name="Chart").select_option("Margin")
    await page.get_by_role("region", name="Total").evaluate("each => each.scrollIntoView()")


async def _list_chatbots(page: Page) -> None:
    await page.get_by_role("link", name="Tenant help").first.wait_for()


async def _show_figures(page: Page) -> None:
    await page.get_by_role("region", name="Figures").get_by_text("What the models cost").wait_for()


async def _ask_widget(page: Page) -> None:
    """The script's root is closed, so the chat is opened by its own call and found among the frames."""
    await page.evaluate("OneAI.open()")
    while not (found := [frame for frame in page.frames if "/widget/" in frame.url]):
        await page.wait_for_event("framenavigated")
    box = found[0].get_by_role("textbox", name="Your message")
    await box.fill(example_chatbots.QUESTION)
    await box.press("Enter")
    await found[0].locator(".answer", has_text="42,000").wait_for()


PAGES = [
    Shot("landing", "/", signed_in=False, prepare=_list_makers),
    Shot("pricing", "/pricing", (("light", "desktop"), ("dark", "phone")), signed_in=False, prepare=_list_plans),
    Shot("chat", "/c/{code}", prepare=_from_the_top),
    Shot("search", "/c", (("dark", "desktop"),), prepare=_search),
    Shot("hindi", "/c/{hindi}", (("light", "phone"), ("dark", "desktop")), language="hi", prepare=_from_the_top),
    Shot("usage", "/usage", (("light", "desktop"), ("dark", "desktop"), ("light", "phone")), prepare=_show_chart),
    Shot("billing", "/billing", (("light", "desktop"), ("dark", "phone"))),
    Shot("credits", "/credits", (("light", "desktop"), ("dark", "phone")), prepare=_show_credits),
    Shot("documents", "/knowledge", (("light", "desktop"), ("dark", "phone")), prepare=_list_documents),
    Shot("settings", "/settings/keys", (("light", "desktop"),)),
    Shot("chatbots", "/chatbots", (("light", "desktop"), ("dark", "phone")), prepare=_list_chatbots),
    Shot("chatbot", "/chatbots/{chatbot}", (("light", "desktop"),), prepare=_show_figures),
    Shot("widget", "{widget}", (("light", "desktop"), ("dark", "phone")), signed_in=False, prepare=_ask_widget),
    # The last one of the user, because it leaves a conversation behind.
    Shot("compare", "/c", (("light", "desktop"),), prepare=_compare),
    Shot("admin", "/admin", (("light", "desktop"), ("dark", "phone")), admin=True),
    Shot("margin", "/admin/analytics/cost", (("dark", "desktop"),), admin=True, prepare=_show_margin),
]


async def take(url: str, database: str, names: set[str]) -> None:
    """Photographs every page of PAGES, or those named."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client, async_playwright() as playwright:
        session, admin = [await _sign_in(client, each) for each in (people.SEED[0], people.ADMIN)]
        client.headers["authorization"] = f"Bearer {session['access_token']}"
        await example_history.live(client, database)
        await example_documents.keep(client)
        await example_credits.buy(client)
        places = await example_chatbots.make(client)
        places |= {name: await _ask(client, *question) for name, question in _QUESTIONS.items()}
        await _agree(client, admin)
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for shot in PAGES:
            if names and shot.name not in names:
                continue
            for theme, size in shot.looks:
                chosen = {"theme": theme, "language": shot.language}
                user = admin if shot.admin else session
                as_user = {"authorization": f"Bearer {user['access_token']}"}
                await client.patch("/api/user/preferences", json=chosen, headers=as_user)
                chosen |= {"session": json.dumps(user)} if shot.signed_in else {}
                width, height = _SIZES[size]
                context = await browser.new_context(
                    base_url=url,
                    viewport={"width": width, "height": height},
                    locale="en-IN",
                    timezone_id="Asia/Kolkata",
                    reduced_motion="reduce",
                    # The widget has no theme of its own stored.
                    color_scheme="dark" if theme == "dark" else "light",
                    storage_state=_storage(url, {f"oneai.{key}": value for key, value in chosen.items()}),
                )
                page = await context.new_page()
                await page.goto(shot.address.format_map(places))
                await page.wait_for_load_state("networkidle")
                if shot.prepare is not None:
                    await shot.prepare(page)
                _write(FOLDER / f"{shot.name}-{size}-{theme}.png", await page.screenshot())
                await context.close()
        await browser.close()


async def _sign_in(client: httpx.AsyncClient, user: people.User) -> dict[str, Any]:
    """The answer of Supabase Auth, which is the session that the app stores."""
    credentials = {"email": user.email, "password": user.password}
    answer = await client.post("/auth/v1/token?grant_type=password", json=credentials)
    session: dict[str, Any] = answer.raise_for_status().json()
    return session


async def _agree(client: httpx.AsyncClient, session: dict[str, Any]) -> None:
    """To what is asked of everyone once."""
    headers = {"authorization": f"Bearer {session['access_token']}"}
    required = (await client.get("/api/user/consents", headers=headers)).raise_for_status().json()["required"]
    await client.post("/api/user/consents", json={"consents": required}, headers=headers)


async def _ask(client: httpx.AsyncClient, question: str, model: str) -> str:
    """The conversation's id."""
    answer = await client.post("/api/chat/stream", json={"message": question, "model": model})
    start = next(line for line in answer.text.splitlines() if line.startswith("data: "))
    return str(json.loads(start.removeprefix("data: "))["conversation_id"])


def _write(file: Path, picture: bytes) -> None:
    """With a palette of 256 colours, which such pages do not exceed to the eye: a third of the bytes."""
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)


def _storage(origin: str, entries: dict[str, str]) -> StorageState:
    return {
        "cookies": [],
        "origins": [
            {"origin": origin, "localStorage": [{"name": name, "value": value} for name, value in entries.items()]}
        ],
    }


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
        database = running_url(data / "postgres", environment.DATABASE, SUPERUSER)
        asyncio.run(take(ready.split()[1], database, set(sys.argv[1:])))
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait()
        shutil.rmtree(data, ignore_errors=True)
    size = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    print(f"{size:,} bytes in {FOLDER.relative_to(REPOSITORY)}")
    return 0 if size <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
