"""Folders, unread answers and exports that broke side bars of similar products (README.md)."""

import base64
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local import node
from tests.conversations.api import create_conversation, patch
from tests.world import World

FOLDER = Path(__file__).parent
CASES: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text())


@pytest.fixture(scope="module")
def outcomes() -> Any:
    """What the web app makes of each case, as its own modules say."""
    script = str(FOLDER / "read_cases.ts")
    done = subprocess.run([str(node.binary()), script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_folder_of_any_name_opens_and_holds_its_conversation(outcomes: Any) -> None:
    for n, (name, found) in enumerate(zip(CASES["folder_names"], outcomes["folders"], strict=True)):
        assert found == {"opened": [name], "inside": [f"c{n}"], "outside": ["other"]}, name


async def test_a_folder_of_any_name_is_stored_counted_and_filtered(shared: World) -> None:
    who = shared.newcomer()
    for name in CASES["folder_names"]:
        made = await create_conversation(shared, who)
        assert (await patch(shared, made["id"], who, {"folder": name})).status_code == 200
        found = (await shared.get("/conversations", who, folder=name)).json()["items"]
        assert [each["id"] for each in found] == [made["id"]], name

    counted = (await shared.get("/conversations/labels", who)).json()["folders"]
    assert {each["name"]: each["count"] for each in counted} == dict.fromkeys(CASES["folder_names"], 1)


def test_a_long_folder_shows_all_pages_and_forgets_what_is_gone(outcomes: Any) -> None:
    assert outcomes["long"] == {"pages": [50, 100, 130], "after_move": 2, "after_archiving": 0}


@pytest.mark.parametrize("at", range(len(CASES["zip_names"])))
def test_a_zip_holds_every_conversation_under_its_own_name(outcomes: Any, at: int) -> None:
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(outcomes["zips"][at]))) as file:
        assert file.testzip() is None
        assert file.namelist() == CASES["zip_names"][at]["names"]
        assert {file.read(name) for name in file.namelist()} == {b"text"}


@pytest.mark.parametrize("case", CASES["unread"], ids=lambda case: case["name"])
def test_only_an_answer_that_ended_elsewhere_is_unread(outcomes: Any, case: dict[str, Any]) -> None:
    assert outcomes["unread"][case["name"]] == case["unread"]
