"""Files sent along whose text was extracted: the question waits for it, its answer draws on it, and so do those after
it in the conversation, with which it goes."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from oneai.chat.jobs.temporary import delete_expired_temporary
from oneai.documents import processing
from tests.chat.documents import CONTRACT, add_document, metadata, prompt, sources
from tests.chat.pictures import last_content, nothing_happened, question_of
from tests.documents.library import PDF, listed, request, send
from tests.documents.reader import Reader
from tests.patience import PATIENCE
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

TEXT = b"The rent is 900 rupees a month."


@pytest.fixture
def world(emptied: World) -> World:
    """The module's stack."""
    return emptied


def along(*uploads: str) -> list[dict[str, Any]]:
    """`attachments` of a question."""
    return [{"type": "file", "upload_id": each} for each in uploads]


def conversation_of(world: World, upload: str) -> Any:
    """The conversation that has the file."""
    return world.database.one("select conversation_id from oneai.documents where id = %s", upload)


async def test_an_upload_is_read_on_its_own_and_asked_about_by_id(world: World, reader: Reader) -> None:
    body = {"name": "contract.pdf", "type": PDF, "size": len(TEXT)}
    target = (await world.post("/uploads", body)).json()
    upload = target["upload_id"]
    await send(target, TEXT)
    early = await world.ask("How high is the rent?", attachments=along(upload))
    await processing.process_documents(PATIENCE)

    result = await world.ask("How high is the rent?", attachments=along(upload))

    assert (early.status, early.code) == (409, "attachment_not_ready")
    assert [call["name"] for call in reader.calls] == ["contract.pdf"]
    (source,) = sources(result)
    assert (source["document_id"], source["name"], source["page"]) == (upload, "contract.pdf", 1)
    assert (await metadata(world, result.start["message_id"]))["sources"] == [source]
    sent = await prompt(world)
    assert f"[1] contract.pdf, page 1:\n```\n{TEXT.decode()}\n```" in sent
    assert sent.startswith("[file: contract.pdf]\n\n")
    assert sent.endswith("\n\nHow high is the rent?")
    question = await question_of(world, result, "asha")
    assert question["metadata"] == {
        "attachments": [
            {
                "type": "file",
                "name": "contract.pdf",
                "media_type": PDF,
                "size": len(TEXT),
                "upload_id": upload,
                "document_id": upload,
            }
        ],
        "attached": [upload],
    }
    assert str(conversation_of(world, upload)) == result.start["conversation_id"]
    assert (await listed(world, "asha"))["items"] == []


@pytest.mark.parametrize("status", ["waiting", "scanning", "extracting"])
async def test_an_unread_upload_is_refused_before_anything_is_stored_or_held(world: World, status: str) -> None:
    upload = add_document(world, status=status, attached=True)

    refused = await world.ask(attachments=along(upload))
    quoted = await world.post("/quota/quote", {"message": "Hello", "attachments": along(upload)})

    assert (refused.status, refused.code) == (409, "attachment_not_ready")
    assert refused.headers["retry-after"] == "5"
    assert (refused.body["error"]["upload_id"], refused.body["error"]["status"]) == (upload, status)
    assert (quoted.status_code, quoted.json()["error"]["code"]) == (409, "attachment_not_ready")
    assert nothing_happened(world, "asha")
    assert conversation_of(world, upload) is None


async def test_an_unreadable_upload_is_refused_with_its_problem(world: World) -> None:
    damaged = add_document(world, [], status="failed", attached=True)

    refused = await world.ask(attachments=along(add_document(world, attached=True), damaged))

    (detail,) = refused.body["error"]["details"]
    assert (refused.status, detail["field"], detail["code"]) == (422, "attachments.1.upload_id", "unreadable")
    assert detail["message"] == "It is damaged."
    assert nothing_happened(world, "asha")


async def test_files_of_others_of_another_conversation_and_kept_documents_are_no_uploads(
    world: World,
) -> None:
    mine = add_document(world, attached=True)
    await world.ask(attachments=along(mine))
    before = world.quota()
    cases = {
        add_document(world, who="ravi", attached=True): "unknown_upload",
        add_document(world): "unknown_upload",
        str(uuid4()): "unknown_upload",
        mine: "already_used",
    }

    for upload, code in cases.items():
        refused = await world.ask(attachments=along(upload))
        (detail,) = refused.body["error"]["details"]
        assert (refused.status, detail["code"]) == (422, code)
    named = await world.ask(documents=[mine])

    assert (named.status, named.code) == (404, "not_found")
    assert world.quota() == before


async def test_a_long_file_is_answered_from_the_passages_that_fit(world: World) -> None:
    filler = [f"Paragraph {n} of the annex. " + "Nothing of interest stands here. " * 40 for n in range(30)]
    upload = add_document(world, [*filler, "The deposit is seven thousand rupees."], attached=True)

    result = await world.ask("How high is the deposit?", attachments=along(upload))

    found = sources(result)
    assert found[0]["snippet"] == "The deposit is seven thousand rupees."
    assert len(found) < 31


async def test_follow_ups_edits_and_regenerations_use_the_upload_too(world: World) -> None:
    upload, kept = add_document(world, attached=True), add_document(world, ["Cats sleep."], name="cats.txt")
    first = await world.ask("How high is the rent?", attachments=along(upload))
    conversation = first.start["conversation_id"]

    second = await world.ask("And the notice?", conversation_id=conversation)
    assert (await metadata(world, second.start["user_message_id"])) == {"attached": [upload]}
    both = await world.ask("And cats?", conversation_id=conversation, documents=[kept])
    ended = await world.ask("And then?", conversation_id=conversation, documents=[])
    edited = await world.ask("How low is the rent?", edit_of=first.start["user_message_id"])
    regenerated = await world.ask(None, regenerate_of=edited.start["message_id"])

    for result in (first, second, ended, edited, regenerated):
        assert {each["document_id"] for each in sources(result)} == {upload}
    assert {each["document_id"] for each in sources(both)} == {upload, kept}
    assert (await metadata(world, edited.start["user_message_id"]))["attachments"][0]["document_id"] == upload


