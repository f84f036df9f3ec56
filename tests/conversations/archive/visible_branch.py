"""The visible branch of an imported conversation."""

from typing import Any

from oneai.conversations.archive import import_rows
from tests.world import World


async def visible(world: World, talk: str, who: str) -> list[dict[str, Any]]:
    """The visible branch, all of it."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = (await world.get(f"/conversations/{talk}/messages", who, **params)).json()
        items = page["items"] + items
        cursor = page["next_cursor"]
        if not cursor:
            return items


def grown(value: Any, user: Any) -> list[dict[str, Any]]:
    """The messages that come of a conversation, without a database; raises Unfit."""
    rows: list[dict[str, Any]] = import_rows.read(user, value)["messages"]
    return rows


def assert_valid_tree(rows: list[dict[str, Any]]) -> None:
    """Asserts a valid tree: alternating roles, consecutive numbers, one chosen per group, one latest per number."""
    known = {row["id"]: row for row in rows}
    assert len(known) == len(rows)
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        parent = known[row["parent_message_id"]] if row["parent_message_id"] else None
        assert row["sequence_number"] == (parent["sequence_number"] + 1 if parent else 1)
        assert row["role"] == ("user" if row["sequence_number"] % 2 else "assistant")
        assert row["is_latest"] == (row["is_chosen"] and (parent is None or parent["is_latest"]))
        groups.setdefault(row["parent_message_id"], []).append(row)
        if row["original_message_id"]:
            original = known[row["original_message_id"]]
            assert original["sequence_number"] == row["sequence_number"]
            assert original["original_message_id"] is None
        assert bool(row["original_message_id"]) == bool(row["revision_type"])
    for group in groups.values():
        assert sum(row["is_chosen"] for row in group) == 1
    numbers = sorted((row["sequence_number"], row["revision_number"]) for row in rows)
    for place, (sequence, revision) in enumerate(numbers):
        first = place == 0 or numbers[place - 1][0] != sequence
        assert revision == (0 if first else numbers[place - 1][1] + 1)
