"""What visitors of a chatbot asked, on its pages: read, counted, answered and evaluated."""

import time
from typing import Any

import jwt
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.documents import add_document, processed
from tests.web.people import User
from tests.web.test_chatbots import make_chatbot
from tests.web.test_hostile_text import noticing

CONSENT = "The shop may read this."
# What members and visitors write into every field: a picture that runs a script, and a word that no line has room for.
HTML = '<img src=x onerror="pwned()">'
LONG = HTML + "W" * 370
_FIND_HARM = """() => {
  const found = window.scriptRan ? ["a script ran"] : [];
  found.push(...[...document.querySelectorAll("[onerror], [src=x]")].map((each) => each.outerHTML));
  const widest = Math.max(...["html", "#content"].map((each) => document.querySelector(each)?.scrollWidth ?? 0));
  if (widest > innerWidth) found.push(`${widest} pixels`);
  return found;
}"""


async def ask_as_visitor(
    user: User,
    chatbot: dict[str, Any],
    *questions: str,
    name: str = "Asha Rao",
    introduced: str = "Ravi",
    consent: str = CONSENT,
    **lead: str,
) -> None:
    """Publishes the chatbot; a visitor, whom the website calls by this name, then introduces herself and asks in one
    conversation, scores it, rates each answer bad, and leaves an address with what else is in `lead`."""
    async with user.client() as client:
        (await client.post(f"/api/chatbots/{chatbot['id']}/publish")).raise_for_status()
        path = f"/api/widget/{chatbot['public_id']}"
        made = await client.post(f"/api/chatbots/{chatbot['id']}/identity-secrets")
        claims: dict[str, Any] = {"sub": "customer-42", "name": name, "email": "asha@example.com"}
        claims |= {"aud": chatbot["public_id"], "exp": int(time.time()) + 3600}
        identity = jwt.encode(claims, made.raise_for_status().json()["secret"], algorithm="HS256")
        session = (await client.post(f"{path}/sessions", json={"identity": identity})).raise_for_status().json()
        visitor = {"authorization": f"Bearer {session['token']}"}
        talk: dict[str, Any] = {"introduction": {"name": introduced, "consent": consent}}
        for question in questions:
            body = {"message": question, **talk}
            (await client.post(f"{path}/chat", json=body, headers=visitor)).raise_for_status()
            listed = (await client.get(f"{path}/conversations", headers=visitor)).raise_for_status().json()
            talk = {"conversation_id": listed["items"][0]["id"]}
        spoken = f"{path}/conversations/{talk['conversation_id']}"
        (await client.post(f"{spoken}/csat", json={"score": 2}, headers=visitor)).raise_for_status()
        lead = {"email": "ravi@example.com"} | lead
        (await client.post(f"{path}/leads", json=lead, headers=visitor)).raise_for_status()
        messages = await client.get(spoken, headers=visitor)
        for each in messages.raise_for_status().json()["items"]:
            if each["role"] == "assistant":
                rated = await client.post(
                    f"{path}/messages/{each['id']}/feedback", json={"rating": -1}, headers=visitor
                )
                rated.raise_for_status()