async def test_an_edit_with_other_attachments_uses_those_alone(world: World) -> None:
    upload, other = (add_document(world, name=name, attached=True) for name in ("old.pdf", "new.pdf"))
    first = await world.ask(attachments=along(upload))

    without = await world.ask("Hello", edit_of=first.start["user_message_id"], attachments=[])
    replaced = await world.ask("Hello", edit_of=first.start["user_message_id"], attachments=along(other))

    assert "sources" not in without.names
    assert {each["name"] for each in sources(replaced)} == {"new.pdf"}
    assert "old.pdf" not in str(await last_content(world))


async def test_a_deleted_upload_is_left_out_of_later_questions(world: World) -> None:
    upload = add_document(world, attached=True)
    first = await world.ask(attachments=along(upload))
    assert (await request(world, "DELETE", f"/documents/{upload}", "asha")).status_code == 204

    second = await world.ask("And the notice?", conversation_id=first.start["conversation_id"])

    assert (second.names.count("sources"), second.last["state"]) == (0, "complete")
    assert "[file: contract.pdf]" in str((await world.sent_upstream())[-1]["messages"])


async def test_one_of_two_concurrent_conversations_gets_the_upload(world: World) -> None:
    upload = add_document(world, attached=True)

    results = await asyncio.gather(*(world.ask(attachments=along(upload)) for _ in range(2)))

    (refused,) = [each for each in results if each.status != 200]
    (won,) = [each for each in results if each.status == 200]
    assert (refused.status, refused.body["error"]["details"][0]["code"]) == (422, "already_used")
    assert str(conversation_of(world, upload)) == won.start["conversation_id"]


async def test_a_repeated_question_finds_its_answer_while_the_file_is_read_again(world: World) -> None:
    upload = add_document(world, attached=True)
    message_id = str(uuid4())
    first = await world.ask(message_id=message_id, attachments=along(upload))
    world.database.rows("update oneai.documents set status = 'extracting' where id = %s", upload)

    again = await world.ask(message_id=message_id, attachments=along(upload))

    assert again.start == first.start


async def test_an_upload_is_deleted_with_its_conversation(world: World) -> None:
    upload, other = (add_document(world, attached=True) for _ in range(2))
    first = await world.ask(attachments=along(upload))
    await world.ask(attachments=along(other))

    deleted = await request(world, "DELETE", f"/conversations/{first.start['conversation_id']}", "asha")

    assert deleted.status_code == 204
    assert [str(each) for each in world.database.rows("select id from oneai.documents")] == [other]
    assert world.database.one("select count(*) from oneai.document_chunks where document_id = %s", upload) == 0
    queued = world.database.rows("select key from oneai.files_to_remove")
    assert f"documents/{world.people['asha']}/{upload}" in queued
    assert (await world.get(f"/uploads/{upload}")).status_code == 404


async def test_an_upload_of_a_temporary_conversation_expires_with_it(world: World) -> None:
    upload = add_document(world, attached=True)
    first = await world.ask("How high is the rent?", attachments=along(upload), temporary=True)
    assert sources(first)
    world.database.rows(
        "update oneai.conversations set expires_at = oneai.now() where id = %s", first.start["conversation_id"]
    )

    await delete_expired_temporary()

    assert world.database.one("select count(*) from oneai.documents") == 0


async def test_readers_of_a_link_copies_and_exports_see_the_name_alone(world: World) -> None:
    upload = add_document(world, attached=True)
    first = await world.ask("How high is the rent?", attachments=along(upload))
    path = f"/conversations/{first.start['conversation_id']}"
    link = (await world.post(f"{path}/share", {"kind": "live", "fork": True})).json()

    seen = await world.get(f"/shared/{link['token']}", "ravi")
    copy = (await world.post(f"/shared/{link['token']}/fork", None, "ravi")).json()["conversation_id"]
    asked = await world.ask("And the notice?", "ravi", conversation_id=copy)
    exported = await world.get(f"{path}/export", format="json")

    about = {"type": "file", "name": "contract.pdf", "media_type": PDF, "size": 1000}
    assert seen.json()["messages"]["items"][0]["attachments"] == [about]
    page = (await world.get(f"/conversations/{copy}/messages", "ravi")).json()["items"]
    assert next(each["metadata"] for each in page if each["metadata"].get("attachments")) == {"attachments": [about]}
    assert "sources" not in asked.names
    for answer in (seen.text, str(page)):
        assert upload not in answer
        assert CONTRACT[0] not in answer
    assert '"contract.pdf"' in exported.text


async def test_an_upload_costs_two_round_trips_in_its_question_and_none_later(world: World, wire: Wire) -> None:
    upload = add_document(world, attached=True)
    await world.ask()  # opens the connections
    wire.trips.clear()

    first = await world.ask("Say 3", model="local/long", attachments=along(upload))
    named = wire.trips_without_checkpoints()
    wire.trips.clear()
    await world.ask("Say 3", model="local/long", conversation_id=first.start["conversation_id"])

    assert len(named) == 6
    assert "oneai.uploads" in named[0]
    assert "oneai.documents" in named[1]
    assert "oneai.admit(" in named[2]
    admit, find, store, settle = wire.trips_without_checkpoints()
    assert "oneai.admit(" in admit
    assert "oneai.document_chunks" in find
    assert "'sources'" in store
    assert "oneai.settle(" in settle
