"""Conversations as strangers' exports have them, each with what its reader must see here."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from oneai.code_fences import closed, fenced
from oneai.conversations.archive import files, import_rows, limits, parents
from oneai.conversations.archive.external import InvalidConversation
from tests.conversations.archive.test_any_tree import json_values, places
from tests.conversations.archive.trees import conversation_ids, import_file, zip_file
from tests.conversations.archive.visible_branch import assert_valid_tree, visible
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
USER = UUID(int=1)


def load(case: str) -> dict[str, Any]:
    """A case: the `conversation` of the file, its `messages`, and what is `left_out`."""
    value: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / f"{case}.json").read_text())
    return value


def read(conversation: Any) -> dict[str, Any]:
    """The rows that an import stores of a conversation; its tree is valid."""
    row: dict[str, Any] = import_rows.read(USER, conversation)
    assert_valid_tree(row["messages"])
    return row


def branch(row: dict[str, Any]) -> list[list[str]]:
    """Role and text of each message of the visible branch."""
    rows = sorted(row["messages"], key=lambda message: message["sequence_number"])
    return [[each["role"], each["content"]] for each in rows if each["is_latest"]]


@pytest.mark.parametrize("case", [path.stem for path in CASES])
def test_an_imported_conversation_reads_as_its_owner_saw_it(case: str) -> None:
    expected = load(case)

    row = read(expected["conversation"])

    assert branch(row) == expected["messages"]
    assert row["left_out"] == expected["left_out"]
    thoughts = [each["reasoning"] for each in row["messages"] if each["is_latest"] and each["reasoning"]]
    assert thoughts == expected.get("reasoning", [])
    attachments = [each for message in row["messages"] for each in message["metadata"].get("attachments", [])]
    assert attachments == expected.get("attachments", [])


async def test_all_cases_in_one_zip_are_imported_and_omissions_counted(shared: World) -> None:
    who = shared.newcomer()
    cases = [json.loads(path.read_text()) for path in CASES]
    entries = {
        "export/conversations-000.json": json.dumps([case["conversation"] for case in cases[::2]]).encode(),
        "export/conversations-001.json": json.dumps([case["conversation"] for case in cases[1::2]]).encode(),
    }

    result = await import_file(shared, zip_file(entries), who, "application/zip")

    assert (result["state"], result["imported"], result["errors"]) == ("done", len(cases), [])
    kinds = ("hidden", "thoughts", "tool_calls", "tool_results", "unreadable")
    assert result["left_out"] == {kind: sum(case["left_out"].get(kind, 0) for case in cases) for kind in kinds}
    seen = [
        [[said["role"], said["content"]] for said in await visible(shared, talk, who)]
        for talk in conversation_ids(shared, who)
    ]
    assert sorted(seen) == sorted(case["messages"] for case in cases)

    again = await import_file(shared, zip_file(entries), who, "application/zip")
    assert (again["imported"], again["skipped"], set(again["left_out"].values())) == (0, len(cases), {0})


async def test_an_export_of_an_import_is_read_the_same(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    cases = [
        load(name)
        for name in ("chatgpt-canvas-code", "chatgpt-two-questions", "claude-citations", "claude-attachments")
    ]
    await import_file(shared, json.dumps([case["conversation"] for case in cases]).encode(), who)
    talks = conversation_ids(shared, who)
    exported = [(await shared.get(f"/conversations/{talk}/export", who)).json() for talk in talks]

    result = await import_file(shared, json.dumps(exported).encode(), other)

    assert (result["imported"], result["errors"], set(result["left_out"].values())) == (len(cases), [], {0})
    query = """
        select role, content, state, model_id, sequence_number, revision_number, is_latest, metadata::text
        from oneai.chat_messages where user_id = %s
        """
    stored = [sorted(shared.database.rows(query, shared.people[each])) for each in (who, other)]
    assert stored[0] == stored[1]


def test_models_are_read_from_the_message_and_from_the_conversation() -> None:
    answers = [each for each in read(load("claude-models")["conversation"])["messages"] if each["role"] == "assistant"]
    assert [each["model_served"] for each in answers] == ["claude-opus-4-5", "claude-sonnet-4-5"]
    thinking = read(load("chatgpt-thoughts-and-tools")["conversation"])["messages"]
    assert [each["model_served"] for each in thinking] == [None, "o3"]


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (["Rent is 5", " per day", ". Ask", " again."], "Rent is 5 per day. Ask again."),
        (["The rent ", "Is 5"], "The rent Is 5"),
        (["किराया", "। फिर"], "किराया। फिर"),
        (["First.", "Second."], "First.\n\nSecond."),
        (["- one\n", "- two"], "- one\n- two"),
    ],
)
def test_a_continued_text_of_claude_remains_one_sentence(texts: list[str], answer: str) -> None:
    blocks = [{"type": "text", "text": each} for each in texts]
    said = [
        {"uuid": "m1", "sender": "human", "text": "How much?", "content": []},
        {"uuid": "m2", "sender": "assistant", "text": "", "content": blocks},
    ]

    assert branch(read({"uuid": "c", "name": "Rent", "chat_messages": said}))[-1] == ["assistant", answer]


NAMES = [
    "conversations.json",
    "conversations (1).json",
    "conversations(1).json",
    "conversations-2.json",
    "conversations_2.json",
    "conversations - Copy.json",
    "conversations - Copy (2).json",
    "conversations copy 2.json",
    "Kopie von conversations.json",
    "Copie de conversations.json",
    "conversations – Kopie.json",
    "conversations - कॉपी.json",
    "CONVERSATIONS.JSON",
    "conversations-000.json",
    "conversations.json.txt",
    "conversations.json (1)",
    "conversations.json(2)",
    "export 2026/conversations (1).json",
    "export\\conversations (1).json",
    "conversations/Upma-5f000000.json",
    "oneai (1)/conversations/shared plans.json",
]


@pytest.mark.parametrize("byte_order_mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", NAMES)
def test_a_second_download_is_recognized_by_its_name(name: str, byte_order_mark: bytes, tmp_path: Path) -> None:
    content = byte_order_mark + json.dumps([load("chatgpt-two-questions")["conversation"]]).encode()
    rest = {
        "shared_conversations.json": b'[{"id": "x"}]',
        "__MACOSX/._conversations.json": b"\x00\x05\x16\x07",
        "._conversations.json": b"\x00\x05\x16\x07",
        "user.json": b"{}",
        "message_feedback.json": b"[]",
    }
    (tmp_path / "file.zip").write_bytes(zip_file({name: content, **rest}))

    found = list(files.conversations(tmp_path / "file.zip"))

    assert [item.value["title"] for item in found] == ["Two questions"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_file_saved_by_an_editor_is_read_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    text = json.dumps([{"title": "नमस्ते", "mapping": {}}], ensure_ascii=False)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (tmp_path / "file.json").write_bytes(mark + text.encode(encoding))

    assert [item.value["title"] for item in files.conversations(tmp_path / "file.json")] == ["नमस्ते"]


def test_an_object_with_a_list_of_conversations_is_unpacked(tmp_path: Path) -> None:
    listed = [load(name)["conversation"] for name in ("claude-models", "claude-program")]
    (tmp_path / "file.json").write_text(json.dumps({"conversations": listed}))

    assert [item.value["name"] for item in files.conversations(tmp_path / "file.json")] == ["Models", "Program"]


@given(some.data())
def test_any_value_anywhere_in_a_case_is_read_or_refused_with_a_sentence(data: some.DataObject) -> None:
    conversation = json.loads(data.draw(some.sampled_from(CASES)).read_text())["conversation"]
    for _ in range(data.draw(some.integers(1, 3))):
        *path, last = data.draw(some.sampled_from(places(conversation)[1:]))
        inside = conversation
        for key in path:
            inside = inside[key]
        inside[last] = data.draw(json_values)
    with suppress(InvalidConversation):
        json.dumps(read(conversation), ensure_ascii=False).encode()


def test_any_parent_links_form_a_forest_that_keeps_every_node() -> None:
    nodes = [(str(n), str((n * 7 + 3) % 50)) for n in range(40)] + [("a", "a"), ("b", None), ("0", "9")]

    repaired = parents.repair(nodes)

    assert set(parents.depths_of(repaired)) == {name for name, _ in nodes}


def test_ten_thousand_cycles_are_cut_in_linear_time() -> None:
    nodes = [(str(n), str(n ^ 1)) for n in range(limits.MESSAGES)]

    repaired = parents.repair(nodes)

    assert sum(parent is None for parent in repaired.values()) == limits.MESSAGES // 2


def test_a_pattern_that_takes_forever_is_shown_and_not_run() -> None:
    talk = load("chatgpt-canvas-code")["conversation"]
    call = {"updates": [{"pattern": "(a|a)*b", "replacement": "kept", "multiple": True}]}
    for node in talk["mapping"].values():
        message = node["message"] or {}
        if str(message.get("recipient")).startswith("canmore.create"):
            message["content"]["text"] = json.dumps({"name": "x", "type": "document", "content": "a" * 100_000})
        elif str(message.get("recipient")).startswith("canmore.update"):
            message["content"]["text"] = json.dumps(call)
    assert branch(read(talk))[-1] == ["assistant", "**x**\n\nkept"]


def test_edits_of_a_large_document_do_not_repeat_it_endlessly() -> None:
    talk = load("chatgpt-canvas-changed")["conversation"]
    create = next(
        name for name, node in talk["mapping"].items() if "create" in str((node["message"] or {}).get("recipient"))
    )
    talk["mapping"][create]["message"]["content"]["text"] = json.dumps({"name": "x", "content": "word " * 200_000})
    at = create
    for n in range(100):
        update = {"updates": [{"pattern": "word", "replacement": f"change {n}"}]}
        message = {
            "author": {"role": "assistant"},
            "recipient": "canmore.update_textdoc",
            "content": {"content_type": "code", "text": json.dumps(update)},
        }
        talk["mapping"][f"u{n}"] = {"id": f"u{n}", "parent": at, "children": [], "message": message}
        at = f"u{n}"
    talk["current_node"] = at

    text = "".join(content for _, content in branch(read(talk)))

    assert len(text) < 8_000_000
    assert all(f"change {n}" in text for n in range(100))


def test_exported_markdown_closes_the_fences_left_open_by_messages() -> None:
    assert fenced("a\n~~~\n`````\n", "c++") == "``````c++\na\n~~~\n`````\n``````"
    assert fenced("x", "two words") == "```\nx\n```"
    assert closed("~~~\n```\ntext") == "~~~\n```\ntext\n~~~"
    assert closed("````js\n```\n") == "````js\n```\n````"
    assert closed("```\na\n``` \nb") == "```\na\n``` \nb"
    assert closed("``` a`b\ntext") == "``` a`b\ntext"
    assert closed("    ```\ntext") == "    ```\ntext"
