"""Own keys pay on the pages: the wizard's choice, the order of what pays, and a key from its first test to its end."""

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from oneai import errors
from stand_ins.direct.keys import BUSY, REFUSED
from stand_ins.openrouter.keys import BUSY_KEY, MANAGEMENT_KEY
from tests.canaries import CANARY
from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.people import User
from tests.web.test_settings_provider_keys import add, card

pytestmark = pytest.mark.exhaustive

KEY = f"sk-or-v1-{CANARY}-m3N4"
PAID = "Paid by your OpenRouter key"
# How a key begins, a model, and the provider's name on the pages.
DIRECT = {
    "openai": ("sk-proj", "openai/gpt-4.1-mini", "OpenAI"),
    "gemini": ("AIza", "google/gemini-2.5-flash-lite", "Google Gemini"),
}


async def add_key(user: User, **fields: object) -> str:
    """Stores a key of OpenRouter; its id."""
    body = {"provider": "openrouter", "name": "Ours", "key": KEY, **fields}
    async with user.client() as client:
        made = await client.post("/api/settings/provider-keys", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def sources(user: User) -> dict[str, object]:
    """What pays, as the API says it."""
    async with user.client() as client:
        found: dict[str, object] = (await client.get("/api/credits/sources")).json()
    return found


async def test_the_wizard_pays_a_chatbot_with_a_key_of_ones_own(page: Page, user: User) -> None:
    async with user.client() as client:
        made = await client.post("/api/chatbots", json={"name": "Hours", "model": "openai/gpt-4.1-mini"})
        made.raise_for_status()
        chatbot = made.json()["id"]
    await page.goto(f"/chatbots/{chatbot}/edit?step=model")
    question = page.get_by_role("group", name="How do you want to use AI?").last
    await question.get_by_label("Your own key", exact=True).check()
    await expect(page.get_by_text("No key of yours reaches this chatbot’s model.")).to_be_visible()
    await expect(page.get_by_role("link", name="Add a key")).to_have_attribute("href", "/settings/provider-keys")
    await axe.check(page)
    assert (await sources(user))["chatbots"] == [{"chatbot_id": chatbot, "source": "own_key"}]

    await add_key(user)
    await page.reload()
    await expect(question.get_by_label("Your own key", exact=True)).to_be_checked()
    await expect(page.get_by_text("Your provider bills you for every answer.")).to_be_visible()
    await expect(page.get_by_text("No key of yours reaches this chatbot’s model.")).to_have_count(0)
    await question.get_by_label("As the workspace", exact=True).check()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await sources(user))["chatbots"] == []


async def test_own_keys_pay_before_or_after_the_rest_or_alone(page: Page, user: User) -> None:
    await add_key(user)
    await page.goto("/credits?tab=settings")
    keys = page.get_by_role("group", name="Your own keys")
    await expect(keys.get_by_label("Before these")).to_be_checked()
    await axe.check(page)
    await keys.get_by_label("After these").check()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await sources(user))["order"] == ["plan", "credits", "own_key"]

    await page.goto("/c?model=openai/gpt-4.1-mini")
    await expect(page.get_by_role("status", name="Quota")).to_be_visible()
    await expect(page.get_by_role("link", name=PAID)).to_have_count(0)
    await page.goto("/credits?tab=settings")
    await expect(keys.get_by_label("After these")).to_be_checked()
    await page.get_by_label("Only your own keys").check()
    await expect(keys).to_have_count(0)
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await sources(user))["order"] == ["own_key"]
    await page.reload()
    await expect(page.get_by_label("Only your own keys")).to_be_checked()
    await page.goto("/c?model=openai/gpt-4.1-mini")
    await expect(page.get_by_role("link", name=PAID)).to_be_visible()
    await page.get_by_role("link", name="What pays answers").click()
    await page.wait_for_url("**/credits?tab=settings")


