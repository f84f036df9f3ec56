"""A chatbot from the sign-up of its owner to its first lead: built from a document, asked by a visitor, and paid by a
team."""

from typing import Any

from tests.billing.invoices.issuing import ASHA
from tests.chatbots.visitors import Website, bearer
from tests.ingest_document import made
from tests.journeys.running_stack import RunningStack
from tests.journeys.test_a_team import SEATS, Team
from tests.journeys.test_documents import all_processed, put

LEASE = "The lease runs for eleven months. It ends in May."
QUESTION = "How many months does the lease run?"


async def _team_with_a_plan(stack: RunningStack, owner: str) -> Team:
    team = Team(stack, (await stack.post("/workspaces", {"name": "Nilgiri Homes"}, owner)).json()["id"])
    await team.done(owner, "PUT", "/subscription/billing-details", ASHA)
    opened = await team.done(owner, "POST", "/subscription/create", {**SEATS, "seats": 2})
    await team.pay(owner, opened["short_url"])
    return team


async def test_a_visitor_of_a_new_chatbot_is_answered_until_its_budget_is_spent(stack: RunningStack) -> None:
    asha = stack.newcomer()
    team = await _team_with_a_plan(stack, asha)
    file = {"name": "lease.pdf", "type": "application/pdf", "size": len(content := made.pdf([LEASE]))}
    document = await team.done(asha, "POST", "/documents", file)
    await put(document, content)
    await all_processed(stack, team.id)

    # The steps of the wizard, the publication and the line for the website.
    wanted: dict[str, Any] = {
        "name": "Lease guide",
        "use_case": "faq",
        "model": "openai/gpt-4.1-mini",
        "knowledge": {"mode": "documents_only", "documents": [document["id"]]},
        "widget": {"domains": ["nilgiri.example"], "away_message": "We are back tomorrow."},
    }
    chatbot = await team.done(asha, "POST", "/chatbots", wanted)
    assert (chatbot["status"], chatbot["documents"]) == ("draft", 1)
    path = f"/chatbots/{chatbot['id']}"
    assert (await team.done(asha, "POST", f"{path}/publish"))["version"] == 1
    assert chatbot["public_id"] in (await team.done(asha, "GET", f"{path}/embed-code"))["html"]

    # The page is loaded again while the first answer is on its way, and goes on where it was.
    website = Website(stack, chatbot["id"], chatbot["public_id"])
    session = await website.session()
    async with website.asking(bearer(session["token"]), QUESTION) as stream:
        await stream.next()
        answer = stream.result.start
    visitor = bearer((await website.session(session["handle"]))["token"])
    resumed = await website.get(visitor, f"chat/{answer['message_id']}")
    assert '"outcome": "answered"' in resumed.text
    (talk,) = (await website.get(visitor, "conversations")).json()["items"]
    read: dict[str, Any] = (await website.get(visitor, f"conversations/{talk['id']}")).json()
    assert [each["content"] for each in read["items"]] == [QUESTION, "The lease runs for eleven months. [1]"]
    assert (await website.post(visitor, f"messages/{answer['message_id']}/feedback", {"rating": 1})).is_success

    # One answer a day was enough for the owner.
    await team.done(asha, "PATCH", path, {"limits": {"answers_per_day": 1}})
    offline = await website.ask(visitor, "And when does it end?", conversation_id=talk["id"])
    assert offline.status == 200
    assert (offline.body["mode"], offline.body["message"], offline.body["form"]) == (
        *("offline", wanted["widget"]["away_message"]),
        True,
    )
    assert (await website.post(visitor, "leads", {"email": "meera@example.com", "message": "Call me"})).is_success

    figures = await team.done(asha, "GET", f"{path}/stats")
    assert (figures["answers"], figures["outcomes"], figures["ratings"]) == (1, {"answered": 1}, {"good": 1, "bad": 0})
    assert figures["leads"] == 1
    assert figures["cost_micro_usd"] >= figures["charged_micro_usd"] > 0
    (conversation,) = (await team.done(asha, "GET", f"{path}/conversations"))["items"]
    assert (conversation["id"], conversation["charged_micro_usd"]) == (talk["id"], figures["charged_micro_usd"])
    assert (await team.small_messages(asha))["used"] == 1