async def _check_figures(page: Page) -> None:
    """One conversation of today, in the chart, its table and the file, and beside other chatbots."""
    await page.get_by_role("link", name="Analytics").click()
    days = page.get_by_role("region", name="By day").first
    await expect(days.get_by_role("img", name="Chats by day from")).to_be_visible()
    await days.get_by_text("Show as table").click()
    await expect(days.get_by_role("row").nth(1)).to_contain_text("1")
    await expect(page.get_by_role("region", name="How answers turned out")).to_contain_text(
        "No answer in the documents"
    )
    missing = page.get_by_role("region", name="Questions without an answer").get_by_role("listitem")
    await expect(missing).to_contain_text("once")
    await expect(
        page.locator("div").filter(has=page.get_by_text("Answers rated bad", exact=True)).last
    ).to_contain_text("1")
    await axe.check(page)
    async with page.expect_download() as saved:
        await page.get_by_role("region", name="Documents used in answers").get_by_role("button").click()
    (_, document) = (await (await saved.value).path()).read_text().splitlines()
    assert "opening-hours.pdf" in document
    async with page.expect_download() as saved:
        await days.get_by_role("button", name="Save as CSV").click()
    lines = (await (await saved.value).path()).read_text().splitlines()
    header = "day,conversations,messages,visitors,handed_off,satisfaction,charged_micro_usd"
    assert (len(lines), lines[0]) == (31, header)
    assert lines[-1].split(",")[1] == "1"
    await page.get_by_label("Measure").select_option("What you pay")
    await expect(days.get_by_role("img", name="What you pay by day from")).to_be_visible()
    await page.goto("/chatbots")
    await page.get_by_role("link", name="Analytics").click()
    await expect(page.get_by_role("region", name="By chatbot").get_by_role("row").nth(1)).to_contain_text("Help")
    await axe.check(page)


async def _publish_what_is_worse(page: Page, user: User, chatbot: str, document: str) -> None:
    """An evaluation is changed, and both are run on version 1 and on a draft that does not keep to its documents, which
    is published."""
    path = f"/api/chatbots/{chatbot}"
    question = "Where can bicycles park?"
    async with user.client() as client:
        asked = {"question": question, "must_contain": ["shed"], "sources": [document]}
        (await client.post(f"{path}/evaluations", json=asked)).raise_for_status()
        (await client.patch(path, json={"knowledge": {"mode": "general"}})).raise_for_status()
    await page.goto(f"/chatbots/{chatbot}/evaluations")
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name=f"Change: {question}").click()
    await expect(dialog.get_by_label("The answer contains")).to_have_value("shed")
    await expect(dialog.get_by_role("checkbox", name="opening-hours.pdf")).to_be_checked()
    await axe.check(page)
    await dialog.get_by_label("The chatbot must say that it does not know").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("listitem").filter(has_text=question)).to_contain_text("does not know")
    await page.get_by_role("button", name="Run: Version 1").click()
    await expect(dialog).to_contain_text("What is not used is given back.")
    await dialog.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_role("button", name="Run: Draft").click()
    await dialog.get_by_role("button", name="Run", exact=True).click()
    async with processed(user):
        # One of the questions has an answer of its own by now.
        await expect(page.get_by_text("1 of 2 passed")).to_be_visible()
        await expect(page.get_by_text("0 of 2 passed")).to_be_visible()
    await expect(page.get_by_text("Worse", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("alert")).to_contain_text(question)
    await axe.check(page)


async def _delete_used(page: Page, document: str) -> None:
    """Deletes a document of the chatbot Help on its page."""
    await page.goto(f"/knowledge/{document}")
    await page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("A chatbot answers from what you delete, and loses it:")
    await expect(dialog.get_by_role("listitem")).to_have_text("Help")
    await dialog.get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/knowledge")


async def test_what_visitors_ask_is_read_counted_and_answered(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user, name="opening-hours.pdf")
    knowledge = {"mode": "documents_only", "documents": [document]}
    made = await make_chatbot(user, knowledge=knowledge, widget={"form": {"consent": CONSENT}})
    await page.goto(f"/chatbots/{made['id']}/conversations")
    await expect(page.get_by_role("link", name="Finish the chatbot")).to_be_visible()
    await ask_as_visitor(user, made, "Do you sell zithers?")

    await page.reload()
    leads = page.get_by_role("region", name="Visitors who want an answer from you")
    await expect(leads).to_contain_text("ravi@example.com")
    await axe.check(page)
    async with page.expect_download() as saved:
        await leads.get_by_role("button", name="Save as CSV").click()
    assert "ravi@example.com" in (await (await saved.value).path()).read_text()
    await leads.get_by_role("button", name="Delete: ravi@example.com").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(leads).to_have_count(0)
    asked = page.get_by_role("link", name="Do you sell zithers?")
    listed = page.get_by_role("listitem").filter(has=asked)
    await expect(listed).to_contain_text("Asha Rao")
    await expect(listed).to_contain_text("you pay")
    await asked.focus()
    await page.keyboard.press("Enter")
    opened = page.get_by_role("region", name="Chat", exact=True)
    await expect(opened.get_by_role("heading", name="Do you sell zithers?")).to_be_focused()
    for said in ("Asha Rao", "asha@example.com", "customer-42", "Given by the visitor: Ravi", CONSENT, "Rated bad"):
        await expect(opened).to_contain_text(said)
    await expect(opened).to_contain_text("Visitor’s score: 2 of 5")
    await page.set_viewport_size({"width": 375, "height": 720})
    await expect(asked).to_be_hidden()
    await axe.check(page)
    await page.get_by_role("button", name="Write an answer").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Question")).to_have_value("Do you sell zithers?")
    await dialog.get_by_label("Answer", exact=True).fill("Only on Mondays.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Visitors who ask this get your answer from now on.")).to_be_visible()
    await page.get_by_role("button", name="Add to evaluations").click()
    await dialog.get_by_label("The chatbot must say that it does not know").check()
    await dialog.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="All chats").click()
    await expect(asked).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 800})

    await _publish_what_is_worse(page, user, made["id"], document)

    await _check_figures(page)

    await _delete_used(page, document)
    await page.goto(f"/chatbots/{made['id']}/knowledge")
    await expect(page.get_by_role("region", name="What it answers from")).to_contain_text("Choose another one.")
    await axe.check(page)


