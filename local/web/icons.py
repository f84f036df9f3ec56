"""`python -m local.web.icons`: draws the icons of `web/static/icons` from `icon.svg` after it has changed."""

import asyncio

from playwright.async_api import async_playwright

from local.node import WEB

_ICONS = WEB / "static" / "icons"
# Maskable icons are cut to a circle or a square: what matters stays within the middle 80 %.
_SIZES = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "maskable-512.png": (512, 0.8),
    "touch-180.png": (180, 0.9),
}


async def draw() -> None:
    """Writes every icon."""
    svg = (WEB / "static" / "icon.svg").read_text()
    _ICONS.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (size, scale) in _SIZES.items():
            page = await browser.new_page(viewport={"width": size, "height": size})
            # Where the ground reaches the edge it is the system that rounds it.
            ground = "transparent" if scale == 1.0 else "#2f5d50"
            await page.set_content(
                f"<style>body {{ margin: 0; background: {ground}; display: grid; place-items: center; height: 100vh }}"
                f"svg {{ width: {scale * 100}vw }}</style>{svg}"
            )
            await page.screenshot(path=_ICONS / name, omit_background=True)
            await page.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(draw())
