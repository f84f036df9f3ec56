"""The sizes of what a finger presses, measured on a phone."""

from typing import Any

from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

TOUCH: dict[str, Any] = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
RAIN = Conversation("Rain", ["How much?", "| Month | mm |\n| --- | --- |\n| July | 840 |\n\n```py\nprint(840)\n```"])
PAGES = ["/c", "/conversations", "/knowledge", "/usage", "/settings/notifications", "/settings/keys", "/search"]
PUBLIC = ["/", "/pricing", "/signup"]
# Links within a sentence and the numbers of sources are as high as their line. A link that covers its row with
# `::after` is as large as the row, and a field is as large as the label around it.
TOO_SMALL = """() => {
  const small = [];
  for (const each of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (!each.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (each.closest("[aria-hidden=true], .sr-only") || each.matches(".source")) continue;
    if (each.matches("a") && getComputedStyle(each).display === "inline") continue;
    const { width, height } = (each.closest("label") ?? each).getBoundingClientRect();
    const cover = getComputedStyle(each, "::after");
    const covers = cover.position === "absolute" && cover.content !== "none";
    const least = Math.min(
      covers ? Math.max(width, parseFloat(cover.width)) : width,
      covers ? Math.max(height, parseFloat(cover.height)) : height,
    );
    if (width > 0 && least < 43.5) small.push(`${each.ariaLabel ?? each.textContent.trim()}: ${least}`);
  }
  return small;
}"""


async def test_controls_are_44_pixels_for_a_finger(open_context: OpenContext, user: User) -> None:
    (conversation,) = await import_conversations(user, [RAIN])
    page = await (await open_context(user.storage(), **TOUCH)).new_page()
    visitor = await (await open_context(**TOUCH)).new_page()
    found: dict[str, list[str]] = {}
    for tab, addresses in ((page, [f"/c/{conversation}", *PAGES]), (visitor, PUBLIC)):
        for address in addresses:
            await tab.goto(address)
            await tab.wait_for_load_state("networkidle")
            found[address] = await tab.evaluate(TOO_SMALL)

    assert {address: small for address, small in found.items() if small} == {}
