"""`useChat` of Vercel's AI SDK, by the classes it is made of, over HTTP."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.data_folder import REPOSITORY
from tests.chat.pictures import PNG, SEES, data_url
from tests.http.test_client_examples import NODE, cutting, run
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

WHOLE = "slowly " * 299 + "done."
# The first response breaks after this many bytes: its headers and some words.
CUT_AT = 3000


@pytest_asyncio.fixture(scope="module")
async def outcomes(shared: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The outcome of each scenario, by name."""
    folder = beside_the_packages(tmp_path_factory.mktemp("page"))
    shutil.copy(Path(__file__).with_name("scenarios.mjs"), folder)
    async with cutting(shared.address, CUT_AT) as proxy:
        node = await asyncio.create_subprocess_exec(
            *(NODE, str(folder / "scenarios.mjs")),
            env=os.environ
            | {
                "API": f"{shared.address}/api",
                "BROKEN_API": f"{proxy.url}/api",
                "TOKEN": shared.headers()["authorization"].removeprefix("Bearer "),
                "PICTURE": data_url(PNG, "image/png"),
                "SEES": SEES,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await node.communicate()
    assert node.returncode == 0, errors.decode()
    result: dict[str, Any] = json.loads(output)
    return result


def beside_the_packages(folder: Path) -> Path:
    """The example in a folder where `ai` is installed, as in a project of its own."""
    shutil.copy(REPOSITORY / "clients" / "ui_chat.mjs", folder)
    (folder / "node_modules").symlink_to(REPOSITORY / "web" / "node_modules")
    return folder


def test_a_message_is_streamed_with_its_reasoning_and_usage(outcomes: dict[str, Any]) -> None:
    chat = outcomes["sends"]

    assert chat["status"] == "ready"
    _, first, question, second = chat["messages"]
    assert chat["parts"] == [["step-start", None], ["reasoning", "done"], ["text", "done"]]
    assert "What is a monsoon?" in first["text"]
    assert first["metadata"]["state"] == "complete"
    assert first["metadata"]["usage"]["cost_micro_usd"] > 0
    assert second["metadata"]["quota"]["used"] == first["metadata"]["quota"]["used"] + 1
    assert question["text"] in second["text"]


async def test_ids_of_any_form_map_to_one_conversation_with_its_history(
    outcomes: dict[str, Any], shared: World
) -> None:
    messages = outcomes["sends"]["messages"]
    conversation = messages[1]["metadata"]["conversation_id"]
    page = (await shared.get(f"/conversations/{conversation}/messages")).json()["items"]

    assert [message["content"] for message in page] == [message["text"] for message in messages]
    assert [page[1]["id"], page[3]["id"]] == [messages[1]["id"], messages[3]["id"]]
    assert page[2]["id"] == messages[3]["metadata"]["user_message_id"]
    # The second question was asked with the first one and its answer, by the conversation's model.
    assert messages[3]["metadata"]["usage"]["prompt_tokens"] > messages[1]["metadata"]["usage"]["prompt_tokens"]
    assert messages[3]["metadata"]["requested_model"] == messages[1]["metadata"]["requested_model"] == "local/reasoning"


async def test_uuids_chosen_by_the_page_are_the_ids_of_the_rest_of_the_api(
    outcomes: dict[str, Any], shared: World
) -> None:
    read = outcomes["is_read_without_a_chat"]

    page = (await shared.get(f"/conversations/{read['id']}/messages")).json()["items"]

    assert [message["id"] for message in page] == [read["question"], read["message"]]
    assert page[1]["content"] == read["text"]


async def test_images_and_texts_are_attached_and_other_files_refused_with_a_sentence(
    outcomes: dict[str, Any], shared: World
) -> None:
    outcome = outcomes["sends_files"]

    answer = outcome["ended"]["messages"][1]
    page = (await shared.get(f"/conversations/{answer['metadata']['conversation_id']}/messages")).json()["items"]
    attached = page[0]["metadata"]["attachments"]
    assert [(each["type"], each["name"], each["size"]) for each in attached] == [
        ("text", "notes.txt", len("Rain")),
        ("image", "dot.png", len(PNG)),
    ]
    (detail,) = outcome["refused"]["details"]
    assert (detail["field"], detail["code"]) == ("messages.2.parts.0", "unsupported_type")
    assert "application/pdf" in outcome["refused"]["message"]
    assert len(page) == 2


def test_a_stopped_answer_keeps_its_text_and_is_not_an_error(outcomes: dict[str, Any]) -> None:
    chat = outcomes["stops"]

    assert (chat["status"], chat.get("error")) == ("ready", None)
    answer = chat["messages"][1]
    assert (answer["metadata"]["state"], answer["metadata"]["finish_reason"]) == ("stopped", "cancelled")
    assert answer["text"]
    assert WHOLE.startswith(answer["text"])


def test_a_broken_connection_resumes_without_missing_or_repeated_words(outcomes: dict[str, Any]) -> None:
    broken, resumed = outcomes["resumes_a_broken_connection"].values()

    assert broken["status"] == "error"
    assert 0 < len(broken["messages"][1]["text"]) < len(resumed["messages"][1]["text"])
    assert (resumed["status"], len(resumed["messages"])) == ("ready", 2)
    assert resumed["messages"][1]["id"] == broken["messages"][1]["id"]
    assert resumed["messages"][1]["text"] == "slowly " * 60


def test_a_reopened_page_finds_its_answer_and_later_has_nothing_to_resume(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["resumes_after_a_reload"]

    left, resumed = outcome["left"]["messages"][1], outcome["resumed"]["messages"][1]
    assert resumed["id"] == left["id"]
    assert resumed["text"] == "slowly " * 40
    assert (resumed["metadata"]["state"], resumed["metadata"]["finish_reason"]) == ("complete", "length")
    assert outcome["again"] == outcome["resumed"]


def test_resuming_without_a_running_answer_is_not_an_error(outcomes: dict[str, Any]) -> None:
    chat = outcomes["finds_nothing_to_resume"]

    assert (chat["status"], chat["messages"]) == ("ready", [])


async def test_a_regenerated_answer_is_a_sibling_of_the_first(outcomes: dict[str, Any], shared: World) -> None:
    chat = outcomes["regenerates"]

    answer = chat["messages"][1]
    assert len({chat["first"], chat["second"], answer["id"]}) == 3
    assert (answer["text"], answer["metadata"]["requested_model"]) == ("Hello", "local/echo")
    conversation = answer["metadata"]["conversation_id"]
    revisions = (await shared.get(f"/conversations/{conversation}/messages/{answer['id']}/revisions")).json()["items"]
    assert {each["id"] for each in revisions} == {chat["first"], chat["second"], answer["id"]}


def test_an_edited_question_is_a_branch_and_a_regeneration_answers_it(outcomes: dict[str, Any]) -> None:
    edited, regenerated, tree = outcomes["edits"].values()

    assert [message["text"] for message in edited["messages"]] == ["Good morning", "Good morning"]
    assert regenerated["messages"][1]["text"] == "Good morning"
    assert regenerated["messages"][1]["id"] != edited["messages"][1]["id"]
    # Role, text, siblings, and which of them it is.
    assert tree == [["user", "Good morning", 2, 2], ["assistant", "Good morning", 2, 2]]


def test_a_truncated_answer_is_an_error_with_its_text(outcomes: dict[str, Any]) -> None:
    chat = outcomes["breaks_off"]

    assert (chat["status"], chat["error"]) == ("error", "The model failed to answer. Please try again.")
    answer = chat["messages"][1]
    assert answer["text"] == "This answer fails in the"
    assert answer["metadata"]["state"] == "truncated"
    assert answer["metadata"]["error"]["code"] == "upstream_error"
    assert answer["metadata"]["request_id"]


def test_a_refusal_has_its_status_and_the_question_can_be_asked_again(outcomes: dict[str, Any]) -> None:
    refused, answered = outcomes["is_refused_and_tries_again"].values()

    assert (refused["status"], refused["http"], len(refused["messages"])) == ("error", 400, 1)
    assert json.loads(refused["error"])["error"]["code"] == "unknown_model"
    assert (answered["status"], answered["messages"][1]["metadata"]["state"]) == ("ready", "complete")


async def test_the_example_prints_an_answer(shared: World, tmp_path: Path) -> None:
    example = beside_the_packages(tmp_path) / "ui_chat.mjs"
    token = shared.headers(shared.newcomer())["authorization"].removeprefix("Bearer ")

    async with cutting(shared.address, CUT_AT // 2) as proxy:
        ended = await run(NODE, str(example), "What is a monsoon?", API=f"{proxy.url}/api", TOKEN=token)

    assert (ended.code, ended.err) == (0, "")
    text, state = ended.out.rstrip("\n").rsplit("\n", 1)
    assert text.endswith("would now think about that.")
    assert (text.count("What is a monsoon?"), state) == (1, "complete")


async def test_the_example_prints_the_reason_of_a_refusal(shared: World, tmp_path: Path) -> None:
    example = beside_the_packages(tmp_path) / "ui_chat.mjs"

    ended = await run(NODE, str(example), "Hello", API=f"{shared.address}/api", TOKEN="garbage")

    assert json.loads(ended.out)["error"]["code"] == "unauthenticated"
