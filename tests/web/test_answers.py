"""Answers as people see them: each finished block is parsed once, the page writes once in a frame, and copies work."""

import pytest
from playwright.async_api import Page, expect

from tests.patience import eventually
from tests.web.chromium import Watch
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)

_COMPLETE = "article[data-state=complete] .markdown[data-state=complete]"
ANSWER = """Prices are $5 and $10.

```python
print("hello")
```

| City | People |
| --- | ---: |
| Pune | 7,000,000 |
| दिल्ली | 33,000,000 |

- one
- two

$$
\\frac{1}{2}
$$

![A chart](https://pictures.example/chart.png)

مرحبا بالعالم

[A link](https://elsewhere.example/page)
"""


async def conversation_with(user: User, model: str) -> str:
    """A new conversation's id."""
    async with user.client() as client:
        created = await client.post("/api/conversations", json={"title": "Answers", "model": model})
    return str(created.raise_for_status().json()["id"])


async def ask(page: Page, text: str) -> None:
    """Writes a question and sends it."""
    question = page.get_by_role("textbox", name="Message")
    await question.fill(text)
    await question.press("Enter")


@pytest.fixture
async def answered(page: Page, user: User) -> Page:
    """A page that shows ANSWER."""
    (conversation,) = await import_conversations(user, [Conversation("Answers", ["Show me", ANSWER])])
    await page.goto(f"/c/{conversation}")
    await expect(page.locator(_COMPLETE)).to_have_count(1)
    return page


@pytest.mark.exhaustive
async def test_a_finished_block_is_parsed_once_and_kept_when_the_answer_is_complete(page: Page, user: User) -> None:
    await page.goto(f"/c/{await conversation_with(user, 'local/markdown')}")
    await ask(page, "600 tokens, 600 a second")
    first = page.locator(".markdown .block").first
    await expect(first).to_have_attribute("data-parses", "1")
    await first.evaluate("(block) => { window.firstBlock = block; }")
    await expect(page.locator(_COMPLETE)).to_have_count(1)

    parses = await page.locator(".markdown .block").evaluate_all(
        "(blocks) => blocks.map((each) => each.dataset.parses)"
    )
    assert len(parses) > 10
    assert set(parses) == {"1"}
    assert await first.evaluate("(block) => block === window.firstBlock")


