"""The query parameters of every report of usage."""

from typing import Annotated

from fastapi import Query

from oneai.times import BOUNDARY
from oneai.usage import GroupBy

Since = Annotated[
    str | None,
    Query(alias="from", max_length=40, description="From this day or instant on. Absent: thirty days before `to`."),
    BOUNDARY,
]
Until = Annotated[
    str | None,
    Query(alias="to", max_length=40, description="To the end of this day, or before this instant. Absent: today."),
    BOUNDARY,
]
Grouped = Annotated[GroupBy | None, Query(description="What `items` are; absent: there are none.")]
Zone = Annotated[str, Query(max_length=64, description="Whose days are meant and counted: an IANA time zone.")]
