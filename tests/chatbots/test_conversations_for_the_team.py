"""Members read what visitors asked, through the chatbot and nowhere else."""

from uuid import uuid4

from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website
from tests.workspaces.teams import add_member, insert_team, refusal
from tests.world import World


async def test_members_read_visitors_conversations_and_others_find_none(shared: World) -> None:
    owner, member, viewer = (shared.newcomer() for _ in range(3))
    people = shared.people
    team = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    website = Website.of_workspace(shared, team)
    lease = insert_document(shared.database, team, people[owner], "The lease runs for eleven months. It ends in May.")
    name_documents(shared.database, website.chatbot, lease)
    path = f"/chatbots/{website.chatbot}"
    changes = {"knowledge": {"mode": "documents_first"}, "widget": {"languages": ["en", "id"]}}
    assert (await shared.http.patch(path, json=changes, headers=shared.headers(owner))).status_code == 200
    assert (await shared.post(f"{path}/publish", None, owner)).status_code == 200
    talks = []
    for external, questions in (
        (None, ["How many months does the lease run?", "Berapa harga teh?"]),
        ("customer-7", ["How many months does the lease run?"]),
    ):
        visitor = await website.visitor()
        talk = None
        for question in questions:
            answered = await website.ask(visitor, question, **({"conversation_id": talk} if talk else {}))
            talk = answered.start["conversation_id"]
        rated = await website.post(visitor, f"messages/{answered.start['message_id']}/feedback", {"rating": -1})
        assert rated.is_success, rated.text
        if external:
            shared.database.rows(
                "update oneai.chatbot_visitors as v set external_id = %s from oneai.conversations as t "
                "where t.id = %s and v.id = t.visitor_id",
                *(external, talk),
            )
        talks.append(talk)

    first_page = (await shared.get(f"{path}/conversations", member, limit=1)).json()
    (newest,) = first_page["items"]
    assert (newest["id"], newest["visitor"]["external_id"]) == (talks[1], "customer-7")
    assert (newest["messages"], newest["last_outcome"]) == (2, "answered")
    rest = (await shared.get(f"{path}/conversations", member, limit=1, cursor=first_page["next_cursor"])).json()
    (older,) = rest["items"]
    assert (older["id"], older["visitor"]["external_id"], rest["next_cursor"]) == (talks[0], None, None)
    assert (older["messages"], older["last_outcome"]) == (4, "not_found")
    for talk in (newest, older):
        paid = "select sum(cost_micro_usd) from oneai.usage_events where conversation_id = %s and purpose = 'answer'"
        assert talk["cost_micro_usd"] == shared.database.one(paid, talk["id"]) > 0
    assert (await shared.get(path, member)).json()["recent_conversations"] == [newest, older]

    read = (await shared.get(f"{path}/conversations/{talks[0]}", member)).json()
    assert [message["outcome"] for message in read["items"]] == [None, "answered", None, "not_found"]
    assert [message["rating"] for message in read["items"]] == [None, None, None, -1]
    assert read["items"][0]["content"] == "How many months does the lease run?"
    assert [source["document_id"] for source in read["items"][1]["sources"]] == [str(lease)]
    assert read["cost_micro_usd"] == older["cost_micro_usd"]

    # No other chatbot of the team has it, a member's preview is no visitor's, and a viewer reads none.
    other = Website.of_workspace(shared, team)
    own = shared.database.one(
        "insert into oneai.conversations (user_id, chatbot_id, workspace_id, temporary) values (%s, %s, %s, true) "
        "returning id",
        *(people[owner], website.chatbot, team),
    )
    for wrong in (f"/chatbots/{other.chatbot}/conversations/{talks[0]}", f"{path}/conversations/{own}"):
        assert refusal(await shared.get(wrong, member)) == (404, "not_found")
    assert len((await shared.get(f"{path}/conversations", member)).json()["items"]) == 2
    stranger = shared.newcomer()
    add_member(shared.database, insert_team(shared.database, people[stranger]), people[member], "admin")
    for below in ("conversations", f"conversations/{talks[0]}", f"conversations/{uuid4()}"):
        assert refusal(await shared.get(f"{path}/{below}", viewer)) == (403, "role_insufficient")
        assert refusal(await shared.get(f"{path}/{below}", stranger)) == (404, "chatbot_not_found")
    assert (await shared.get(path, viewer)).json()["recent_conversations"] == []
    assert (await shared.get("/conversations", owner)).json()["items"] == []

    forgotten = await shared.http.delete(f"{website.path}/visitor", headers=visitor)
    assert forgotten.status_code == 204
    assert refusal(await shared.get(f"{path}/conversations/{talks[1]}", member)) == (404, "not_found")