async def test_an_answer_is_rendered_at_most_once_per_frame(page: Page, user: User) -> None:
    await page.goto(f"/c/{await conversation_with(user, 'local/markdown')}")
    await page.evaluate(
        """() => {
          window.writes = [];
          let frame = 0;
          const count = () => { frame++; requestAnimationFrame(count); };
          requestAnimationFrame(count);
          new MutationObserver((records) => {
            const places = records.map(({ target }) => target.parentElement ?? target);
            if (places.some((place) => place.closest?.(".markdown"))) window.writes.push(frame);
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    await ask(page, "600 tokens, 300 a second")
    await expect(page.locator(_COMPLETE)).to_have_count(1)

    writes = await page.evaluate("window.writes")
    assert len(writes) > 5
    assert len(writes) == len(set(writes))


async def test_the_renderer_is_loaded_before_the_first_question_is_sent(page: Page) -> None:
    async with page.expect_worker(lambda worker: "/worker-" in worker.url):
        await page.goto("/c")
        await page.get_by_role("textbox", name="Message").press_sequentially("W")


@pytest.mark.exhaustive
async def test_an_answer_of_200_000_characters_can_be_read_to_its_end(page: Page, user: User) -> None:
    text = "".join(f"## Part {n}\n\nWords of part {n}, which say `what` it **is**.\n\n" for n in range(3_500))
    assert len(text) > 200_000
    (conversation,) = await import_conversations(user, [Conversation("Long", ["Write much", text])])
    await page.add_init_script(
        """window.drawn = [];
        new MutationObserver((records) => {
          for (const { target, addedNodes } of records) {
            const isDrawn = target.className === "block" && addedNodes[0] && addedNodes[0].className !== "plain";
            if (isDrawn && drawn.length < 5) drawn.push([...target.parentElement.children].indexOf(target));
          }
        }).observe(document, { subtree: true, childList: true });"""
    )
    await page.goto(f"/c/{conversation}")
    await expect(page.get_by_role("textbox", name="Message")).to_be_editable()
    await page.get_by_role("textbox", name="Message").press_sequentially("typing")  # while it is being laid out
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("typing")
    await expect(page.locator(_COMPLETE)).to_have_count(1)

    await expect(page.get_by_role("heading", name="Part 3499")).to_be_attached()
    assert await page.locator(".markdown .block").count() == 7_000
    assert min(await page.evaluate("window.drawn")) > 6_900, "what is in sight is drawn first"


async def test_code_and_tables_are_copied_without_clipboard_permission(answered: Page) -> None:
    await answered.evaluate(
        """() => {
          navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
          document.addEventListener("copy", () => { window.copied = document.activeElement.value; });
        }"""
    )
    await answered.get_by_role("button", name="Copy code").click()
    await expect(answered.get_by_text("Copied")).to_be_visible()
    assert await answered.evaluate("window.copied") == 'print("hello")'

    await answered.get_by_role("button", name="Copy table").click()
    expected = "City\tPeople\nPune\t7,000,000\nदिल्ली\t33,000,000"
    await eventually(lambda: answered.evaluate("window.copied"), expected.__eq__)


async def test_blocks_have_their_own_direction_and_formulas_are_mathml(answered: Page) -> None:
    directions = await answered.locator(".markdown .block").evaluate_all(
        "(blocks) => blocks.map((each) => [each.textContent.slice(0, 6), getComputedStyle(each).direction])"
    )
    assert ["مرحبا ", "rtl"] in directions
    assert ["Prices", "ltr"] in directions
    assert await answered.locator(".markdown pre").evaluate("(pre) => getComputedStyle(pre).direction") == "ltr"
    await expect(answered.locator("math mfrac")).to_have_count(1)
    await expect(answered.locator(".markdown").get_by_text("Prices are $5 and $10.")).to_be_visible()


async def test_an_external_picture_waits_for_a_click_that_names_its_host(answered: Page, watch: Watch) -> None:
    assert watch.foreign == []
    watch.expect("Content Security Policy|foreign request: GET https://pictures.example/chart.png")
    picture = answered.get_by_role("button", name="Show image from pictures.example")
    await picture.click()

    await expect(answered.get_by_text("The image can’t be shown here")).to_be_visible()
    link = answered.get_by_role("link", name="https://pictures.example/chart.png")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.exhaustive
async def test_a_link_shows_its_target(answered: Page) -> None:
    link = answered.get_by_role("link", name="A link")
    shown = await link.evaluate("(link) => getComputedStyle(link, '::after').content")
    assert "elsewhere.example" in shown
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.exhaustive
async def test_answers_are_readable_without_the_worker(page: Page, user: User, watch: Watch) -> None:
    watch.refused(404)
    watch.expect("worker|module script")
    (conversation,) = await import_conversations(user, [Conversation("Answers", ["Show me", ANSWER])])
    await page.context.route("**/workers/*.js", lambda route: route.fulfill(status=404, body="gone"))
    await page.goto(f"/c/{conversation}")
    await expect(page.locator(_COMPLETE)).to_have_count(1)
    await expect(page.locator(".markdown pre")).to_have_text('print("hello")')
    await expect(page.locator(".markdown math")).to_have_count(0)

    # As after a deployment: the next answer finds the worker's new file.
    await page.context.unroute("**/workers/*.js")
    await ask(page, "$$x$$")
    await expect(page.locator(".markdown math")).to_have_count(1)


async def test_a_diagram_is_drawn_on_a_click_in_an_isolated_frame(page: Page, user: User, watch: Watch) -> None:
    # The diagram's picture and its handler, which the policy of the frame refuses, and the test's own request.
    watch.expect(r"(/x'|config\.json|inline event handler).*Content Security Policy")
    label, link = '"<img src=x onerror=parent.pwned()>"', 'href "https://elsewhere.example"'
    diagram = f"```mermaid\ngraph TD\nA[{label}] --> B[End]\nclick B {link}\n```"
    broken = "```mermaid\nno diagram at all\n```"
    (conversation,) = await import_conversations(user, [Conversation("Diagrams", ["Draw", f"{diagram}\n\n{broken}"])])
    await page.goto(f"/c/{conversation}")
    await expect(page.locator(_COMPLETE)).to_have_count(1)
    assert await page.locator(".markdown iframe").count() == 0

    await page.get_by_role("button", name="Show diagram").first.click()
    frame = page.frame_locator(".markdown iframe")
    await expect(frame.locator("svg").get_by_text("End")).to_be_visible()
    assert await page.locator(".markdown iframe").get_attribute("sandbox") == "allow-scripts"
    inside = page.frames[-1]
    assert await inside.evaluate("self.origin") == "null"
    assert await inside.evaluate("fetch('/config.json').then(() => 'read', () => 'refused')") == "refused"

    await page.get_by_role("button", name="Show code").click()
    await expect(page.locator(".markdown iframe")).to_have_count(0)

    await page.get_by_role("button", name="Show diagram").last.click()
    await expect(page.get_by_role("alert")).to_have_text("The diagram has an error and can’t be drawn.")


@pytest.mark.exhaustive
async def test_a_conversation_is_printed_whole_and_in_light_colours(answered: Page, user: User) -> None:
    text = "\n\n".join(f"Paragraph {n} of a long answer, which fills several pages of paper." for n in range(300))
    (conversation,) = await import_conversations(user, [Conversation("Paper", ["Write", text, "Thanks", "Welcome"])])
    await answered.goto(f"/c/{conversation}")
    await expect(answered.locator(_COMPLETE)).to_have_count(2)
    await answered.evaluate("document.documentElement.dataset.theme = 'dark'")

    await answered.emulate_media(media="print")
    paper = await answered.evaluate(
        "[document.documentElement.scrollHeight, getComputedStyle(document.documentElement).colorScheme]"
    )
    assert paper[0] > 6_000
    assert paper[1] == "light"
    await expect(answered.get_by_role("button", name="New chat")).to_be_hidden()
    await expect(answered.get_by_role("textbox", name="Message")).to_be_hidden()
    assert (await answered.pdf()).count(b"/Type /Page\n") >= 5


@pytest.mark.exhaustive
async def test_a_paragraph_being_streamed_is_never_shown_twice(page: Page, user: User) -> None:
    await page.goto(f"/c/{await conversation_with(user, 'local/echo')}")
    await page.evaluate(
        """() => {
          window.twice = [];
          const look = () => document.querySelectorAll("article .markdown").forEach(({ textContent }) => {
            if (textContent.split("pebble").length > 2) window.twice.push(textContent);
          });
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    words = " ".join(["and goes on"] * 20)
    await ask(page, f"The first paragraph.\n\nA pebble begins the second {words}.\n\nThe third {words}.")
    await expect(page.locator(_COMPLETE)).to_contain_text("pebble")

    assert await page.evaluate("window.twice") == []