async def test_a_key_pays_reaches_its_limit_is_revoked_and_the_plan_goes_on(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(403, 429)
    await page.goto("/settings/provider-keys")
    await add(page, "Ours", KEY)
    await expect(page.get_by_text("The key works.")).to_be_visible()
    await chat.begin(page, "Hello", "GPT-4.1 Mini")
    await expect(page.get_by_role("link", name=PAID)).to_be_visible()
    await expect(chat.answers(page)).to_have_count(1)
    await chat.answers(page).get_by_role("group", name="Actions").get_by_role("button", name="Receipt").click()
    await expect(page.get_by_role("dialog", name="Receipt")).to_contain_text("Paid by your own key")
    await page.keyboard.press("Escape")

    async with user.client() as client:
        await change(client, limits={"answers_per_day": 1})
    await chat.send(page, "One more")
    refused = page.locator("[data-code=own_key_limit_reached]")
    await expect(refused).to_contain_text("limit of your own key is reached")
    await axe.check(page)

    async with user.client() as client:
        # The provider no longer accepts it.
        await change(client, limits=None, key=MANAGEMENT_KEY)
    await page.goto("/c?model=openai/gpt-4.1-mini")
    await chat.send(page, "And now?")
    await expect(page.get_by_text("The provider does not accept your own key for this model.")).to_be_visible()
    await page.goto("/settings/provider-keys")
    await expect(card(page, "Ours")).to_contain_text("Refused")
    await card(page, "Ours").get_by_role("button", name="Delete Ours").click()
    await page.get_by_role("dialog", name="Delete the key?").get_by_role("button", name="Delete the key").click()
    await expect(page.get_by_text("There are no keys yet.")).to_be_visible()

    await chat.begin(page, "By the plan", "GPT-4.1 Mini")
    await expect(chat.answers(page)).to_have_count(1)
    await expect(page.get_by_role("status", name="Quota")).to_be_visible()


@pytest.mark.parametrize(("provider", "prefix"), [("openrouter", BUSY_KEY), ("openai", f"sk-proj{BUSY}")])
async def test_a_busy_provider_leaves_the_answer_to_what_its_owner_chose(
    page: Page, provider: str, prefix: str
) -> None:
    await page.goto("/settings/provider-keys")
    await add(page, "Ours", f"{prefix}{CANARY}-q5R6", provider)
    await expect(page.get_by_text("The key works.")).to_be_visible()
    await page.goto("/c?model=openai/gpt-4.1-mini")
    await chat.send(page, "Hello")
    await expect(page.get_by_text("We can’t reach the model’s provider.")).to_be_visible()

    await page.goto("/settings/provider-keys")
    await card(page, "Ours").get_by_role("button", name="Change Ours").click()
    dialog = page.get_by_role("dialog", name="Change the key")
    await dialog.get_by_label("If the provider is busy or fails").select_option("plan")
    await dialog.get_by_role("button", name="Save and test").click()
    await expect(card(page, "Ours")).to_contain_text("if it fails: Use your plan")
    await chat.begin(page, "Hello again", "GPT-4.1 Mini")
    await expect(chat.answers(page)).to_have_count(1)
    await chat.answers(page).get_by_role("group", name="Actions").get_by_role("button", name="Receipt").click()
    receipt = page.get_by_role("dialog", name="Receipt")
    await expect(receipt).to_contain_text("Paid by the plan")


@pytest.mark.parametrize("provider", DIRECT)
async def test_a_key_of_a_direct_provider_pays_until_it_is_refused(
    page: Page, user: User, stack: Stack, provider: str
) -> None:
    start, model, shown = DIRECT[provider]
    await page.goto("/settings/provider-keys")
    await add(page, "Ours", f"{start}-{CANARY}-s7T8", provider)
    await expect(page.get_by_text("The key works.")).to_be_visible()
    await page.goto(f"/c?model={model}")
    await expect(page.get_by_role("link", name=f"Paid by your {shown} key")).to_be_visible()
    await chat.send(page, "Hello")
    await expect(chat.answers(page)).to_contain_text("You asked")
    async with httpx.AsyncClient(base_url=stack.url) as client:
        asked = (await client.get(f"/{provider}/local/{provider}/requests")).json()
    assert any(CANARY in str(each["headers"]) and each["method"] == "POST" for each in asked)

    async with user.client() as client:
        await change(client, key=f"{start}{REFUSED}{CANARY}-u9V0")
    await page.goto(f"/c?model={model}")
    await chat.send(page, "And now?")
    await expect(page.get_by_text("The provider does not accept your own key for this model.")).to_be_visible()


async def test_a_costly_question_by_an_own_key_says_what_pays_it(page: Page) -> None:
    await page.goto("/settings/provider-keys")
    await add(page, "Ours", f"sk-ant-{CANARY}-w1X2", "anthropic")
    await expect(page.get_by_text("The key works.")).to_be_visible()
    await page.goto("/c?model=anthropic/claude-opus-4.5")
    await expect(page.get_by_role("link", name="Paid by your Anthropic key")).to_be_visible()
    await chat.send(page, "Hello")

    confirmation = page.get_by_role("dialog", name="Send this question?")
    await expect(confirmation).to_contain_text("Your own key pays for it.")
    await expect(confirmation).not_to_contain_text("from your plan")
    await confirmation.get_by_role("button", name="Send").click()
    await expect(chat.answers(page)).to_contain_text("You asked")


async def test_a_refusal_of_own_servers_names_how_many_answers_they_write(page: Page, watch: Watch) -> None:
    watch.refused(429)
    error = errors.RateLimited(retry_after=5, of="workspace", limit_name="custom_answers_at_once", limit=3)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=error.status, headers=errors.headers(error), json=errors.envelope(error, "r-1"))

    await page.goto("/c")
    await page.route("**/api/chat/stream", refuse, times=1)
    await chat.send(page, "Hello")

    refused = page.locator("[data-code=rate_limited]")
    await expect(refused).to_contain_text("Your own servers can write 3 answers at a time.")


async def change(client: httpx.AsyncClient, **fields: object) -> None:
    """Changes the only key."""
    (key,) = (await client.get("/api/settings/provider-keys")).json()["items"]
    changed = await client.put(f"/api/settings/provider-keys/{key['id']}", json=fields)
    assert changed.status_code == 200, changed.text
