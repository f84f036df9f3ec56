"""`python -m local.web.icons`: draws the icons of `web/static/icons` from `icon.svg` after it has changed, and the
picture that previews of links show."""

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
# 1200 × 630 is what messengers and social networks show whole.
_PREVIEW = """
<style>
  body { margin: 0; height: 630px; box-sizing: border-box; padding: 90px 100px; background: #faf9f6; color: #1d211e;
    font: 34px/1.4 system-ui, "Noto Sans", sans-serif; display: flex; flex-direction: column;
    justify-content: space-between; border-block-end: 18px solid #2f5d50 }
  div { display: flex; align-items: center; gap: 24px; font-size: 46px; font-weight: 600 }
  svg { width: 88px }
  h1 { margin: 0 0 24px; font-size: 84px; line-height: 1.1; letter-spacing: -0.02em; font-weight: 650 }
  p { margin: 0; color: #5c6059 }
</style>
<div>ICON OneAI</div>
<main><h1>Ask every model.<br>Keep every answer.</h1><p>One chat over many AI models</p></main>
"""


async def draw() -> None:
    """Writes every icon and the preview."""
    svg = (WEB / "static" / "icon.svg").read_text()
    _ICONS.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (size, scale) in _SIZES.items():
            page = await browser.new_page(viewport={"width": size, "height": size})
            # Icons with a background up to the edge are rounded by the system.
            ground = "transparent" if scale == 1.0 else "#2f5d50"
            await page.set_content(
                f"<style>body {{ margin: 0; background: {ground}; display: grid; place-items: center; height: 100vh }}"
                f"svg {{ width: {scale * 100}vw }}</style>{svg}"
            )
            await page.screenshot(path=_ICONS / name, omit_background=True)
            await page.close()
        page = await browser.new_page(viewport={"width": 1200, "height": 630})
        await page.set_content(_PREVIEW.replace("ICON", svg))
        await page.screenshot(path=_ICONS / "preview.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(draw())