@pytest.mark.sampled(0.5)
async def test_hostile_words_of_members_and_visitors_are_text_on_a_phone(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    await noticing(page, watch)
    await page.set_viewport_size({"width": 375, "height": 740})
    document = add_document(stack, user, [LONG], name=f"{LONG[:200]}.pdf")
    texts = dict.fromkeys(("greeting", "away_message"), LONG) | {"title": HTML, "form": {"consent": LONG}}
    knowledge = {"mode": "documents_first", "documents": [document]}
    made = await make_chatbot(user, name=LONG[:80], description=LONG, widget=texts, knowledge=knowledge)
    path = f"/api/chatbots/{made['id']}"
    async with user.client() as client:
        curated = {"question": f"{LONG}?", "answer": LONG, "alternatives": [LONG]}
        (await client.post(f"{path}/answers", json=curated)).raise_for_status()
        asked = {"question": LONG, "must_contain": [HTML]}
        (await client.post(f"{path}/evaluations", json=asked)).raise_for_status()
    await ask_as_visitor(
        user, made, f"Is it {LONG} or tea?", name=LONG[:100], introduced=LONG[:100], consent=LONG, message=LONG
    )
    async with user.client() as client:
        changed = {"widget": {"greeting": f"Now {LONG}"}, "system_prompt": LONG}
        (await client.patch(path, json=changed)).raise_for_status()
        (talk,) = (await client.get(f"{path}/conversations")).raise_for_status().json()["items"]

    harm: dict[str, list[str]] = {}
    tabs = ("", "/configuration", "/knowledge", "/answers", "/evaluations", "/conversations", "/analytics", "/widget")
    below = [*tabs, "/settings", "/edit?step=limits", f"/conversations?conversation={talk['id']}"]
    for address in ("/chatbots", *(f"/chatbots/{made['id']}{tab}" for tab in below)):
        await page.goto(address)
        await expect(page.get_by_text(HTML).first).to_be_attached()
        await page.wait_for_load_state("networkidle")
        harm[address] = await page.evaluate(_FIND_HARM)
    assert {address: found for address, found in harm.items() if found} == {}
