"""A conversation with branches is shared, forked by another user, exported, deleted and imported again."""

import json
from typing import Any

import httpx
import pytest

from tests.journeys.running_stack import RunningStack
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
            # The importing user has not paid for it.
            said["usage"] = {name: said["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
    found: list[dict[str, Any]] = messages
    return found


async def export(stack: RunningStack, who: str, talk: str) -> bytes:
    """The conversation's JSON document."""
    answer = await stack.get(f"/conversations/{talk}/export", who, format="json")
    assert answer.status_code == 200, answer.text
    return answer.content


async def import_document(stack: RunningStack, who: str, document: bytes) -> dict[str, Any]:
    """Uploads and imports a document, and waits for the job."""
    about = {"name": "monsoon.json", "type": "application/json", "size": len(document)}
    opened = (await stack.post("/uploads", about, who)).json()
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        sent = await browser.put(opened["url"], headers=opened["headers"], content=document)
    assert sent.is_success, sent.text
    started = await stack.post("/import", {"upload_id": opened["upload_id"]}, who)
    assert started.status_code == 202, started.text
    await stack.run("export_import")

    async def look() -> dict[str, Any]:
        import_status: dict[str, Any] = (await stack.get(f"/import/{started.json()['import_id']}", who)).json()
        return import_status

    return await eventually(look, lambda import_status: import_status["state"] in ("done", "failed"))


async def titled(stack: RunningStack, who: str, talk: str) -> str:
    """The conversation's title, as soon as it has one."""

    async def look() -> str | None:
        title: str | None = (await stack.get(f"/conversations/{talk}", who)).json()["title"]
        return title

    return str(await eventually(look))


async def seen(stack: RunningStack, who: str, talk: str) -> list[str]:
    """The texts of the visible branch."""
    return [each["content"] for each in await stack.messages(who, talk)]


@pytest.mark.exhaustive
async def test_a_conversation_is_shared_forked_exported_deleted_and_imported(
    stack: RunningStack,
) -> None:
    asha, ravi = stack.newcomer(), stack.newcomer()

    # Talk, edit the first question, have the new answer given twice more.
    first = await stack.ask("What is a monsoon? वर्षा 🌧", asha)
    talk, question = first.start["conversation_id"], first.start["user_message_id"]
    second = await stack.ask("And in winter?", asha, conversation_id=talk, model="local/echo")
    original = [*("What is a monsoon? वर्षा 🌧", first.text), *("And in winter?", second.text)]
    title = await titled(stack, asha, talk)
    edited = await stack.ask("What is a trade wind?", asha, edit_of=question, model="local/echo")
    assert edited.start["conversation_id"] == talk
    for model in ("local/reasoning", "openai/gpt-4.1-mini"):
        again = await stack.ask(None, asha, regenerate_of=edited.start["message_id"], model=model)
        assert again.last["state"] == "complete"
    assert await seen(stack, asha, talk) == ["What is a trade wind?", again.text]
    numbers = [(said["id"], said["original_message_id"]) for said in tree(await export(stack, asha, talk))]
    assert numbers == [
        *(("1/0", None), ("1/1", "1/0")),
        *(("2/0", None), ("2/1", "2/0"), ("2/2", "2/0"), ("2/3", "2/0")),
        *(("3/0", None), ("4/0", None)),
    ]
    answers = (await stack.get(f"/conversations/{talk}/messages/{again.start['message_id']}/revisions", asha)).json()
    assert [each["is_chosen"] for each in answers["items"]] == [False, False, True]

    # Back to version 1, with what followed it.
    back = await stack.post(f"/conversations/{talk}/messages/{question}/activation", None, asha)
    assert back.status_code == 200
    assert await seen(stack, asha, talk) == original

    # Ravi follows a link and forks what he sees.
    link = (await stack.post(f"/conversations/{talk}/share", {"kind": "live"}, asha)).json()
    shared = (await stack.get(f"/shared/{link['token']}", None)).json()
    assert (shared["title"], [each["content"] for each in shared["messages"]["items"]]) == (title, original)
    fork = (await stack.post(f"/shared/{link['token']}/fork", None, ravi)).json()["conversation_id"]
    assert await seen(stack, ravi, fork) == original
    on = await stack.ask("And in the mountains?", ravi, conversation_id=fork, model="local/echo")
    assert await seen(stack, ravi, fork) == [*original, "And in the mountains?", on.text]
    assert (await stack.get(f"/conversations/{talk}", ravi)).status_code == 404

    # Export, delete and import it.
    document = await export(stack, asha, talk)
    gone = await stack.http.delete(f"/conversations/{talk}", headers=stack.headers(asha))
    assert gone.status_code == 204
    assert (await stack.get(f"/shared/{link['token']}", None)).status_code == 404
    assert (await stack.get(f"/conversations/{talk}/messages", asha)).status_code == 404
    import_status = await import_document(stack, asha, document)
    assert (import_status["state"], import_status["imported"]) == ("done", 1), import_status

    (returned,) = (await stack.get("/conversations", asha)).json()["items"]
    assert returned["title"] == title
    assert tree(await export(stack, asha, returned["id"])) == tree(document)
    assert await seen(stack, asha, returned["id"]) == original
    assert await seen(stack, ravi, fork) == [*original, "And in the mountains?", on.text]

    # The other version comes with the answer that was chosen there, and can be asked about.
    (root, *_) = await stack.messages(asha, returned["id"])
    versions = (await stack.get(f"/conversations/{returned['id']}/messages/{root['id']}/revisions", asha)).json()[
        "items"
    ]
    other = versions[1]["id"]
    await stack.post(f"/conversations/{returned['id']}/messages/{other}/activation", None, asha)
    assert await seen(stack, asha, returned["id"]) == ["What is a trade wind?", again.text]
    follow_up = await stack.ask("Why trade?", asha, conversation_id=returned["id"], model="local/echo")
    assert follow_up.last["state"] == "complete"
    used, reserved = await stack.quota_of(asha)
    assert (used, reserved) == (6, 0)
