"""The pages of chatbots: the list, the wizard, one chatbot with its tabs, and what each role is offered."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.chatbots.test_avatars import png
from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.documents import add_document
from tests.web.invitations import join
from tests.web.people import User
from tests.web.test_teams import make_team


async def make_chatbot(user: User, workspace: str | None = None, **fields: Any) -> dict[str, Any]:
    """A draft of the user, over the API."""
    headers = {"oneai-workspace": workspace} if workspace else {}
    async with user.client() as client:
        models = (await client.get("/api/chat/models")).raise_for_status().json()["items"]
        model = next(each["id"] for each in models if "structured_outputs" in each["supported_parameters"])
        answer = await client.post("/api/chatbots", json={"name": "Help", "model": model} | fields, headers=headers)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made


async def _check_published(user: User, document: str) -> None:
    """The only chatbot of the user is published as the form said."""
    async with user.client() as client:
        (made,) = (await client.get("/api/chatbots")).raise_for_status().json()["items"]
    assert made["published"]["knowledge"] == {"mode": "documents_only", "documents": [document], "collections": []}
    assert made["published"]["system_prompt"].startswith("You help customers")
    assert (made["domains"], made["limits"]["micro_usd_per_day"]) == (["https://example.com"], 1_500_000)
    assert made["proof_of_work"] == "always"
    async with user.client() as client:
        widget = (await client.get(f"/api/widget/{made['public_id']}")).raise_for_status().json()
    assert widget["placeholder"] == "Ask about tea"
    assert widget["avatar"].startswith("data:image/png;base64,")


async def _choose_picture_and_protection(page: Page) -> None:
    await page.get_by_label("Words in the empty field").fill("Ask about tea")
    await page.get_by_label("Protection from scripts").select_option("always")
    picture = page.get_by_label("Picture", exact=True)
    for name, data, seen in (("no.png", b"no picture", 0), ("tea.png", png(200, 100), 1)):
        await picture.set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
        await expect(page.get_by_text("This file can’t be read as a picture.")).to_have_count(1 - seen)
        await expect(page.get_by_role("img", name="The chosen picture")).to_have_count(seen)


async def test_a_chatbot_is_made_in_five_steps_and_published(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    watch.refused(409, 422)
    document = add_document(stack, user, name="opening-hours.pdf")
    await page.goto("/c")
    await page.get_by_role("link", name="Chatbots", exact=True).click()
    await expect(page.get_by_role("heading", name="Make your first chatbot")).to_be_visible()
    text = (await page.locator("body").inner_text()).lower()
    assert not [word for word in ("workspace", "seat", "slug") if word in text]
    await page.get_by_role("link", name="Make a chatbot").click()
    proceed = page.get_by_role("button", name="Continue")

    await proceed.click()
    await expect(page.get_by_text("Give the chatbot a name.")).to_be_visible()
    await page.get_by_label("Name", exact=True).fill("Tea guide")
    await page.get_by_role("radio", name="Customer support").check()
    await axe.check(page)
    await page.reload()
    await expect(page.get_by_text("Your unsaved changes from before are here again.")).to_be_visible()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Tea guide")
    await proceed.click()

    await expect(page.get_by_role("heading", name="Knowledge")).to_be_visible()
    await page.get_by_role("checkbox", name="opening-hours.pdf").check()
    await proceed.click()

    await expect(page.get_by_label("What 1,000 questions would cost")).to_contain_text("About $")
    await proceed.click()

    await page.get_by_label("Websites that may show it").fill("not a website")
    await page.get_by_label("Heading").fill("Ask us")
    await _choose_picture_and_protection(page)
    await expect(page.get_by_label("Preview")).to_contain_text("Ask us")
    await page.get_by_role("region", name="Preview").get_by_text("Dark").click()
    await axe.check(page)
    await proceed.click()
    await expect(page.get_by_text("Write each website as example.com").first).to_be_visible()
    await page.get_by_label("Websites that may show it").fill("example.com")
    await proceed.click()

    await expect(page.get_by_label("US dollars in a day")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_label("Heading")).to_have_value("Ask us")
    await page.go_forward()
    await page.get_by_label("Your question").fill("Do you sell zithers?")
    await page.get_by_label("Your question").press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("No answer in the documents")
    await axe.check(page)
    await page.get_by_label("US dollars in a day").fill("1.50")
    await page.get_by_role("button", name="Save and publish").click()
    await page.wait_for_url("**/chatbots/*")
    await expect(page.get_by_text("Version 1, ")).to_be_visible()

    await _check_published(user, document)

    await page.goto("/chatbots/new")
    await page.get_by_label("Name", exact=True).fill("One more")
    await proceed.click()
    await expect(page.get_by_role("alert")).to_contain_text("Your plan has no more chatbots.")


async def test_what_was_changed_is_compared_published_restored_and_deleted(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(422)
    made = await make_chatbot(user, system_prompt="Be brief.", widget={"greeting": "Hello"})
    async with user.client() as client:
        (await client.post(f"/api/chatbots/{made['id']}/publish")).raise_for_status()
    await page.goto(f"/chatbots/{made['id']}/edit?step=model")
    await page.get_by_label("Instructions").fill("Be very brief.")
    await page.get_by_role("link", name="Limits and publishing").click()
    await expect(page.get_by_role("listitem").filter(has_text="Instructions")).to_contain_text("Be very brief.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url(f"**/chatbots/{made['id']}")

    await expect(page.get_by_role("region", name="Figures")).to_contain_text("What the models cost")

    await page.get_by_role("link", name="Configuration").click()
    await expect(page.get_by_role("region", name="Before and after")).to_contain_text("Be very brief.")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("The draft and the published version are the same.")).to_be_visible()
    await page.get_by_role("link", name="Knowledge").click()
    await page.get_by_role("radio", name="General knowledge too").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Visitors get these changes when you publish them.")).to_be_visible()
    await axe.check(page)

    await _add_and_import_answers(page)
    await page.get_by_role("link", name="Widget").click()
    await expect(page.get_by_role("region", name="Embed code")).to_contain_text("<script")

    await page.get_by_role("link", name="Settings", exact=True).click()
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_label("Delete its visitors’ chats too").check()
    async with page.expect_request(lambda sent: sent.method == "DELETE") as deleted:
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await deleted.value).url.endswith("?conversations=delete&documents=keep")
    await expect(page.get_by_role("heading", name="Make your first chatbot")).to_be_visible()
    await page.get_by_text("Deleted chatbots", exact=True).click()
    await expect(page.get_by_role("list", name="Deleted chatbots")).to_contain_text("Restorable until")
    await axe.check(page)
    await page.get_by_role("button", name="Restore: Help").click()
    await expect(page.get_by_text("Deleted chatbots", exact=True)).to_have_count(0)
    await page.get_by_role("region", name="Your chatbots").get_by_role("link", name="Help").click()
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_role("button", name="Delete").click()
    async with page.expect_request(lambda sent: sent.method == "DELETE") as deleted:
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await deleted.value).url.endswith("?conversations=keep&documents=keep")
    await expect(page.get_by_role("heading", name="Make your first chatbot")).to_be_visible()
    await expect(page.get_by_text("Deleted chatbots", exact=True)).to_be_visible()


async def _add_and_import_answers(page: Page) -> None:
    await page.get_by_role("link", name="Answers").click()
    await page.get_by_role("button", name="Add an answer").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("This is required.").first).to_be_visible()
    await dialog.get_by_label("Question").fill("When are you open?")
    await dialog.get_by_label("Answer", exact=True).fill("From 9 to 6.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("listitem").filter(has_text="When are you open?")).to_contain_text("From 9 to 6.")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Import CSV").click()
    rows = b"question,answer\nWhere are you?,In Ooty.\nHow much?,\n"
    await (await chooser.value).set_files({"name": "answers.csv", "mimeType": "text/csv", "buffer": rows})
    await dialog.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("1 answer imported.")).to_be_visible()
    await expect(page.get_by_text("Line 3, answer: is missing")).to_be_visible()
    await page.get_by_role("button", name="Delete: Where are you?").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("Where are you?")).to_have_count(0)


async def test_the_widget_is_tried_on_a_page_of_ours_and_has_a_page_of_its_own(
    page: Page, user: User, watch: Watch, open_context: OpenContext
) -> None:
    watch.expect(r"foreign request: \w+ http://localhost:")
    made = await make_chatbot(user, name="Tea guide", knowledge={"mode": "general"})
    await page.goto(f"/chatbots/{made['id']}/widget")
    await expect(page.get_by_text("Publish the chatbot to try it on a test page.")).to_be_visible()
    await page.get_by_role("switch", name="A page of its own").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Publish the chatbot to open its page.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("img", name="QR code of the page")).to_be_visible()
    await page.get_by_label("Button", exact=True).select_option("left")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Publish it, then copy the code again.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Copy the code again, and replace it")).to_be_visible()
    await expect(page.get_by_role("region", name="Embed code")).to_contain_text('data-position="left"')
    await axe.check(page)
    own = await page.get_by_role("region", name="Page of its own").get_by_role("link").get_attribute("href")
    tried = await page.get_by_role("link", name="Open the test page.").get_attribute("href")
    assert own
    assert tried

    theirs = await (await open_context()).new_page()
    # Playwright finds nothing in closed shadow roots.
    await theirs.add_init_script("""{
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function () { return attach.call(this, { mode: "open" }); };
    }""")
    await theirs.goto(tried)
    await expect(theirs.locator("#code")).to_contain_text(f'data-chatbot="{made["public_id"]}" data-color="#2563eb"')
    await theirs.get_by_role("button", name="Open chat").click()
    box = theirs.frame_locator("iframe").get_by_role("textbox", name="Your message")
    await box.fill("Is it you?")
    await box.press("Enter")
    # Not what screen readers hear, which has the answer too.
    await expect(theirs.frame_locator("iframe").locator(".answer", has_text="Is it you?")).to_be_visible()
    await axe.check(theirs)
    await theirs.goto(own)
    await expect(theirs.get_by_role("textbox", name="Your message")).to_be_visible()


async def test_each_role_is_offered_what_it_may_do(
    page: Page, user: User, newcomer: Callable[[], Awaitable[User]], open_context: OpenContext
) -> None:
    team, member, viewer = await make_team(user), await newcomer(), await newcomer()
    await join(user, team["id"], member)
    await join(user, team["id"], viewer, "viewer")
    made = await make_chatbot(user, team["id"])

    theirs = await (await open_context(member.storage())).new_page()
    # The link leads to the chatbot's workspace.
    await theirs.goto(f"/chatbots/{made['id']}/settings")
    await expect(theirs.get_by_role("button", name="Duplicate")).to_be_visible()
    for name in ("Publish", "Delete", "Reset figures"):
        await expect(theirs.get_by_role("button", name=name)).to_have_count(0)
    await expect(theirs.get_by_label("US dollars in a day")).to_have_count(0)

    reading = await (await open_context(viewer.storage())).new_page()
    await reading.goto(f"/chatbots?workspace={team['id']}")
    await reading.get_by_role("link", name="Help", exact=True).click()
    await expect(reading.get_by_role("heading", name="Help")).to_be_visible()
    await expect(reading.get_by_role("link", name="Edit")).to_have_count(0)
    await reading.goto("/chatbots")
    await expect(reading.get_by_role("link", name="New chatbot")).to_have_count(0)


async def test_a_first_chatbot_is_offered_at_sign_up_and_comes_right_after_it(visitor: Page) -> None:
    await visitor.goto("/signup")
    await visitor.get_by_role("button", name="Start with that").press("Enter")
    await expect(visitor.get_by_text("After this you make your first chatbot, in five steps.")).to_be_visible()
    await axe.check(visitor)
    await visitor.get_by_role("textbox", name="Email").fill(f"new-{uuid4().hex[:12]}@example.com")
    await visitor.get_by_label("Password").fill("a long password")
    for box in await visitor.get_by_role("checkbox").all():
        await box.check()
    await visitor.get_by_role("button", name="Create account").click()

    await visitor.wait_for_url("**/chatbots/new")
    await expect(visitor.get_by_role("heading", level=1)).to_be_visible()


async def test_the_tab_that_is_shown_is_in_view_in_every_language(user: User, open_context: OpenContext) -> None:
    made = await make_chatbot(user)
    async with user.client() as client:
        (await client.patch("/api/user/preferences", json={"language": "hi"})).raise_for_status()
    page = await (await open_context(user.storage(language="hi"), viewport={"width": 768, "height": 900})).new_page()
    await page.goto(f"/chatbots/{made['id']}/settings")
    await expect(page.locator("main nav a")).to_have_count(9)
    await expect(page.locator("main nav [aria-current=page]")).to_be_in_viewport(ratio=1)


@pytest.mark.exhaustive
async def test_the_filters_of_the_list_are_readable_beside_the_side_bar(user: User, open_context: OpenContext) -> None:
    await make_chatbot(user)
    page = await (await open_context(user.storage(), viewport={"width": 768, "height": 900})).new_page()
    await page.goto("/chatbots")
    await expect(page.get_by_role("link", name="Help", exact=True)).to_be_visible()
    widths = [
        (await page.get_by_label(name, exact=True).evaluate("(field) => field.getBoundingClientRect().width"))
        for name in ("Search by name", "Use case", "Status")
    ]
    assert min(widths) > 150, widths
