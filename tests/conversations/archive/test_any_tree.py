"""Any tree in a file becomes one of ours, or an error that says why not."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from oneai.conversations.archive import import_rows
from oneai.conversations.archive.external import InvalidConversation, clean
from tests.conversations.archive.samples import ChatGPT, branched_claude, chatgpt
from tests.conversations.archive.visible_branch import assert_valid_tree

USER = UUID("0197a3c2-5f6e-7c41-9b1d-2f0e8a4d6c11")
ROLES = ("user", "assistant", "system", "tool", None)

json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


# Without the marks of citations, which are left out of a text.
letters = some.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, range(0xE200, 0xE207))))


@given(
    some.lists(some.tuples(some.sampled_from(ROLES), some.integers(0, 40), some.text(letters, max_size=5)), max_size=40)
)
def test_any_roles_in_any_order_become_questions_and_answers(nodes: list[tuple[str | None, int, str]]) -> None:
    talk = ChatGPT()
    for role, parent, text in nodes:
        talk.add(f"node-{parent % len(talk.mapping)}", role, text)

    rows = import_rows.read(USER, talk.exported())["messages"]

    assert_valid_tree(rows)
    said = "\n".join(row["content"] for row in rows)
    for role, _, text in nodes:
        if role in ("user", "assistant") and text.strip():
            assert clean(text) in said
    assert bool(rows) == any(row["is_latest"] for row in rows)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


SAMPLES = [chatgpt(), branched_claude()]
PLACES = [places(sample)[1:] for sample in SAMPLES]


@given(some.data())
def test_a_file_with_any_value_anywhere_is_imported_or_refused(data: some.DataObject) -> None:
    which = data.draw(some.integers(0, 1))
    value = json.loads(json.dumps(SAMPLES[which]))
    for _ in range(data.draw(some.integers(1, 3))):
        *path, last = data.draw(some.sampled_from(PLACES[which]))
        inside = value
        for key in path:
            try:
                inside = inside[key]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(inside, dict) or (isinstance(inside, list) and isinstance(last, int) and last < len(inside)):
            inside[last] = data.draw(json_values)
    with suppress(InvalidConversation):
        rows = import_rows.read(USER, value)["messages"]
        assert_valid_tree(rows)
        json.dumps(rows, ensure_ascii=False).encode()


@given(json_values)
def test_any_value_is_imported_or_refused(value: Any) -> None:
    for whole in (value, {"format": "oneai.conversation", "version": 1, "messages": value, "conversation": value}):
        with suppress(InvalidConversation):
            import_rows.read(USER, whole)
