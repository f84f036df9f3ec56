"""A conversation of everything that an answer can hold, and files that are dropped on it."""

import pytest
from playwright.async_api import Page, expect

from tests.web import axe, chat
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

_EVERYTHING = """## Tides

| place | height | time |
| --- | ---: | --- |
| Mumbai | 4.4 m | 12:04 |

```python
def height(hours: float) -> float:
    return 2.2 * cos(hours / 12.42 * 2 * pi)  # a line that is much longer than a phone is wide, so that it scrolls
```

$$h(t) = \\frac{a}{2} \\cos(\\omega t)$$

1. First
2. Then, with a [link](https://example.com/tides)

> A quotation, and `code` in a line.
"""


@pytest.mark.exhaustive
async def test_a_long_rich_conversation_is_accessible_and_can_be_zoomed_to_200_percent(
    open_context: OpenContext, user: User
) -> None:
    texts = [text for n in range(15) for text in (f"Question {n}", _EVERYTHING)]
    (rich,) = await import_conversations(user, [Conversation("Tides", texts)])
    # Twice as large is half as wide: 1280 pixels of a screen are 640 of the page.
    half = {"width": 640, "height": 400}
    page = await (await open_context(user.storage(), viewport=half, device_scale_factor=2)).new_page()
    await page.goto(f"/c/{rich}")
    await expect(page.locator(".markdown[data-state=complete] math").last).to_be_attached()
    await chat.choose_model(page, "Gemini 2.5 Flash Image")
    await chat.send(page, "Draw the tide")
    await expect(chat.answers(page).last.get_by_role("img", name="Image 1")).to_be_visible()
    await chat.choose_model(page, chat.ECHO)
    await chat.send(page, "In other words")
    await expect(chat.answers(page).last).to_contain_text("In other words")
    await chat.answers(page).last.get_by_role("button", name="Regenerate", exact=True).click()
    await expect(page.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    await chat.choose_model(page, "local/reasoning-slowly")
    await chat.send(page, "Think about it")
    await expect(chat.answers(page).last).to_contain_text("That was thought over.")
    await chat.answers(page).last.locator("summary").click()

    for theme in ("light", "dark"):
        await page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
        await axe.check(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= half["width"]
    for part in (
        chat.composer(page),
        page.get_by_role("combobox", name="Model"),
        page.get_by_role("button", name="Send"),
    ):
        await expect(part.first).to_be_in_viewport(ratio=1)
    for narrow in await page.get_by_role("article").evaluate_all("all => all.map((each) => each.scrollWidth)"):
        assert narrow <= half["width"]


async def test_files_can_be_dropped_on_the_chat(page: Page) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    dropped = await page.evaluate_handle(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["# ज्वार"], "tides.md", { type: "text/markdown" }));
          files.items.add(new File([new Uint8Array([0x50, 0x4b, 0])], "tides.zip", { type: "application/zip" }));
          return files;
        }"""
    )
    await page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    await expect(page.get_by_text("Drop files here")).to_be_visible()
    await page.dispatch_event("main", "drop", {"dataTransfer": dropped})

    await expect(page.get_by_text("Drop files here")).to_have_count(0)
    attached = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    await expect(attached).to_have_count(1)
    await expect(attached).to_contain_text("tides.md")
    await expect(page.get_by_role("alert")).to_contain_text("tides.zip can’t be attached")
    await chat.send(page, "What is in it?")
    await expect(chat.questions(page)).to_contain_text("tides.md")
    await expect(chat.answers(page)).to_have_count(1)
