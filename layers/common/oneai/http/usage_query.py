"""The query parameters of every usage report."""

from typing import Annotated

from fastapi import Query

from oneai.times import BOUNDARY
from oneai.usage import GroupBy

Since = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="The start of the range, a day or an instant. Absent: thirty days before `to`.",
    ),
    BOUNDARY,
]
Until = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=40,
        description="The end of the range: a day (inclusive) or an instant (exclusive). Absent: today.",
    ),
    BOUNDARY,
]
Grouped = Annotated[GroupBy | None, Query(description="The grouping of `items`; absent: there are none.")]
Zone = Annotated[str, Query(max_length=64, description="The time zone of the days: an IANA name.")]
