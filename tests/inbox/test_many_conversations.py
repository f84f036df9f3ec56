"""One action changes many conversations once, and a conversation is exported as a file."""

import csv
import io
from typing import Any

import httpx
import pytest

from oneai.inbox import bulk
from tests.billing.invoices.issuing import read
from tests.chatbots.made import insert_chatbot
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def test_an_action_on_a_filter_goes_on_after_its_end_and_does_nothing_twice(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owner, member, viewer), people, database = [shared.newcomer() for _ in range(3)], shared.people, shared.database
    team = insert_team(database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    chatbot = insert_chatbot(database, team)
    talks = [insert_talk(database, chatbot, "Hello", status="open") for _ in range(5)]
    other = insert_talk(database, chatbot, "Hello")
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk, "MOST", 4)

    async def act(body: dict[str, Any], who: str = member) -> httpx.Response:
        return await in_workspace(shared, team, "POST", "/inbox/conversations/bulk", body, who=who)

    opened: dict[str, Any] = {"filter": {"status": "open"}}
    tag = opened | {"action": "tag", "tags": ["sale"]}
    assert (await act(tag)).json() == {"changed": 4, "more": True}
    assert (await act(tag)).json() == {"changed": 1, "more": False}
    assert (await act(tag)).json() == {"changed": 0, "more": False}
    assert (await act({"ids": talks[:1], "action": "untag", "tags": ["sale"]})).json()["changed"] == 1
    assign = {"filter": {"tag": ["sale"]}, "action": "assign", "assignee_id": str(people[owner])}
    assert (await act(assign)).json()["changed"] == 4
    await act({"ids": [talks[1]], "action": "status", "status": "resolved"})
    await act({"ids": [talks[2]], "action": "spam"})
    rows = database.rows(
        "select conversation_id::text, concat_ws(' ', status, spam, cardinality(tags), assignee_id is null) "
        "from oneai.inbox_conversations where chatbot_id = %s",
        chatbot,
    )
    assert dict(rows) == {
        talks[0]: "open f 0 t",
        talks[1]: "resolved f 1 t",
        talks[2]: "open t 1 f",
        **dict.fromkeys(talks[3:], "open f 1 f"),
        other: "bot f 0 t",
    }
    assert refusal(await act(tag, viewer)) == (403, "role_insufficient")
    wrong: tuple[dict[str, Any], ...] = (
        {"action": "delete"},
        {"ids": talks, "filter": {}, "action": "delete"},
        {"filter": {"stauts": "open"}, "action": "delete"},
        {"ids": talks, "action": "status"},
        {"ids": talks, "action": "assign", "assignee_id": str(people[viewer])},
    )
    for body in wrong:
        assert (await act(body)).status_code == 422, body
    assert (await act({"filter": {}, "action": "delete"})).json() == {"changed": 4, "more": True}
    assert (await act({"filter": {}, "action": "delete"})).json() == {"changed": 1, "more": False}
    left = "select conversation_id::text from oneai.inbox_conversations where chatbot_id = %s"
    assert database.rows(left, chatbot) == [talks[2]]


async def test_a_conversation_is_exported_without_notes_formulas_and_scripts(shared: World) -> None:
    owner = shared.newcomer()
    chatbot = insert_chatbot(shared.database, shared.people[owner])
    talk = insert_talk(shared.database, chatbot, "=call(me) <script>alert(1)</script>", "At **ten**.")
    path = f"/inbox/conversations/{talk}"
    await shared.http.patch(path, json={"notes": "A secret note"}, headers=shared.headers(owner))
    kinds = ("json", "csv", "markdown", "html", "pdf")
    files = {kind: await shared.get(f"{path}/export", owner, format=kind) for kind in kinds}
    for kind, file in files.items():
        assert file.status_code == 200
        assert "attachment" in file.headers["content-disposition"]
        text = read(file.content) if kind == "pdf" else file.text
        assert "At **ten**." in text, kind
        assert "secret" not in text, kind
    assert [each["author"]["kind"] for each in files["json"].json()["items"]] == ["visitor", "bot"]
    header, question, _ = csv.reader(io.StringIO(files["csv"].text))
    assert question[header.index("text")].startswith("'=call(me)")
    assert "<script>" not in files["html"].text
    assert "default-src 'none'" in files["html"].text
    assert (await shared.get(f"{path}/export", owner, format="exe")).status_code == 422
