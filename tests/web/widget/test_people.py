"""A visitor asks for a person, who answers in place of the chatbot."""

from playwright.async_api import BrowserContext, expect

from tests.web.widget.conftest import Shop, ask, chat, launcher


async def test_a_visitor_asks_for_a_person_and_reads_who_answers(shop: Shop, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{shop.address}/plain.html?key=CANARY", referer="https://search.example/?q=tea")
    await launcher(page).click()
    frame = chat(page)
    await ask(frame, "What do you sell?")
    await frame.get_by_role("button", name="More").click()
    await frame.get_by_role("button", name="Ask for a person").click()
    await expect(frame.get_by_text("A person was asked to answer you.")).to_be_visible()
    field = frame.get_by_role("textbox", name="Your message")
    await field.fill("I need help")
    await field.press("Enter")
    await expect(frame.locator(".turn.visitor").last).to_contain_text("I need help")

    (talk,) = await shop.conversations()
    visitor = talk["visitor"]
    found = (visitor["pages"], visitor["referrer"], visitor["language"])
    assert found == ([f"{shop.address}/plain.html"], "https://search.example/", "en-IN")
    async with shop.user.client() as client:
        path = f"/api/inbox/conversations/{talk['id']}"
        (await client.post(f"{path}/presence", json={"typing": True})).raise_for_status()
        await expect(frame.get_by_text("Someone is writing")).to_be_visible()
        (await client.post(f"{path}/messages", json={"content": "I am here."})).raise_for_status()
        await expect(frame.locator(".answer").last).to_have_text("I am here.")
        await expect(frame.get_by_text("This is a person.")).to_be_visible()
        (await client.post(f"{path}/release")).raise_for_status()
    await expect(frame.get_by_text("The machine answers again.")).to_be_visible()
    await expect(await ask(frame, "And how much?")).to_contain_text("And how much?")
