"""What a chatbot is asked from: documents by its own grant, and curated answers before them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from oneai.chatbots.answering import curated, offline, retrieval
from oneai.chatbots.answering.prepare import PREPARED_BYTES, Asked, prepare
from oneai.chatbots.answering.rewriting import needs_rewriting, whole_question
from oneai.chatbots.answering.sentences import NOT_FOUND
from oneai.chatbots.answers import MAX_ROWS
from oneai.chatbots.fields import Configuration
from oneai.prompt_size import serialised_bytes
from tests.chatbots.made import insert_document
from tests.workspaces.teams import add_member, in_workspace, insert_team, refusal, remove_member
from tests.world import World

NEW: dict[str, Any] = {"name": "Help", "model": "openai/gpt-4.1-mini"}


async def _team(world: World) -> tuple[str, str, str]:
    """A team with a plan, its owner and a member."""
    owner, member = world.newcomer(), world.newcomer()
    team = insert_team(world.database, world.people[owner], tier="team", seats=3)
    add_member(world.database, team, world.people[member], "member")
    return str(team), owner, member


async def _send(world: World, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    return await world.http.request(method, path, json=body, headers=world.headers(who))


async def _created(world: World, team: str, who: str, **fields: Any) -> str:
    answer = await in_workspace(world, team, "POST", "/chatbots", NEW | fields, who=who)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _asked_from(chatbot: str, version: int | None = None, question: str = "lease") -> set[UUID]:
    """The documents of the passages, both where all fit and where they are searched."""
    searched = {each.document_id for each in await retrieval.search(UUID(chatbot), version, question)}
    whole = {each.document_id for each in await retrieval.find_passages(UUID(chatbot), version, question, 9000)}
    assert searched == whole
    return searched


async def test_documents_are_asked_by_grant_and_left_out_when_it_ends(shared: World) -> None:
    database = shared.database
    team, owner, member = await _team(shared)
    owned = shared.people[member]
    open_one, private, others, elsewhere = (
        insert_document(database, team, owned, "Open lease of tea", name="open.txt"),
        insert_document(database, team, owned, "Private lease of tea", name="mine.txt", private=True),
        insert_document(database, team, shared.people[owner], "Lease of the owner", name="hers.txt", private=True),
        insert_document(database, shared.people[owner], shared.people[owner], "Another lease"),
    )
    collection = (await in_workspace(shared, team, "POST", "/collections", {"name": "Leases"}, who=member)).json()["id"]
    collected = insert_document(database, team, owned, "Collected lease", name="third.txt")
    hidden = insert_document(database, team, shared.people[owner], "Hidden lease", private=True)
    database.rows("update oneai.documents set collection_id = %s where id in (%s, %s)", collection, collected, hidden)

    for foreign in (others, elsewhere, uuid4()):
        tried = await in_workspace(
            shared, team, "POST", "/chatbots", NEW | {"knowledge": {"documents": [str(foreign)]}}, who=member
        )
        assert tried.status_code == 422
        assert "hers" not in tried.text
    named = {"documents": [str(open_one), str(private)], "collections": [collection]}
    chatbot = await _created(shared, team, member, knowledge=named)
    path = f"/chatbots/{chatbot}"
    assert await _asked_from(chatbot) == {open_one, private, collected}
    assert (await _send(shared, owner, "POST", f"{path}/publish")).status_code == 200
    assert await _asked_from(chatbot, 1) == {open_one, private, collected}

    # The owner edits a draft that names what they cannot read, and does not see its name.
    changed = await _send(shared, owner, "PATCH", path, {"knowledge": named | {"documents": [str(private)]}})
    assert changed.status_code == 200, changed.text
    assert await _asked_from(chatbot) == {private, collected}
    linked = {each["id"]: each for each in (await _send(shared, owner, "GET", path)).json()["knowledge"]}
    assert (linked[str(private)]["name"], linked[str(private)]["state"]) == (None, "ready")
    assert (linked[str(open_one)]["in_draft"], linked[str(open_one)]["in_published"]) == (False, True)
    copy = (await _send(shared, owner, "POST", f"{path}/duplicate", {"with_knowledge": True})).json()
    assert copy["draft"]["knowledge"]["documents"] == []

    listed = await in_workspace(shared, team, "GET", "/documents", who=member, chatbot_id=chatbot)
    assert {each["id"] for each in listed.json()["items"]} == {str(each) for each in (open_one, private, collected)}
    stranger = await shared.get("/documents", shared.newcomer(), chatbot_id=chatbot)
    assert stranger.json()["items"] == []
    shown = await _send(shared, member, "GET", f"/documents/{collected}")
    assert {each["id"] for each in shown.json()["chatbots"]} == {chatbot, copy["id"]}

    database.rows("update oneai.documents set visibility = 'private' where id = %s", collected)
    assert await _asked_from(chatbot, 1) == {open_one, private, collected}, "the member who granted it owns it"
    database.rows("update oneai.documents set user_id = %s where id = %s", shared.people[owner], collected)
    assert await _asked_from(chatbot, 1) == {open_one, private}
    assert (await _send(shared, member, "DELETE", f"/documents/{open_one}")).status_code == 204
    assert await _asked_from(chatbot, 1) == {private}
    remove_member(database, team, owned)
    assert await _asked_from(chatbot, 1) == set()
    states = {each["id"]: each["state"] for each in (await _send(shared, owner, "GET", path)).json()["knowledge"]}
    assert states == {str(open_one): "gone", str(private): "private", collection: "ready"}
    assert (await _send(shared, owner, "GET", path)).json()["documents"] == 0
    assert (await _send(shared, owner, "PATCH", path, {"name": "Still edited"})).status_code == 200


async def test_curated_answers_come_first_and_are_found_while_offline(shared: World) -> None:
    team, owner, member = await _team(shared)
    document = insert_document(
        shared.database, team, shared.people[owner], "We ship tea to Nepal by post.", name="post"
    )
    chatbot = await _created(shared, team, owner, knowledge={"documents": [str(document)]})
    path, asked = f"/chatbots/{chatbot}/answers", UUID(chatbot)
    new = {"question": "What are your opening hours?", "answer": "Ten to six.", "alternatives": ["When do you open?"]}
    made = await _send(shared, member, "POST", path, new)
    assert made.status_code == 201, made.text
    hindi = {"question": "दुकान कब खुलती है?", "answer": "दस बजे।"}
    assert (await _send(shared, member, "POST", path, hindi)).status_code == 201

    fitting = ["what are the OPENING hours", "when do you open", "Opening hours?", "दुकान कब खुलती है"]
    for question in fitting:
        (found,) = await curated.find(asked, question)
        assert found.fits, question
    for question in ("What are your delivery hours?", "Is the shop far?", "कब", "?!"):
        assert not any(each.fits for each in await curated.find(asked, question)), question
    away = Configuration(model="m")
    assert await offline.offline_answers(asked, None, away, "your opening hours") == [
        {"question": new["question"], "answer": "Ten to six."}
    ]
    assert await offline.offline_answers(asked, None, away, "ship to Nepal") == [
        {"question": "post", "answer": "We ship tea to Nepal by post."}
    ]

    one = f"{path}/{made.json()['id']}"
    changed = await _send(shared, member, "PATCH", one, {"alternatives": ["Is it far?"]})
    assert changed.json()["answer"] == "Ten to six."
    assert not any(each.fits for each in await curated.find(asked, "When do you open?"))
    assert (await curated.find(asked, "is it far"))[0].fits
    listed = (await shared.get(path, member, search="दुकान")).json()
    assert [each["question"] for each in listed["items"]] == [hindi["question"]]
    other = await _created(shared, team, owner)
    for method, body in (("PATCH", {"answer": "No"}), ("DELETE", None)):
        foreign = await _send(shared, owner, method, f"/chatbots/{other}/answers/{made.json()['id']}", body)
        assert refusal(foreign) == (404, "not_found")
    assert (await _send(shared, member, "DELETE", one)).status_code == 204
    assert [each.score for each in await curated.find(asked, "is it far")] == []


async def test_a_thousand_answers_are_imported_and_broken_rows_are_named(shared: World) -> None:
    team, owner, _ = await _team(shared)
    chatbot = await _created(shared, team, owner)
    path = f"/chatbots/{chatbot}/answers"
    rows = [f'"Question, {n}";Answer {n};Other {n}|Ask {n}' for n in range(MAX_ROWS - 4)]
    rows[2:2] = ["Question without an answer;", ";Answer without a question", "", f"{'q' * 501};Too long"]
    rows.insert(6, '"Two\nlines";"Says ""yes""";' + "|".join("abcdefghijklmnopqrstuvw"))
    file = {"csv": "\ufeffQuestion;ANSWER;alternatives\n" + "\n".join(rows)}

    result = await _send(shared, owner, "POST", f"{path}/import", file)

    assert result.status_code == 200, result.text
    assert result.json() == {
        "imported": MAX_ROWS - 4,
        "refused": [
            {"line": 4, "field": "answer", "code": "required"},
            {"line": 5, "field": "question", "code": "required"},
            {"line": 7, "field": "question", "code": "too_long"},
            {"line": 9, "field": "alternatives", "code": "too_many"},
        ],
    }
    first = (await shared.get(path, owner, limit=2)).json()["items"]
    assert [each["question"] for each in first] == ["Question, 0", "Question, 1"]
    assert (await curated.find(UUID(chatbot), "ask 7"))[0].answer == "Answer 7"
    for text in ("no,columns\n1,2", "question,answer\n" + "a,b\n" * (MAX_ROWS + 1)):
        assert refusal(await _send(shared, owner, "POST", f"{path}/import", {"csv": text})) == (422, "invalid_request")
    again = await asyncio.gather(*(_send(shared, owner, "POST", f"{path}/import", file) for _ in range(2)))
    assert sorted(each.status_code for each in again) == [200, 409]


