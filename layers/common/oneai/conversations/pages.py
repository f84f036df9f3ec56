"""Page sizes: at most the requested limit, and no more than fits into a Lambda response."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, Field

# A part of Lambda's 6 MB, measured as returned: JSON within JSON.
PAGE_BYTES = 5_500_000


class PageRequest(BaseModel):
    """The page of a list to return."""

    cursor: str | None = Field(default=None, max_length=2000, description="`next_cursor` of the previous page.")
    limit: int = Field(
        default=50,
        ge=1,
        le=100,
        description="The maximum number of items; a page that is too large for one answer ends earlier.",
    )


def count_fitting(items: Sequence[BaseModel], page_bytes: int = PAGE_BYTES) -> int:
    """How many of `items` fit on one page; at least one."""
    size = 0
    for count, item in enumerate(items):
        size += len(json.dumps(item.model_dump_json(), ensure_ascii=False).encode())
        if count and size > page_bytes:
            return count
    return len(items)
