"""Invalid files: a clear error, and nothing is imported in part."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from oneai.conversations.archive import limits
from tests.conversations.archive.samples import ChatGPT, chatgpt, claude
from tests.conversations.archive.trees import conversation_ids, import_file, run_job, zip_file
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

GOOD = ChatGPT("Good", "good")
GOOD.turn("node-0", 1)


def spoilt(change: Callable[[dict[str, Any]], Any], sample: Callable[[], dict[str, Any]] = chatgpt) -> dict[str, Any]:
    """A sample with something wrong in it."""
    value: dict[str, Any] = json.loads(json.dumps(sample()))
    change(value)
    return value


def ours(**changes: Any) -> dict[str, Any]:
    """The smallest document of ours, and what is different in it."""
    message: dict[str, Any] = {
        "id": str(uuid4()),
        "parent_message_id": None,
        "role": "user",
        "content": "hi",
        "sequence_number": 1,
        "revision_number": 0,
        "is_chosen": True,
        "is_latest": True,
        "created_at": "2026-01-01T00:00:00Z",
    }
    talk = {"id": str(uuid4()), "title": "Ours"}
    talk |= dict.fromkeys(("created_at", "updated_at", "last_message_at"), "2026-01-01T00:00:00Z")
    talk |= changes.pop("conversation", {})
    message |= changes.pop("message", {})
    head = {"format": "oneai.conversation", "version": 1, "exported_at": "2026-01-01T00:00:00Z"}
    return {**head, "conversation": talk, "messages": [message], **changes}


TOO_LONG = "नमस्ते" * 400_000

UNFIT: dict[str, tuple[Any, str]] = {
    "mapping that is a list": (spoilt(lambda value: value.update(mapping=[1])), "not in ChatGPT's format"),
    "claude's list that is none": (claude("hello"), "not in Claude's format"),  # type: ignore[arg-type]
    "claude's message that is none": (claude(["hello"]), "not in Claude's format"),  # type: ignore[list-item]
    "a text": ("hello", "not JSON"),
    "a list": ([1], "not a conversation"),
    "something else": ({"hello": "world"}, "not a conversation from an export"),
    "ours of a later version": (ours(version=2), "version"),
    "ours with a word for a date": (ours(message={"created_at": "soon"}), "created_at"),
    "ours with a word for a number": (ours(message={"sequence_number": "one"}), "sequence_number"),
    "ours with a number too large": (ours(message={"sequence_number": 2**40}), "sequence_number"),
    "ours without messages": (ours(messages=None), "messages"),
    "ours with too much metadata": (ours(conversation={"metadata": {"a": "b" * 20_000}}), "metadata"),
    "a message too long with what was sent along": (ours(message={"attachments": [{"text": TOO_LONG}]}), "too long"),
    "a message too long to be read again": (ours(message={"content": TOO_LONG}), "too long"),
}


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("name", UNFIT)
async def test_invalid_conversations_are_named_and_the_others_imported(name: str, shared: World) -> None:
    who = shared.newcomer()
    value, reason = UNFIT[name]
    if isinstance(value, str):
        result = await import_file(shared, json.dumps([GOOD.exported(), value]).encode(), who)
        assert (result["state"], result["imported"]) == ("failed", 1)
        assert reason in result["error"]
        return

    result = await import_file(shared, json.dumps([GOOD.exported(), value, ours()]).encode(), who)

    assert (result["state"], result["imported"], result["failed"], result["error"]) == ("done", 2, 1, None)
    (problem,) = result["errors"]
    assert problem["position"] == 1
    assert reason in problem["message"]
    assert len(conversation_ids(shared, who)) == 2


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b" ", "not JSON"),
    "half a file": (json.dumps([GOOD.exported()]).encode()[:-40], "not JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not JSON"),
    "no end of brackets": (b"[" * 100_000, "not JSON"),
    "infinity": (b'[{"mapping": Infinity}]', "not JSON"),
    "a number of a million digits": (b'[{"mapping": ' + b"9" * 1_000_000 + b"}]", "not JSON"),
    "a zip that is none": (b"PK\x03\x04" + bytes(100), "damaged"),
    "half a zip": (zip_file({"conversations.json": b"[]" * 1000})[:-30], "damaged"),
    "a zip of something else": (zip_file({"notes.txt": b"hello"}), "no conversations"),
    "a zip in a zip": (zip_file({"inner.zip": zip_file({"conversations.json": b"[]"})}), "no conversations"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_unreadable_file_is_reported(name: str, shared: World) -> None:
    content, reason = UNREADABLE[name]
    who = shared.newcomer()

    result = await import_file(
        shared, content, who, "application/zip" if content.startswith(b"PK") else "application/json"
    )

    assert result["state"] == "failed"
    assert reason in result["error"]
    assert conversation_ids(shared, who) == []


async def test_conversations_before_the_damage_are_imported_whole(shared: World) -> None:
    who = shared.newcomer()
    result = await import_file(shared, json.dumps([GOOD.exported(), chatgpt()]).encode()[:-40], who)

    assert (result["state"], result["imported"]) == ("failed", 1)
    (talk,) = conversation_ids(shared, who)
    assert len(shared.database.rows("select id from oneai.chat_messages where conversation_id = %s", talk)) == 2


@pytest.mark.parametrize("role", ["system", "tool", "critic", None, 7, ["user"]])
async def test_messages_of_an_unknown_role_are_ignored(role: Any, shared: World) -> None:
    who, talk = shared.newcomer(), ChatGPT()
    node = talk.turn("node-0", 1)
    node = talk.add(node, "x", "hidden", author={"role": role}, metadata={"is_visually_hidden_from_conversation": True})
    talk.turn(node, 2)

    assert (await import_file(shared, json.dumps(talk.exported()).encode(), who))["imported"] == 1
    said = shared.database.rows(
        "select content from oneai.chat_messages where user_id = %s order by sequence_number", shared.people[who]
    )
    assert said == ["question 1", "answer 1", "question 2", "answer 2"]


async def test_nul_and_lone_surrogates_become_replacement_characters(shared: World) -> None:
    who, talk = shared.newcomer(), ChatGPT("a\0b\ud800", "\ud800\0")
    node = talk.add("node-0", "user", "\0 \ud83d")
    talk.add(node, "assistant", "\udc00!", metadata={"model_slug": "\0gpt\ud800"})
    value = ours(message={"content": "\0\ud800", "model": "\0"}, conversation={"title": "\0x", "tags": ["\ud800", ""]})

    result = await import_file(shared, json.dumps([talk.exported(), value]).encode(), who)

    assert (result["imported"], result["errors"]) == (2, [])
    said = shared.database.rows("select content from oneai.chat_messages where user_id = %s", shared.people[who])
    assert sorted(said) == ["\ufffd \ufffd", "\ufffd!", "\ufffd\ufffd"]


async def test_a_document_whose_numbers_contradict_its_tree_is_renumbered(shared: World) -> None:
    who = shared.newcomer()
    value = ours(message={"sequence_number": 9})
    first = value["messages"][0]
    answer = first | {"id": str(uuid4()), "role": "assistant", "parent_message_id": first["id"], "is_chosen": False}
    again = answer | {"id": str(uuid4()), "content": "again"}
    value["messages"] += [answer, again, again | {"id": str(uuid4()), "role": "user", "content": "also"}]

    result = await import_file(shared, json.dumps(value).encode(), who)

    assert (result["imported"], result["errors"]) == (1, [])
    numbers = shared.database.rows(
        """
        select role, sequence_number, revision_number, is_latest from oneai.chat_messages
        where user_id = %s order by sequence_number, revision_number
        """,
        shared.people[who],
    )
    # Three answers to the first question. The empty one separates it from the question that follows it.
    assert [row[:3] for row in numbers] == [
        ("user", 1, 0),
        ("assistant", 2, 0),
        ("assistant", 2, 1),
        ("assistant", 2, 2),
        ("user", 3, 0),
    ]


async def test_stored_files_and_script_addresses_are_removed_from_an_import(shared: World) -> None:
    who = shared.newcomer()
    forged = {"name": "x", "key": "users/other/else", "upload_id": str(uuid4()), "url": "javascript:alert(1)"}
    value = ours(message={"attachments": [forged], "metadata": {"images": [{"key": "users/other/else"}]}})

    assert (await import_file(shared, json.dumps(value).encode(), who))["imported"] == 1
    metadata = shared.database.one("select metadata from oneai.chat_messages where user_id = %s", shared.people[who])
    assert metadata == {"attachments": [{"name": "x"}]}


@pytest.mark.parametrize(
    ("attachment", "kept"),
    [
        ({"type": "image", "url": "https://169.254.169.254/latest/meta-data"}, {"type": "image"}),
        ({"type": "image", "url": "https://user:secret@localhost/x"}, {"type": "image"}),
        ({"type": "image", "url": "https://[64:ff9b::a9fe:a9fe]/x"}, {"type": "image"}),
        ({"type": "file", "url": "https://example.com/x"}, {"type": "file"}),
        ({"type": "video", "name": "x", "url": "https://example.com/x"}, {"name": "x"}),
        *[
            ({"type": "image", "url": url},) * 2
            for url in ("https://example.com/cat.png", f"https://a.bc/{'x' * 2030}")
        ],
    ],
)
async def test_an_address_is_imported_only_if_a_question_could_have_sent_it(
    attachment: dict[str, Any], kept: dict[str, Any], shared: World
) -> None:
    who = shared.newcomer()
    value = ours(message={"attachments": [attachment]})

    assert (await import_file(shared, json.dumps(value).encode(), who))["imported"] == 1

    metadata = shared.database.one("select metadata from oneai.chat_messages where user_id = %s", shared.people[who])
    assert metadata == {"attachments": [kept]}


async def test_titles_tags_and_folders_become_one_line_within_the_limits_of_the_api(shared: World) -> None:
    who, evil = shared.newcomer(), "evil\r\nSet-Cookie:\u2028x\t = 1\n"
    theirs = [ChatGPT(evil, "one").exported(), claude([]) | {"name": evil}]
    value = ours(conversation={"title": evil, "tags": [evil, "\n"], "folder": evil})

    assert (await import_file(shared, json.dumps([value, *theirs]).encode(), who))["imported"] == 3

    rows = shared.database.rows(
        "select title, tags, folder from oneai.conversations where user_id = %s order by folder", shared.people[who]
    )
    line = "evil Set-Cookie: x = 1"
    assert rows == [(line, [line], line), (line, [], None), (line, [], None)]


def bomb(size: int, name: str = "conversations.json", stated_size: int | None = None) -> bytes:
    """A small file that is `size` bytes unpacked, and states `stated_size`."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        with file.open(name, "w") as entry:
            entry.write(b'[{"mapping": {"x": "')
            for _ in range(size // 1_000_000):
                entry.write(b" " * 1_000_000)
        if stated_size is not None:
            file.filelist[0].file_size = stated_size
    return into.getvalue()


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("stated_size", [None, 100])
async def test_a_zip_bomb_is_given_up_long_before_it_is_unpacked(stated_size: int | None, shared: World) -> None:
    who, content = shared.newcomer(), bomb(300_000_000, stated_size=stated_size)
    assert len(content) < 1_000_000

    told_us = await import_file(shared, content, who, "application/zip")

    assert told_us["state"] == "failed"
    assert "large" in told_us["error"] or "damaged" in told_us["error"]
    assert conversation_ids(shared, who) == []


async def test_a_zip_with_too_many_entries_is_not_listed(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRIES", 10)
    content = zip_file({f"conversations/{n}.json": b"{}" for n in range(11)})

    result = await import_file(shared, content, shared.newcomer(), "application/zip")

    assert (result["state"], "entries" in result["error"]) == ("failed", True)


async def test_an_encrypted_zip_is_reported_as_unreadable(shared: World) -> None:
    content = bytearray(zip_file({"conversations.json": b"[]"}))
    content[6] |= 1  # the local header's and the directory's flag
    content[content.index(b"PK\x01\x02") + 8] |= 1

    result = await import_file(shared, bytes(content), shared.newcomer(), "application/zip")

    assert (result["state"], "encrypted" in result["error"]) == ("failed", True)


async def test_two_hundred_megabytes_are_refused_before_the_upload_and_before_reading(
    shared: World,
) -> None:
    who = shared.newcomer()
    new = {"name": "c.zip", "type": "application/zip", "size": 200_000_000}
    refused = await shared.post("/uploads", new, who)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")

    upload = shared.database.one(
        """
        insert into oneai.uploads (id, user_id, name, media_type, size, expires_at)
        values (gen_random_uuid(), %s, 'c.zip', 'application/zip', 200000000, now() + interval '1 day') returning id
        """,
        shared.people[who],
    )
    refused = await shared.post("/import", {"upload_id": str(upload)}, who)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")


async def test_an_oversized_conversation_ends_the_import(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONVERSATION_CHARACTERS", 1_000_000)
    big = ours(message={"content": "x" * 4_000_000})

    result = await import_file(shared, json.dumps([GOOD.exported(), big]).encode(), shared.newcomer())

    assert (result["state"], result["imported"]) == ("failed", 1)
    assert "larger than 1 MB" in result["error"]


async def test_an_upload_that_never_arrived_fails_the_import(shared: World) -> None:
    who = shared.newcomer()
    new = {"name": "c.json", "type": "application/json", "size": 10}
    upload = (await shared.post("/uploads", new, who)).json()["upload_id"]
    started = (await shared.post("/import", {"upload_id": upload}, who)).json()["import_id"]
    await run_job()

    result = (await shared.get(f"/import/{started}", who)).json()
    assert (result["state"], "never uploaded" in result["error"]) == ("failed", True)
