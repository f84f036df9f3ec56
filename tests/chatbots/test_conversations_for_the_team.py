"""Members read what visitors asked, through the chatbot and nowhere else."""

from uuid import uuid4

from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website
from tests.workspaces.teams import add_member, insert_team, refusal
from tests.world import World


async def _two_visitors(world: World, website: Website) -> tuple[list[str], dict[str, str]]:
    """The conversations of two visitors, who rate, score and leave an address, and the headers of the second one."""
    talks: list[str] = []
    for external, questions in (
        (None, ["How many months does the lease run?", "Berapa harga teh?"]),
        ("customer-7", ["How many months does the lease run?"]),
    ):
        visitor = await website.visitor()
        talk = None
        for question in questions:
            answered = await website.ask(visitor, question, **({"conversation_id": talk} if talk else {}))
            talk = answered.start["conversation_id"]
        for said, body in (
            (f"messages/{answered.start['message_id']}/feedback", {"rating": -1}),
            (f"conversations/{answered.start['conversation_id']}/csat", {"score": 2 + 3 * bool(external)}),
            ("leads", {"email": "meera@example.com", "name": external, "message": "=call(me)"}),
        ):
            assert (await website.post(visitor, said, body)).is_success, said
        if external:
            world.database.rows(
                "update oneai.chatbot_visitors as v set external_id = %s from oneai.conversations as t "
                "where t.id = %s and v.id = t.visitor_id",
                *(external, talk),
            )
        talks.append(answered.start["conversation_id"])
    return talks, visitor


async def _first_lead(shared: World, path: str, member: str) -> str:
    """The id of the newest of two leads. The older one has no name. Both are listed in pages and as CSV."""
    leads = (await shared.get(f"{path}/leads", member, limit=1)).json()
    (lead,) = leads["items"]
    assert (lead["name"], lead["email"], lead["visitor"]["external_id"]) == (
        "customer-7",
        "meera@example.com",
        "customer-7",
    )
    earlier = (await shared.get(f"{path}/leads", member, limit=1, cursor=leads["next_cursor"])).json()
    assert ([each["name"] for each in earlier["items"]], earlier["next_cursor"]) == ([None], None)
    file = await shared.get(f"{path}/leads", member, format="csv")
    assert file.headers["content-type"].startswith("text/csv")
    header, *lines = file.text.splitlines()
    assert header == "created_at,name,email,message,external_id"
    assert [line.partition(",")[2] for line in lines] == [
        "customer-7,meera@example.com,'=call(me),customer-7",
        ",meera@example.com,'=call(me),",
    ]
    return str(lead["id"])


async def _delete_lead(shared: World, chatbots: tuple[str, str], lead: str, people: tuple[str, str, str]) -> None:
    """A member deletes a lead; a viewer, a stranger, and the member in another chatbot do not."""
    (path, other), (member, viewer, stranger) = chatbots, people
    refused = ((viewer, (403, "role_insufficient")), (stranger, (404, "chatbot_not_found")))
    for who, code in refused:
        answer = await shared.http.delete(f"{path}/leads/{lead}", headers=shared.headers(who))
        assert refusal(answer) == code
    headers = shared.headers(member)
    elsewhere = await shared.http.delete(f"/chatbots/{other}/leads/{lead}", headers=headers)
    assert refusal(elsewhere) == (404, "not_found")
    assert (await shared.http.delete(f"{path}/leads/{lead}", headers=headers)).status_code == 204
    assert len((await shared.get(f"{path}/leads", member)).json()["items"]) == 1


async def test_members_read_visitors_conversations_and_others_find_none(shared: World) -> None:
    (owner, member, viewer), people = [shared.newcomer() for _ in range(3)], shared.people
    team = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    website = Website.of_workspace(shared, team)
    lease = insert_document(shared.database, team, people[owner], "The lease runs for eleven months. It ends in May.")
    name_documents(shared.database, website.chatbot, lease)
    path = f"/chatbots/{website.chatbot}"
    changes = {"knowledge": {"mode": "documents_first"}, "widget": {"languages": ["en", "id"]}}
    assert (await shared.http.patch(path, json=changes, headers=shared.headers(owner))).status_code == 200
    assert (await shared.post(f"{path}/publish", None, owner)).status_code == 200
    talks, visitor = await _two_visitors(shared, website)

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
        assert (talk["charged_micro_usd"], talk["ratings"]) == (talk["cost_micro_usd"], {"good": 0, "bad": 1})
    assert (await shared.get(path, member)).json()["recent_conversations"] == [newest, older]

    assert (newest["csat"], older["csat"]) == tuple({"score": score, "note": None, "of": "bot"} for score in (5, 2))
    searched = (await shared.get(f"{path}/conversations", member, q="HARGA teh")).json()
    assert [each["found"]["snippet"] for each in searched["items"]] == ["Berapa harga teh?"]
    stats = (await shared.get(f"{path}/stats", viewer)).json()
    assert (stats["csat"], stats["leads"], stats["ratings"]) == ({"score": 3.5, "votes": 2}, 2, {"good": 0, "bad": 2})
    # Viewers get the count of what was not found, and none of the words.
    (missing,) = (await shared.get(f"{path}/stats", member)).json()["not_found"]
    assert (stats["outcomes"]["not_found"], stats["not_found"], missing["question"]) == (1, [], "Berapa harga teh?")

    lead = await _first_lead(shared, path, member)
    read = (await shared.get(f"{path}/conversations/{talks[0]}", member)).json()
    assert [message["outcome"] for message in read["items"]] == [None, "answered", None, "not_found"]
    assert [message["rating"] for message in read["items"]] == [None, None, None, -1]
    assert read["items"][0]["content"] == "How many months does the lease run?"
    assert [source["document_id"] for source in read["items"][1]["sources"]] == [str(lease)]
    assert (read["cost_micro_usd"], read["ratings"]) == (older["cost_micro_usd"], older["ratings"])

    # No other chatbot of the team has it, a member's preview is no visitor's, and a viewer reads none.
    other, stranger = Website.of_workspace(shared, team), shared.newcomer()
    own = shared.database.one(
        "insert into oneai.conversations (user_id, chatbot_id, workspace_id, temporary) values (%s, %s, %s, true) "
        "returning id",
        *(people[owner], website.chatbot, team),
    )
    for wrong in (f"/chatbots/{other.chatbot}/conversations/{talks[0]}", f"{path}/conversations/{own}"):
        assert refusal(await shared.get(wrong, member)) == (404, "not_found")
    assert len((await shared.get(f"{path}/conversations", member)).json()["items"]) == 2
    add_member(shared.database, insert_team(shared.database, people[stranger]), people[member], "admin")
    for below in ("conversations", f"conversations/{talks[0]}", f"conversations/{uuid4()}", "leads"):
        assert refusal(await shared.get(f"{path}/{below}", viewer)) == (403, "role_insufficient")
        assert refusal(await shared.get(f"{path}/{below}", stranger)) == (404, "chatbot_not_found")
    assert (await shared.get(path, viewer)).json()["recent_conversations"] == []
    assert (await shared.get("/conversations", owner)).json()["items"] == []

    await _delete_lead(shared, (path, other.chatbot), lead, (member, viewer, stranger))

    forgotten = await shared.http.delete(f"{website.path}/visitor", headers=visitor)
    assert forgotten.status_code == 204
    assert refusal(await shared.get(f"{path}/conversations/{talks[1]}", member)) == (404, "not_found")
