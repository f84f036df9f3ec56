"""The versions of questions and answers: looking through them, going back to one, putting an answer right by hand."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from local.limits import INVOCATION_BYTES
from tests.database.turns import USAGE, Turn, TurnClient
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
async def client(shared: World) -> AsyncIterator[TurnClient]:
    """A connection like those of the streaming function."""
    connection = await psycopg.AsyncConnection.connect(shared.database.url("oneai_app"), autocommit=True)
    async with connection:
        yield TurnClient(connection)


@dataclass
class VersionedConversation:
    """A user's conversation and what they do in it over HTTP."""

    world: World
    client: TurnClient
    who: str
    id: UUID | None = None

    async def turn(self, message: str, answer: str, cost: int = 10, **where: Any) -> Turn:
        """A question, in a branch or at the end, and its answer."""
        if not where and self.id is not None:
            where = {"conversation": self.id}
        turn = await self.client.admit(self.world.people[self.who], message, **where)
        await self.client.settle(turn.message_id, answer, usage=USAGE | {"cost_micro_usd": cost})
        self.id = turn.conversation_id
        return turn

    async def revisions(self, message: UUID, **params: Any) -> list[dict[str, Any]]:
        """All versions of a message."""
        found = await self.world.get(f"/conversations/{self.id}/messages/{message}/revisions", self.who, **params)
        assert found.status_code == 200, found.text
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def activate(self, message: UUID) -> httpx.Response:
        """Makes it the visible one."""
        return await self.world.post(f"/conversations/{self.id}/messages/{message}/activation", None, self.who)

    async def correct(self, message: UUID, body: Any) -> httpx.Response:
        """Puts it right by hand."""
        path = f"/conversations/{self.id}/messages/{message}"
        return await self.world.http.patch(path, json=body, headers=self.world.headers(self.who))

    async def seen(self) -> list[str]:
        """The texts of the visible branch."""
        page = await self.world.get(f"/conversations/{self.id}/messages", self.who)
        return [item["content"] for item in page.json()["items"]]

    async def item(self) -> dict[str, Any]:
        """The conversation."""
        found: dict[str, Any] = (await self.world.get(f"/conversations/{self.id}", self.who)).json()
        return found


@pytest.fixture
def talk(shared: World, client: TurnClient) -> VersionedConversation:
    """A conversation of a new user."""
    return VersionedConversation(shared, client, shared.newcomer())


