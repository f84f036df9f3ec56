"""What the browser tests do where there is no browser, and what they do not overlook."""

from pathlib import Path
from typing import Any, cast

import pytest
from playwright.async_api import Page

from tests.web import chromium
from tests.web.chromium import Watch


async def test_a_missing_chromium_fails_a_test_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(chromium, "PROGRAMS", [tmp_path / "chromium"])

    with pytest.raises(pytest.fail.Exception, match=r"make setup.*apt-get install chromium.*BROWSER=0"):
        await chromium.launch(cast("Any", None))


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("console.error('a mistake')", "a mistake"),
        ("setTimeout(() => { throw new Error('an uncaught error') })", "an uncaught error"),
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("fetch('http://127.0.0.1:1/elsewhere').catch(() => undefined)", "foreign request|Content Security Policy"),
        ("new Image().src = 'https://images.example/?secret=1'", "Content Security Policy|foreign request"),
    ],
)
async def test_a_page_with_an_error_fails_its_test(visitor: Page, watch: Watch, script: str, problem: str) -> None:
    await visitor.goto("/")
    watch.check()

    await visitor.evaluate(f"() => {{ {script} }}")
    await visitor.wait_for_timeout(300)

    with pytest.raises(AssertionError, match=problem):
        watch.check()
    watch.expect("")  # it was seen