async def test_a_question_is_prepared_from_what_the_chatbot_may_say(shared: World) -> None:
    team, owner, _ = await _team(shared)
    document = insert_document(shared.database, team, shared.people[owner], "The lease runs for eleven months.")
    knowledge = {"documents": [str(document)], "mode": "documents_only"}
    widget = {"languages": ["en", "hi"]}
    chatbot = await _created(shared, team, owner, knowledge=knowledge, widget=widget, system_prompt="You are Mira.")
    draft = (await _send(shared, owner, "GET", f"/chatbots/{chatbot}")).json()["draft"]
    configuration = Configuration.model_validate(draft)

    def asked(question: str, history: list[tuple[str, str]] | None = None, **changed: Any) -> Asked:
        return Asked(UUID(chatbot), None, configuration.model_copy(update=changed), question, history or [])

    found = await prepare(asked("How long is the lease?"))
    assert "eleven months" in found.question
    assert found.question.endswith("How long is the lease?")
    assert "You are Mira." in found.system_prompt
    assert found.request["response_format"]["json_schema"]["strict"] is True
    assert [each["n"] for each in found.sources] == [1]
    assert serialised_bytes(found.system_prompt + found.question) < PREPARED_BYTES
    hidden = configuration.widget.model_copy(update={"sources_shown": False})
    assert (await prepare(asked("How long is the lease?", widget=hidden))).sources == []

    shared.database.rows("delete from oneai.documents where id = %s", document)
    nothing = await prepare(asked("पट्टा कितने समय का है?"))
    assert (nothing.ready, nothing.reader.outcome) == (NOT_FOUND["hi"], "not_found")
    general = configuration.knowledge.model_copy(update={"mode": "general"})
    plain = await prepare(asked("How long?", knowledge=general))
    assert (plain.ready, plain.request) == (None, {})
    assert plain.reader.read("Any text") + plain.reader.end() == "Any text"
    new = {"question": "What are your opening hours?", "answer": "Ten to six."}
    await _send(shared, owner, "POST", f"/chatbots/{chatbot}/answers", new)
    known = await prepare(asked("opening hours"))
    assert (known.ready, known.reader.outcome) == ("Ten to six.", "answered")
    near = await prepare(asked("opening hours on holidays and sundays"))
    assert near.ready is not None
    assert near.ready.startswith(NOT_FOUND["en"])
    assert near.ready.endswith("Ten to six.")


async def test_only_follow_ups_are_made_whole_and_their_cost_is_recorded(shared: World) -> None:
    team, owner, _ = await _team(shared)
    chatbot = await _created(shared, team, owner)
    history = [("user", "How long does the lease run?"), ("assistant", "Eleven months.")]
    for question, whole in (("And the deposit?", True), ("Can I end it before the term is over?", True)):
        assert needs_rewriting(question, history) is whole
        assert not needs_rewriting(question, [])
    assert not needs_rewriting("How much is the deposit for the apartment?", history)
    assert needs_rewriting("और कितना किराया देना होगा हर महीने", history)

    rewritten = await whole_question(UUID(chatbot), "And the deposit?", history)

    assert rewritten != "And the deposit?"
    (cost, purpose) = shared.database.rows(
        "select cost_micro_usd, purpose from oneai.usage_events where workspace_id = %s", team
    )[0]
    assert (purpose, cost > 0) == ("rewriting", True)
    assert shared.database.one("select sum(charged) from oneai.usage_events where workspace_id = %s", team) == 0