async def test_the_versions_of_an_answer_are_listed_with_their_costs(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because", cost=11)
    second = await talk.turn("", "Therefore", cost=22, regenerate_of=first.message_id)

    for asked in (first.message_id, second.message_id):
        items = await talk.revisions(asked)

        assert [item["id"] for item in items] == [str(first.message_id), str(second.message_id)]
        assert [item["content"] for item in items] == ["Because", "Therefore"]
        assert [item["usage"]["cost_micro_usd"] for item in items] == [11, 22]
        assert [item["usage"]["completion_tokens"] for item in items] == [5, 5]
        assert [(item["revision_position"], item["revision_count"]) for item in items] == [(1, 2), (2, 2)]
        assert [(item["is_chosen"], item["is_latest"]) for item in items] == [(False, False), (True, True)]
        assert [(item["revision_type"], item["original_message_id"]) for item in items] == [
            (None, None),
            ("regeneration", str(first.message_id)),
        ]


async def test_each_version_of_a_question_is_listed_with_the_cost_of_its_branch(talk: VersionedConversation) -> None:
    await talk.turn("Hello", "Hi", cost=1)
    question = await talk.turn("Why?", "Because", cost=10)
    await talk.turn("And then?", "Nothing", cost=100)
    edited = await talk.turn("Why not?", "Well", cost=1000, edit_of=question.question_id)
    await talk.turn("", "Well, well", cost=10_000, regenerate_of=edited.message_id)

    items = await talk.revisions(question.question_id)

    assert [item["content"] for item in items] == ["Why?", "Why not?"]
    assert [item["usage"] for item in items] == [None, None]
    assert [item["branch_cost_micro_usd"] for item in items] == [111, 10_001]
    answers = await talk.revisions(edited.message_id)
    assert [item["branch_cost_micro_usd"] for item in answers] == [1001, 10_001]
    whole = await talk.item()
    assert (whole["branch_cost_micro_usd"], whole["total_cost_micro_usd"]) == (10_001, 11_111)


async def test_the_answer_to_an_edited_question_is_no_version_of_the_old_one(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    edited = await talk.turn("Why not?", "Well", edit_of=first.question_id)

    (only,) = await talk.revisions(edited.message_id)

    assert (only["content"], only["revision_number"], only["revision_count"]) == ("Well", 1, 1)
    assert (only["revision_type"], only["original_message_id"]) == ("regeneration", str(first.message_id))
    assert [item["content"] for item in await talk.revisions(first.message_id)] == ["Because"]


async def test_switching_back_to_a_version_restores_its_branch(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    later = await talk.turn("And then?", "Nothing")
    await talk.turn("", "Everything", regenerate_of=later.message_id)
    await talk.activate(later.message_id)
    edited = await talk.turn("Why not?", "Well", edit_of=first.question_id)
    await talk.turn("Is that so?", "It is")
    assert await talk.seen() == ["Why not?", "Well", "Is that so?", "It is"]

    back = await talk.activate(first.question_id)

    assert (back.status_code, back.json()["id"], back.json()["is_latest"]) == (200, str(first.question_id), True)
    assert await talk.seen() == ["Why?", "Because", "And then?", "Nothing"]
    assert (await talk.activate(edited.message_id)).json()["is_latest"] is True
    assert await talk.seen() == ["Why not?", "Well", "Is that so?", "It is"]


async def test_choosing_a_message_deep_in_another_branch_shows_its_path(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    deep = await talk.turn("And then?", "Nothing")
    other = await talk.turn("", "Everything", regenerate_of=deep.message_id)
    await talk.turn("Why not?", "Well", edit_of=first.question_id)

    assert (await talk.activate(deep.message_id)).status_code == 200
    assert (await talk.activate(deep.message_id)).status_code == 200

    assert await talk.seen() == ["Why?", "Because", "And then?", "Nothing"]
    assert [item["is_chosen"] for item in await talk.revisions(other.message_id)] == [True, False]


async def test_a_correction_is_a_version_of_the_answer_and_free(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because", cost=11)
    regenerated = await talk.turn("", "Therefore", cost=22, regenerate_of=first.message_id)
    before = await talk.item()

    corrected = await talk.correct(regenerated.message_id, {"content": "Because of  the rain\n"})

    result = corrected.json()
    assert corrected.status_code == 200
    assert (result["content"], result["state"], result["role"]) == ("Because of  the rain\n", "complete", "assistant")
    assert (result["revision_type"], result["original_message_id"]) == ("user_edit", str(first.message_id))
    assert (result["revision_number"], result["revision_position"], result["revision_count"]) == (2, 3, 3)
    assert (result["model"], result["usage"], result["is_latest"]) == ("maker/small", None, True)
    assert await talk.seen() == ["Why?", "Because of  the rain\n"]
    assert [item["content"] for item in await talk.revisions(first.message_id)] == [
        *("Because", "Therefore", "Because of  the rain\n")
    ]
    after = await talk.item()
    assert after["total_cost_micro_usd"] == before["total_cost_micro_usd"] == 33
    assert after["updated_at"] > before["updated_at"]
    assert talk.world.quota(talk.who) == (2, 0)


async def test_the_next_model_reads_the_corrected_answer(talk: VersionedConversation) -> None:
    result = await talk.world.ask("Hello", talk.who, model="local/echo")
    talk.id = UUID(result.start["conversation_id"])
    await talk.correct(UUID(result.start["message_id"]), {"content": "I never said that"})

    await talk.world.ask("Who said it?", talk.who, model="local/echo", conversation_id=str(talk.id))

    (sent,) = [body for body in await talk.world.sent_upstream() if body["messages"][-1]["content"] == "Who said it?"]
    assert [message["content"] for message in sent["messages"]] == ["Hello", "I never said that", "Who said it?"]


async def test_a_question_cannot_be_corrected(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")

    refused = await talk.correct(first.question_id, {"content": "Why not?"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
    assert refused.json()["error"]["details"][0]["field"] == "mid"
    assert await talk.seen() == ["Why?", "Because"]


async def test_another_version_can_be_chosen_but_not_corrected_while_an_answer_is_written(
    talk: VersionedConversation,
) -> None:
    first = await talk.turn("Why?", "Because")
    running = await talk.client.admit(talk.world.people[talk.who], regenerate_of=first.message_id)

    refused = await talk.correct(first.message_id, {"content": "No"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conversation_busy")
    assert refused.json()["error"]["message_id"] == str(running.message_id)
    assert 0 < int(refused.headers["retry-after"]) <= 30
    assert (await talk.activate(first.message_id)).status_code == 200
    await talk.client.settle(running.message_id, "At last")
    assert await talk.seen() == ["Why?", "Because"]
    assert [item["content"] for item in await talk.revisions(first.message_id)] == ["Because", "At last"]


async def test_choosing_one_of_several_running_answers_stops_the_others(talk: VersionedConversation) -> None:
    models = ["local/slow", "local/reasoning-slowly", "local/thinks-long"]
    async with talk.world.asking("Hello", talk.who, compare=models) as stream:
        for _ in range(3):
            await stream.next()
        start = stream.result.start
        talk.id = UUID(start["conversation_id"])
        chosen = start["message_ids"][1]

        answer = await talk.activate(UUID(chosen))

        assert (answer.status_code, answer.json()["is_latest"]) == (200, True)
        await stream.to_the_end()
    items = await talk.revisions(UUID(chosen))
    assert [(item["id"], item["state"], item["is_chosen"]) for item in items] == [
        (start["message_ids"][0], "stopped", False),
        (chosen, "complete", True),
        (start["message_ids"][2], "stopped", False),
    ]
    assert (await talk.seen())[1] == items[1]["content"]


async def test_a_version_of_a_killed_writer_is_listed_with_its_outcome(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    dead = await talk.client.admit(talk.world.people[talk.who], regenerate_of=first.message_id)
    await talk.client.checkpoint(dead.message_id, ("text", 0, "Half a"))
    assert [item["state"] for item in await talk.revisions(first.message_id)] == ["complete", "streaming"]

    talk.world.database.advance(31)

    items = await talk.revisions(first.message_id)
    assert [(item["state"], item["content"]) for item in items] == [("complete", "Because"), ("truncated", "Half a")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        [],
        {"content": ""},
        {"content": " \n\t"},
        {"content": None},
        {"content": 7},
        {"content": ["Right"]},
        {"content": "Right", "role": "user"},
        {"content": "Right", "metadata": {}},
    ],
    ids=json.dumps,
)
async def test_an_empty_correction_is_refused(body: Any, talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")

    refused = await talk.correct(first.message_id, body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
    assert refused.json()["error"]["details"]
    assert await talk.seen() == ["Why?", "Because"]


async def test_lone_surrogates_are_refused_and_nul_is_replaced(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    path = f"/conversations/{talk.id}/messages/{first.message_id}"
    headers = talk.world.headers(talk.who, **{"content-type": "application/json"})

    half = await talk.world.http.patch(path, content=rb'{"content": "lonely \ud83d"}', headers=headers)
    nul = await talk.world.http.patch(path, content=rb'{"content": "a\u0000b"}', headers=headers)

    assert (half.status_code, half.json()["error"]["code"]) == (422, "invalid_request")
    assert (nul.status_code, nul.json()["content"]) == (200, "a\ufffdb")


async def test_a_correction_that_is_too_long_is_refused(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")

    long = await talk.correct(first.message_id, {"content": "a" * 900_000})
    too_long = await talk.correct(first.message_id, {"content": "a" * 1_000_000})

    assert (long.status_code, len(long.json()["content"])) == (200, 900_000)
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (413, "body_too_large")


async def test_versions_too_large_for_one_response_have_pages(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "0" * 300_000)
    for number in range(1, 6):
        await talk.turn("", str(number) * 300_000, regenerate_of=first.message_id)

    found, cursor = [], None
    while True:
        path = f"/conversations/{talk.id}/messages/{first.message_id}/revisions"
        answer = await talk.world.get(path, talk.who, **({"cursor": cursor} if cursor else {}))
        assert len(json.dumps(answer.text, ensure_ascii=False).encode()) < INVOCATION_BYTES
        found += [item["content"][0] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break

    assert found == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("cursor", ["", "x", "WyJhIl0", "WzFd" * 200], ids=repr)
async def test_an_invalid_cursor_is_refused(cursor: str, talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")

    path = f"/conversations/{talk.id}/messages/{first.message_id}/revisions"
    refused = await talk.world.get(path, talk.who, cursor=cursor)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


async def everything_refused(talk: VersionedConversation, conversation: Any, message: Any, who: str) -> None:
    """Every request of `who` finds nothing."""
    where = f"/conversations/{conversation}/messages/{message}"
    headers = talk.world.headers(who)
    for answer in (
        await talk.world.get(f"{where}/revisions", who),
        await talk.world.get(f"{where}/revisions", who, cursor="WzBd"),
        await talk.world.post(f"{where}/activation", None, who),
        await talk.world.http.patch(where, json={"content": "Mine"}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.request.url


async def test_a_message_of_another_conversation_is_not_found(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    elsewhere = await talk.client.admit(talk.world.people[talk.who], "Elsewhere")
    await talk.client.settle(elsewhere.message_id)

    await everything_refused(talk, talk.id, elsewhere.message_id, talk.who)
    await everything_refused(talk, elsewhere.conversation_id, first.message_id, talk.who)
    await everything_refused(talk, talk.id, uuid4(), talk.who)
    await everything_refused(talk, talk.id, first.message_id, "ravi")


async def test_deleted_and_expired_messages_have_no_versions(talk: VersionedConversation) -> None:
    first = await talk.turn("Why?", "Because")
    whispered = await talk.client.admit(talk.world.people[talk.who], "Between us", temporary=True)
    await talk.client.settle(whispered.message_id)

    await talk.world.http.delete(f"/conversations/{talk.id}", headers=talk.world.headers(talk.who))

    await everything_refused(talk, talk.id, first.message_id, talk.who)
    path = f"/conversations/{whispered.conversation_id}/messages/{whispered.message_id}/revisions"
    assert (await talk.world.get(path, talk.who)).status_code == 200
    talk.world.database.advance(601)
    await everything_refused(talk, whispered.conversation_id, whispered.message_id, talk.who)


@pytest.mark.parametrize("name", ["not-a-uuid", "%00", "1"])
async def test_an_invalid_id_is_refused(name: str, talk: VersionedConversation) -> None:
    await talk.turn("Why?", "Because")

    for path in (f"/conversations/{talk.id}/messages/{name}", f"/conversations/{name}/messages/{uuid4()}"):
        answer = await talk.world.get(f"{path}/revisions", talk.who)
        assert answer.status_code in (404, 422)
