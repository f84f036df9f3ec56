"""An answer, a question, a title or a file name of any content runs no script and reaches no other host.

The policy of the page's headers would stop much of this. It is not needed: a policy that had to stop something fails
the test as well.
"""

import json
from itertools import batched
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests import effort
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

PAYLOADS: dict[str, str] = {
    each["name"]: each["text"] for each in json.loads(Path(__file__).with_name("payloads.json").read_text())
}
# Twenty in `make test`, all of them in `make test-all`.
DRAWN = sorted(effort.rng("payloads").sample(sorted(PAYLOADS), effort.sample(20, len(PAYLOADS))))

_WITHOUT_ITS_OWN_SANITIZER = "delete window.Sanitizer"
_NOTICE_SCRIPTS = "window.pwned = () => { window.scriptRan = true; }"
# What an answer may bring onto the page, and where its links may lead.
FIND_HARM = """() => {
  const found = window.scriptRan ? ["a script ran"] : [];
  const active = /^(script|iframe|object|embed|form|meta|base|link|style|video|audio|source|use|animate)$/;
  const addresses = /^(href|src|action|formaction|xlink:href)$/;
  const places = document.querySelectorAll("article, nav, [role=log], .markdown");
  for (const element of [...places].flatMap((place) => [...place.querySelectorAll("*")])) {
    const name = element.localName;
    if (active.test(name)) found.push(name);
    for (const { name: attribute, value } of element.attributes) {
      const runs = addresses.test(attribute) && /^\\s*(javascript|data:text|vbscript)/i.test(value);
      const loads = attribute === "style" && /url|import/.test(value);
      if (runs || loads || attribute === "srcdoc" || attribute.startsWith("on"))
        found.push(`${name} ${attribute}=${value}`);
    }
    if (name === "img" && new URL(element.src).origin !== location.origin && !/^(data|blob):/.test(element.src))
      found.push(`img ${element.src}`);
    if (!element.closest(".markdown")) continue;
    if (element.id || element.getAttribute("name")) found.push(`${name} is named by the text`);
    if (name !== "a" || !element.hasAttribute("href")) continue;
    const { protocol, rel, target, host, textContent, dataset, href } = element;
    if (!/^(https?|mailto|tel):/.test(protocol)) found.push(`a ${href}`);
    if (rel !== "noopener noreferrer" || target !== "_blank") found.push(`a without its rel: ${href}`);
    if (host && !textContent.includes(host) && dataset.host !== host) found.push(`a that hides ${host}`);
  }
  return [...new Set(found)];
}"""


@pytest.fixture
async def hostile(page: Page, watch: Watch) -> Page:
    """A page of `user` that notices scripts, and dialogs that they open."""
    return await noticing(page, watch)


async def noticing(page: Page, watch: Watch) -> Page:
    """Makes a page notice them."""
    await page.add_init_script(_NOTICE_SCRIPTS)
    page.on("dialog", lambda dialog: watch.problems.append(f"dialog: {dialog.message}"))
    return page


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("sanitizer", ["browser", "dompurify"])
async def test_payloads_in_answers_questions_titles_and_names_do_nothing(
    hostile: Page, user: User, sanitizer: str
) -> None:
    if sanitizer == "dompurify":
        await hostile.add_init_script(_WITHOUT_ITS_OWN_SANITIZER)
    groups = [list(group) for group in batched(DRAWN, 4, strict=False)]
    # Each conversation is named by one and says four; the list of conversations shows all names on every page.
    conversations = [
        Conversation(PAYLOADS[name], [PAYLOADS[each] for each in group for _ in range(2)], PAYLOADS[name])
        for group in groups
        for name in group
    ]
    ids = await import_conversations(user, conversations)

    for group, conversation_id in zip(groups, ids[::4], strict=True):
        await hostile.goto(f"/c/{conversation_id}")
        assert await hostile.evaluate("'Sanitizer' in window") == (sanitizer == "browser")
        await expect(hostile.locator("article .markdown[data-state=complete]")).to_have_count(len(group))

        assert await hostile.evaluate(FIND_HARM) == [], group


@pytest.mark.parametrize("name", DRAWN[:: 1 if effort.ALL else 7])
async def test_a_streaming_payload_does_nothing_at_any_moment(hostile: Page, user: User, name: str) -> None:
    async with user.client() as client:
        created = await client.post("/api/conversations", json={"title": "Echo", "model": "local/echo"})
    await hostile.goto(f"/c/{created.raise_for_status().json()['id']}")
    question = hostile.get_by_role("textbox", name="Message")
    await question.fill(PAYLOADS[name])
    await hostile.evaluate(
        f"""() => {{
          const find = {FIND_HARM};
          window.harm = new Set();
          new MutationObserver(() => find().forEach((each) => window.harm.add(each))).observe(document.body, {{
            subtree: true, childList: true, attributes: true, characterData: true }});
        }}"""
    )
    await question.press("Enter")
    await expect(hostile.locator("article[data-state=complete] .markdown[data-state=complete]")).to_have_count(1)

    assert await hostile.evaluate("[...window.harm]") == []


async def test_payloads_in_a_shared_conversation_do_nothing_to_its_readers(
    user: User, open_context: OpenContext, watch: Watch
) -> None:
    texts = [PAYLOADS[each] for each in DRAWN for _ in range(2)]
    (conversation,) = await import_conversations(user, [Conversation(PAYLOADS[DRAWN[0]], texts, PAYLOADS[DRAWN[1]])])
    async with user.client() as client:
        new = {"kind": "snapshot", "show_name": False, "fork": True}
        link = (await client.post(f"/api/conversations/{conversation}/share", json=new)).raise_for_status().json()
    reader = await noticing(await (await open_context()).new_page(), watch)
    await reader.goto(f"/shared/{link['token']}")

    await expect(reader.locator("article .markdown[data-state=complete]").first).to_be_attached()
    await expect(reader.locator("article .markdown:not([data-state=complete])")).to_have_count(0)
    assert await reader.evaluate(FIND_HARM) == []


@pytest.mark.exhaustive
async def test_the_payloads_do_harm_a_page_without_protection(browser: Browser) -> None:
    """Or they would prove nothing."""
    context = await browser.new_context()
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await context.route("**/*", refuse)
    harmful = 0
    for text in PAYLOADS.values():
        asked.clear()
        page = await context.new_page()
        await page.set_content(f"<script>{_NOTICE_SCRIPTS}</script><div>{text}</div>", wait_until="commit")
        await page.wait_for_timeout(20)
        harmful += bool(asked) or await page.evaluate("Boolean(window.scriptRan)")
        await page.close()
    await context.close()

    assert harmful >= 25
