"""The retention of data is the same in the settings, in the API, in the guide and on the page."""

import re
from typing import get_args

import pytest

from local.data_folder import REPOSITORY
from oneai import settings
from oneai.accounts.retention_schedule import RetentionKey, schedule
from tests.world import World

GUIDE = REPOSITORY / "docs" / "guide" / "privacy.md"


def test_the_guide_shows_the_default_schedule() -> None:
    table = re.search(r"\| what \| until \|\n\|---\|---\|\n((?:\|.*\|\n)+)", GUIDE.read_text())

    assert table is not None
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table[1].splitlines()]
    assert rows == [(each.what, each.until) for each in schedule().items]


def test_every_kind_is_listed_once() -> None:
    assert [each.key for each in schedule().items] == list(get_args(RetentionKey.__value__))


async def test_the_schedule_is_public_and_follows_the_settings(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "1")
    monkeypatch.setenv("LOG_RETENTION_DAYS", "1000")
    settings.reset_cache()

    answer = await own_world.get("/retention", None)

    by_key = {each["key"]: each for each in answer.json()["items"]}
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert (by_key["usage"]["days"], by_key["usage"]["until"]) == (1, "1 day after the answer")
    assert by_key["logs"]["until"] == "1,000 days after they are written"
    assert by_key["conversations"]["days"] is None


@pytest.mark.parametrize("messages", ["retention.ts", "hi/retention.ts"])
def test_every_kind_has_its_text_on_the_page(messages: str) -> None:
    text = (REPOSITORY / "web" / "src" / "lib" / "i18n" / messages).read_text()

    assert set(re.findall(r"^    (\w+): \[", text, re.MULTILINE)) == set(get_args(RetentionKey.__value__))
