"""The form before the first message: what a visitor says there is stored with them, and stops no question."""

from typing import Any

from oneai.chatbots import visitor as visitors
from oneai.chatbots.identity import Identity
from tests.chatbots.visitors import Website, bearer
from tests.world import World

_CONSENT = "You may store my name.\nYou may write to me."


def _ask_for_consent(world: World, website: Website, text: str) -> None:
    """Publishes another version, whose form asks the visitor to agree to this text."""
    world.database.rows(
        "with made as (insert into oneai.chatbot_versions (chatbot_id, version, workspace_id, configuration) "
        "select chatbot_id, version + 1, workspace_id, jsonb_set(configuration, '{widget,form}', jsonb_build_object("
        "'name', 'optional', 'email', 'optional', 'consent', %s::text)) from oneai.chatbot_versions "
        "where chatbot_id = %s order by version desc limit 1 returning *) "
        "update oneai.chatbots set published_version = made.version from made where id = chatbot_id",
        *(text, website.chatbot),
    )


async def test_the_team_reads_who_a_visitor_says_they_are_and_what_they_agreed_to(shared: World) -> None:
    owner = shared.newcomer()
    website = Website.of(shared, owner)
    path = f"/chatbots/{website.chatbot}"

    async def shown() -> dict[str, Any]:
        page = (await shared.get(f"{path}/conversations", owner)).json()
        visitor: dict[str, Any] = page["items"][0]["visitor"]
        return visitor

    _ask_for_consent(shared, website, _CONSENT)
    _ask_for_consent(shared, website, "Something newer.")
    visitor = await website.visitor()
    given = {"name": " Asha  Rao ", "email": "ASHA@example.com", "consent": _CONSENT}
    asked = await website.ask(visitor, "One?", introduction=given)
    first = await shown()
    introduction = first["introduction"]
    agreed_at = introduction.pop("consented_at")
    assert introduction == {"name": "Asha Rao", "email": "asha@example.com", "consent": _CONSENT}
    assert (first["name"], first["email"], bool(agreed_at)) == (None, None, True)

    # What is said again changes only what it names, and who agrees again has agreed before.
    talk = asked.start["conversation_id"]
    for said in (None, {"name": "Asha"}, {"consent": _CONSENT}, {"consent": "I own this shop."}):
        await website.ask(visitor, "More?", conversation_id=talk, introduction=said)
    kept = introduction | {"name": "Asha", "consented_at": agreed_at}
    read = (await shared.get(f"{path}/conversations/{talk}", owner)).json()
    assert (read["visitor"]["introduction"], (await shown())["introduction"]) == (kept, kept)
    await website.ask(visitor, "More?", conversation_id=talk, introduction={"consent": "Something newer."})
    assert (await shown())["introduction"]["consented_at"] > agreed_at

    # No one agrees to what was never asked, and a refused introduction stores nothing.
    other = await website.visitor()
    refused = await website.ask(other, "Who?", introduction={"email": "asha@localhost", "name": "\u200b"})
    assert refused.status == 422
    assert {each["field"] for each in refused.body["error"]["details"]} == {"introduction.email", "introduction.name"}
    await website.ask(other, "Who?", introduction={"consent": "I own this shop."})
    assert (await shown())["introduction"] is None
    assert (
        shared.database.one(
            "select count(*) from oneai.visitor_requests where chatbot_id = %s and kind = 'lead'", website.chatbot
        )
        == 0
    )

    # The website's word stays apart.
    customer = visitors.by_identity(website.public_id, Identity("customer-7", "Meera"))
    await website.ask(bearer(visitors.token(customer)[0]), "Hello", introduction={"name": "The bank"})
    identified = await shown()
    assert (identified["name"], identified["introduction"]["name"]) == ("Meera", "The bank")

    assert (await shared.http.delete(f"{website.path}/visitor", headers=visitor)).status_code == 204
    assert (
        shared.database.one(
            "select count(*) from oneai.chatbot_visitors where chatbot_id = %s and consent is not null", website.chatbot
        )
        == 0
    )


async def test_what_a_visitor_says_while_a_chatbot_is_away_comes_with_their_lead(shared: World) -> None:
    owner = shared.newcomer()
    website = Website.of(shared, owner)
    _ask_for_consent(shared, website, _CONSENT)
    shared.database.rows("update oneai.chatbots set status = 'paused' where id = %s", website.chatbot)
    said = {"name": "Asha Rao", "email": "asha@example.com", "consent": _CONSENT}

    async def leads() -> list[dict[str, Any]]:
        page = (await shared.get(f"/chatbots/{website.chatbot}/leads", owner)).json()
        return [each["visitor"]["introduction"] for each in page["items"]]

    # A question without an answer stores nothing of a visitor, so the lead brings what they said.
    visitor = await website.visitor()
    away = await website.ask(visitor, "Are you open?", introduction=said)
    assert (away.body["mode"], await leads()) == ("offline", [])
    count = "select count(*) from oneai.chatbot_visitors where chatbot_id = %s"
    assert shared.database.one(count, website.chatbot) == 0
    lead = {"email": "asha.rao@example.com", "introduction": said}
    assert (await website.post(visitor, "leads", lead)).status_code == 201
    (stored,) = await leads()
    assert stored["consented_at"] is not None
    assert stored == said | {"consented_at": stored["consented_at"]}

    # As with a question, no one agrees to what was never asked.
    other = await website.visitor()
    made_up = {"email": "ravi@example.com", "introduction": {"consent": "I own this shop."}}
    assert (await website.post(other, "leads", made_up)).status_code == 201
    assert await leads() == [None, stored]
