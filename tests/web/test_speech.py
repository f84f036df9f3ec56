"""Reading aloud and dictating, with a voice and an ear in place of the browser's own."""

import pytest
from playwright.async_api import Page, expect

from tests.web import axe, chat
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.5)

# The API of https://wicg.github.io/speech-api/. The test drives it: `heard(...)` reports parts, `refuse(...)` an error.
_EAR = """
class FakeRecognition extends EventTarget {
  start() { window.ear = this; window.starts = (window.starts ?? 0) + 1; queueMicrotask(() => this.onstart?.()); }
  stop() { this.#end(); }
  abort() { this.onerror?.({ error: "aborted" }); this.#end(); }
  #end() { queueMicrotask(() => this.onend?.()); }
  heard(...parts) {
    const results = parts.map((transcript, at) =>
      Object.assign([{ transcript, confidence: 0.9 }], { isFinal: at < parts.length - 1 }));
    this.onresult?.({ results, resultIndex: 0 });
  }
  refuse(error) { this.onerror?.({ error }); this.#end(); }
}
window.webkitSpeechRecognition = FakeRecognition;
delete window.SpeechRecognition;
"""
_VOICE = """
window.said = [];
window.cancels = 0;
const voices = ["en-IN", "hi_IN"].map((lang) => ({ lang, name: lang, default: lang === "en-IN", localService: true }));
Object.defineProperty(window, "SpeechSynthesisUtterance", { value: class { constructor(text) { this.text = text; } } });
Object.defineProperty(window, "speechSynthesis", { value: Object.assign(new EventTarget(), {
  getVoices: () => voices,
  resume() {},
  cancel() { window.cancels++; },
  speak(utterance) { window.said.push([utterance.lang, utterance.text]); window.utterance = utterance; },
}) });
"""
_DICTATE = "Dictate"


@pytest.fixture
async def hearing(open_context: OpenContext, user: User) -> Page:
    """A new chat of `user` in a browser that hears."""
    page = await (await open_context(user.storage())).new_page()
    await page.add_init_script(_EAR)
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    return page


async def listen(page: Page) -> None:
    """Starts a dictation, and returns when it hears."""
    await page.get_by_role("button", name=_DICTATE).click()
    await expect(page.get_by_role("button", name="Stop dictating")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_role("status").filter(has_text="Listening")).to_have_count(1)


async def test_dictation_is_confirmed_once_and_writes_at_the_cursor(hearing: Page) -> None:
    await chat.composer(hearing).fill("Dear , hello")
    await chat.composer(hearing).evaluate("(field) => field.setSelectionRange(5, 5)")
    await hearing.get_by_role("button", name=_DICTATE).click()
    notice = hearing.get_by_role("dialog", name="Your browser turns your speech into text")
    await expect(notice).to_contain_text("may hear what you say")
    await axe.check(hearing)
    assert await hearing.evaluate("window.starts") is None
    await notice.get_by_role("button", name="Start dictating").click()

    stop = hearing.get_by_role("button", name="Stop dictating")
    await expect(stop).to_have_attribute("aria-pressed", "true")
    assert await hearing.evaluate("[ear.lang, ear.continuous, ear.interimResults]") == ["en-IN", True, True]
    await hearing.evaluate("ear.heard('sir')")
    await expect(chat.composer(hearing)).to_have_value("Dear sir, hello")
    await hearing.evaluate("ear.heard('sir', ' or madam')")
    await expect(chat.composer(hearing)).to_have_value("Dear sir or madam, hello")
    await axe.check(hearing)
    await stop.click()
    await expect(chat.composer(hearing)).to_be_focused()
    assert await chat.composer(hearing).evaluate("(field) => field.selectionStart") == len("Dear sir or madam")

    await hearing.reload()
    await expect(chat.composer(hearing)).to_have_value("Dear sir or madam, hello")
    await hearing.get_by_role("button", name=_DICTATE).click()
    await expect(hearing.get_by_role("button", name="Stop dictating")).to_be_visible()


async def test_typing_and_sending_end_the_dictation_and_keep_what_was_said(hearing: Page) -> None:
    await hearing.evaluate("localStorage.setItem('oneai.dictation', 'confirmed')")
    await listen(hearing)
    await hearing.evaluate("ear.heard('What is a')")
    await chat.composer(hearing).press_sequentially(" kite?")
    await expect(hearing.get_by_role("button", name="Stop dictating")).to_have_count(0)
    await hearing.evaluate("ear.heard('What is a', ' and late')")
    await expect(chat.composer(hearing)).to_have_value("What is a kite?")

    await chat.composer(hearing).fill("")
    await listen(hearing)
    await hearing.evaluate("ear.heard('Name one')")
    await expect(chat.composer(hearing)).to_have_value("Name one")
    await hearing.get_by_role("button", name="Send", exact=True).click()
    await hearing.evaluate("ear.heard('Name one', ' and late')")
    await expect(chat.questions(hearing)).to_have_text(["Name one"])
    await expect(chat.composer(hearing)).to_have_value("")


async def test_a_refused_microphone_is_explained_and_loses_nothing(hearing: Page) -> None:
    await hearing.evaluate("localStorage.setItem('oneai.dictation', 'confirmed')")
    await chat.composer(hearing).fill("Written before")
    await listen(hearing)
    await hearing.evaluate("ear.refuse('not-allowed')")

    await expect(hearing.get_by_role("alert")).to_contain_text("This site may not use your microphone.")
    await expect(hearing.get_by_role("button", name=_DICTATE)).to_have_attribute("aria-pressed", "false")
    await expect(chat.composer(hearing)).to_have_value("Written before")


async def test_an_answer_is_read_aloud_sentence_by_sentence_and_stopped(page: Page, user: User) -> None:
    answer = "A **kite** flies. See:\n\n```python\nprint(1)\n```\n\nपतंग उड़ती है।"
    (conversation,) = await import_conversations(user, [Conversation("Kites", ["What flies?", answer])])
    await page.add_init_script(_VOICE)
    await page.goto(f"/c/{conversation}")
    await page.get_by_role("button", name="Read aloud").click()

    stop = page.get_by_role("button", name="Stop reading")
    await expect(stop).to_have_attribute("aria-pressed", "true")
    for _ in range(3):
        await page.evaluate("utterance.onend({})")
    assert await page.evaluate("window.said") == [
        ["en-IN", "A kite flies."],
        ["en-IN", "See:"],
        ["en-IN", "Code in python."],
        ["hi-IN", "पतंग उड़ती है।"],
    ]
    await stop.click()
    await expect(page.get_by_role("button", name="Read aloud")).to_be_visible()
    assert await page.evaluate("window.cancels") >= 1


async def test_the_chat_after_a_sign_in_may_use_the_microphone_unlike_the_landing_page(
    visitor: Page, user: User
) -> None:
    allows = "document.featurePolicy.allowsFeature('microphone')"
    await visitor.goto("/")
    assert not await visitor.evaluate(allows)
    await visitor.goto("/login")
    await visitor.get_by_label("E-mail").fill(user.email)
    await visitor.get_by_label("Password", exact=True).fill(user.password)
    await visitor.get_by_role("button", name="Sign in", exact=True).click()
    await expect(chat.composer(visitor)).to_be_editable()

    assert await visitor.evaluate(allows)
