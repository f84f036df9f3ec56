"""A conversation with branches is shared, copied by somebody else, taken away, deleted and brought back."""

import json
from typing import Any

import httpx

from tests.journeys.town import Town
from tests.patience import PATIENCE, eventually


def tree(document: bytes) -> list[dict[str, Any]]:
    """The messages of an export, each named by where it stands and not by its id, which is new after an import."""
    messages = json.loads(document)["messages"]
    places = {said["id"]: f"{said['sequence_number']}/{said['revision_number']}" for said in messages}
    for said in messages:
        for name in ("id", "parent_message_id", "original_message_id", "turn_id"):
            said[name] = places.get(said[name])
        said["ended_at"] = said["ended_at"] or said["created_at"]
        if said["usage"]:
            # Whoever imports has not paid for it here.
            said["usage"] = {name: said["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
    found: list[dict[str, Any]] = messages
    return found


async def export(town: Town, who: str, talk: str) -> bytes:
    """The conversation's JSON document."""
    answer = await town.get(f"/conversations/{talk}/export", who, format="json")
    assert answer.status_code == 200, answer.text
    return answer.content


async def bring(town: Town, who: str, document: bytes) -> dict[str, Any]:
    """Uploads and imports a document, and waits for the job."""
    about = {"name": "monsoon.json", "type": "application/json", "size": len(document)}
    opened = (await town.post("/uploads", about, who)).json()
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        sent = await browser.put(opened["url"], headers=opened["headers"], content=document)
    assert sent.is_success, sent.text
    begun = await town.post("/import", {"upload_id": opened["upload_id"]}, who)
    assert begun.status_code == 202, begun.text
    await town.run("export_import")

    async def look() -> dict[str, Any]:
        told: dict[str, Any] = (await town.get(f"/import/{begun.json()['import_id']}", who)).json()
        return told

    return await eventually(look, lambda told: told["state"] in ("done", "failed"))


async def titled(town: Town, who: str, talk: str) -> str:
    """The conversation's title, as soon as it has one."""

    async def look() -> str | None:
        title: str | None = (await town.get(f"/conversations/{talk}", who)).json()["title"]
        return title

    return str(await eventually(look))


async def seen(town: Town, who: str, talk: str) -> list[str]:
    """The texts of the visible branch."""
    return [each["content"] for each in await town.messages(who, talk)]


async def test_a_conversation_with_branches_is_shared_forked_exported_deleted_and_imported_again(town: Town) -> None:
    asha, ravi = town.newcomer(), town.newcomer()

    # Talk, edit the first question, have the new answer given twice more.
    first = await town.ask("What is a monsoon? वर्षा 🌧", asha)
    talk, question = first.start["conversation_id"], first.start["user_message_id"]
    second = await town.ask("And in winter?", asha, conversation_id=talk, model="local/echo")
    original = [*("What is a monsoon? वर्षा 🌧", first.text), *("And in winter?", second.text)]
    title = await titled(town, asha, talk)
    edited = await town.ask("What is a trade wind?", asha, edit_of=question, model="local/echo")
    assert edited.start["conversation_id"] == talk
    for model in ("local/reasoning", "openai/gpt-4.1-mini"):
        again = await town.ask(None, asha, regenerate_of=edited.start["message_id"], model=model)
        assert again.last["state"] == "complete"
    assert await seen(town, asha, talk) == ["What is a trade wind?", again.text]
    numbers = [(said["id"], said["original_message_id"]) for said in tree(await export(town, asha, talk))]
    assert numbers == [
        *(("1/0", None), ("1/1", "1/0")),
        *(("2/0", None), ("2/1", "2/0"), ("2/2", "2/0"), ("2/3", "2/0")),
        *(("3/0", None), ("4/0", None)),
    ]
    answers = (await town.get(f"/conversations/{talk}/messages/{again.start['message_id']}/revisions", asha)).json()
    assert [each["is_chosen"] for each in answers["items"]] == [False, False, True]

    # Back to version 1, with what followed it.
    back = await town.post(f"/conversations/{talk}/messages/{question}/activation", None, asha)
    assert back.status_code == 200
    assert await seen(town, asha, talk) == original

    # Ravi follows a link and goes on from what he sees.
    link = (await town.post(f"/conversations/{talk}/share", {"kind": "live"}, asha)).json()
    shared = (await town.get(f"/shared/{link['token']}", None)).json()
    assert (shared["title"], [each["content"] for each in shared["messages"]["items"]]) == (title, original)
    fork = (await town.post(f"/shared/{link['token']}/fork", None, ravi)).json()["conversation_id"]
    assert await seen(town, ravi, fork) == original
    on = await town.ask("And in the mountains?", ravi, conversation_id=fork, model="local/echo")
    assert await seen(town, ravi, fork) == [*original, "And in the mountains?", on.text]
    assert (await town.get(f"/conversations/{talk}", ravi)).status_code == 404

    # Away with it, and back again.
    document = await export(town, asha, talk)
    gone = await town.http.delete(f"/conversations/{talk}", headers=town.headers(asha))
    assert gone.status_code == 204
    assert (await town.get(f"/shared/{link['token']}", None)).status_code == 404
    assert (await town.get(f"/conversations/{talk}/messages", asha)).status_code == 404
    told = await bring(town, asha, document)
    assert (told["state"], told["imported"]) == ("done", 1), told

    (returned,) = (await town.get("/conversations", asha)).json()["items"]
    assert returned["title"] == title
    assert tree(await export(town, asha, returned["id"])) == tree(document)
    assert await seen(town, asha, returned["id"]) == original
    assert await seen(town, ravi, fork) == [*original, "And in the mountains?", on.text]

    # It lives on: the other version comes with the answer that was chosen there, and can be asked about.
    (root, *_) = await town.messages(asha, returned["id"])
    versions = (await town.get(f"/conversations/{returned['id']}/messages/{root['id']}/revisions", asha)).json()[
        "items"
    ]
    other = versions[1]["id"]
    await town.post(f"/conversations/{returned['id']}/messages/{other}/activation", None, asha)
    assert await seen(town, asha, returned["id"]) == ["What is a trade wind?", again.text]
    follow_up = await town.ask("Why trade?", asha, conversation_id=returned["id"], model="local/echo")
    assert follow_up.last["state"] == "complete"
    used, reserved = await town.quota_of(asha)
    assert (used, reserved) == (6, 0)
