"""A row that does not fit its model is a mistake of ours: neither error nor log holds its text."""

import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest
from pydantic import BaseModel

from oneai.errors import InternalError
from oneai.postgres import db
from tests.world import World

WORDS = "meet me at the old mill"


class Rating(BaseModel):
    """A model that the row below does not fit."""

    rating: int
    note: str


async def _alone() -> None:
    await db.as_service("select %s as rating, 'a note' as note", [WORDS], Rating)


async def _in_a_transaction() -> None:
    async with db.transaction() as work:
        await work.all("select %s as rating, 'a note' as note", [WORDS], Rating)


@pytest.mark.parametrize("read", [_alone, _in_a_transaction])
async def test_neither_a_traceback_nor_a_log_line_contains_text_of_a_refused_row(
    read: Callable[[], Awaitable[None]], shared: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "oneai")

    with pytest.raises(InternalError) as refused:
        await read()

    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    text = f"{vars(line)}" + "".join(traceback.format_exception(refused.value))
    assert "rating: int_parsing" in text
    assert "Rating" in text
    assert WORDS not in text
