"""Editing a question or regenerating an answer keeps the earlier versions, and the conversation branches off."""

from tests.chat.branches import message, read, seen, tree
from tests.world import StreamResult, World

ECHO = {"model": "local/echo"}


async def first_turn(world: World, text: str = "First", **fields: str) -> tuple[str, dict[str, str], StreamResult]:
    """A new user, the field that names their conversation, and its first answer."""
    who = world.newcomer()
    result = await world.ask(text, who, **(ECHO | fields))
    return who, {"conversation_id": result.start["conversation_id"]}, result


async def test_the_documented_example_of_revisions_holds(shared: World) -> None:
    who, talk, result = await first_turn(shared, "A question")
    await shared.ask("A better question", who, edit_of=result.start["user_message_id"], **talk)
    await shared.ask("The next question", who, **talk)

    lines = [(each.role, each.seq, each.rev) for each in tree(shared, talk["conversation_id"])]

    assert lines == [
        ("user", 1, 0),
        ("assistant", 2, 0),
        ("user", 1, 1),
        ("assistant", 2, 1),
        ("user", 3, 0),
        ("assistant", 4, 0),
    ]


async def test_an_edited_question_and_its_answer_replace_the_originals(shared: World) -> None:
    who, talk, old = await first_turn(shared, "Old")

    new = await shared.ask("New", who, edit_of=old.start["user_message_id"], **talk)

    question, answer = message(shared, new.start["user_message_id"]), message(shared, new.start["message_id"])
    assert (question.type, question.original, question.seq, question.rev, question.parent) == (
        *("user_edit", old.start["user_message_id"], 1, 1),
        None,
    )
    assert (answer.type, answer.original, answer.seq, answer.rev) == (
        *("regeneration", old.start["message_id"]),
        *(2, 1),
    )
    # It hangs on the new question, so it is no sibling of the old answer.
    assert answer.parent == question.id
    before = message(shared, old.start["message_id"])
    assert (before.chosen, before.seen, before.type, before.original, before.rev) == (True, False, None, None, 0)
    assert not message(shared, old.start["user_message_id"]).chosen
    page = (await shared.get(f"/conversations/{talk['conversation_id']}/messages", who)).json()
    assert [each["revision_count"] for each in page["items"]] == [2, 1]
    assert new.last["state"] == "complete"


async def test_an_edit_of_an_edit_still_names_the_original(shared: World) -> None:
    who, talk, one = await first_turn(shared, "One")
    two = await shared.ask("Two", who, edit_of=one.start["user_message_id"])

    three = await shared.ask("Three", who, edit_of=two.start["user_message_id"])

    question, answer = message(shared, three.start["user_message_id"]), message(shared, three.start["message_id"])
    assert (question.original, question.rev) == (one.start["user_message_id"], 2)
    assert (answer.original, answer.rev) == (one.start["message_id"], 2)
    assert seen(shared, talk["conversation_id"]) == ["Three", "Three"]


async def test_a_message_id_implies_its_conversation(shared: World) -> None:
    who, talk, old = await first_turn(shared)

    edited = await shared.ask("New", who, edit_of=old.start["user_message_id"])
    again = await shared.ask(None, who, regenerate_of=edited.start["message_id"])

    assert edited.start["conversation_id"] == again.start["conversation_id"] == talk["conversation_id"]


async def test_a_regenerated_answer_is_a_sibling_of_the_original(shared: World) -> None:
    who, talk, old = await first_turn(shared, "The question")

    new = await shared.ask(None, who, regenerate_of=old.start["message_id"], **talk)

    assert new.start["user_message_id"] == old.start["user_message_id"]
    assert (new.names, new.text, new.last["state"]) == (["start", "delta", "done"], "The question", "complete")
    answer = message(shared, new.start["message_id"])
    assert (answer.type, answer.original, answer.seq, answer.rev, answer.parent, answer.seen) == (
        *("regeneration", old.start["message_id"], 2, 1),
        *(old.start["user_message_id"], True),
    )
    assert not message(shared, old.start["message_id"]).chosen
    page = (await shared.get(f"/conversations/{talk['conversation_id']}/messages", who)).json()
    assert [each["revision_count"] for each in page["items"]] == [1, 2]
    third = await shared.ask(None, who, regenerate_of=new.start["message_id"], **talk)
    assert message(shared, third.start["message_id"]).original == old.start["message_id"]
    assert shared.quota(who) == (3, 0)


async def test_an_answer_is_regenerated_by_its_own_model_or_by_another(shared: World) -> None:
    who, talk, old = await first_turn(shared)
    # The conversation has moved on to another model since.
    await shared.ask("Second", who, model="openai/gpt-4.1-mini", **talk)

    same = await shared.ask(None, who, regenerate_of=old.start["message_id"], **talk)
    other = await shared.ask(None, who, regenerate_of=old.start["message_id"], model="local/reasoning", **talk)

    assert same.start["model"] == "local/echo"
    assert other.start["model"] == message(shared, other.start["message_id"]).model == "local/reasoning"
    # Trying another model once is no choice for the conversation.
    assert (await shared.ask("Third", who, **talk)).start["model"] == "openai/gpt-4.1-mini"


async def test_a_conversation_keeps_the_model_named_last(shared: World) -> None:
    who, talk, _ = await first_turn(shared)

    unnamed = await shared.ask("Second", who, **talk)
    fresh = await shared.ask("Elsewhere", who)

    assert unnamed.start["model"] == "local/echo"
    assert fresh.start["model"] != "local/echo"


async def test_a_follow_up_in_a_new_branch_is_an_original(shared: World) -> None:
    who, talk, old = await first_turn(shared, "Old")
    await shared.ask("Old follow-up", who, **talk)
    new = await shared.ask("New", who, edit_of=old.start["user_message_id"], **talk)

    after = await shared.ask("New follow-up", who, **talk)

    question, answer = message(shared, after.start["user_message_id"]), message(shared, after.start["message_id"])
    assert (question.type, question.original, answer.type, answer.original) == (None, None, None, None)
    assert (question.seq, question.rev, question.parent) == (3, 1, new.start["message_id"])
    assert (answer.seq, answer.rev, answer.parent) == (4, 1, question.id)
    assert seen(shared, talk["conversation_id"]) == ["New", "New", "New follow-up", "New follow-up"]
    # What followed the old question is kept, out of sight.
    assert [each.content for each in tree(shared, talk["conversation_id"]) if not each.seen] == [
        *("Old", "Old", "Old follow-up", "Old follow-up")
    ]


async def test_the_model_reads_the_branch_of_the_question(shared: World) -> None:
    who, talk, one = await first_turn(shared, "1")
    two = await shared.ask("2", who, **talk)
    assert await read(shared) == ["1", "1", "2"]

    await shared.ask("2b", who, edit_of=two.start["user_message_id"])
    assert await read(shared) == ["1", "1", "2b"]
    await shared.ask(None, who, regenerate_of=two.start["message_id"])
    assert await read(shared) == ["1", "1", "2"], "an answer in a branch that is not seen brings its question back"
    await shared.ask("3", who, **talk)
    assert await read(shared) == ["1", "1", "2", "2", "3"]
    await shared.ask("1b", who, edit_of=one.start["user_message_id"])
    assert await read(shared) == ["1b"]
    await shared.ask("2c", who, **talk)
    assert await read(shared) == ["1b", "1b", "2c"]
    await shared.ask(None, who, regenerate_of=one.start["message_id"])
    assert await read(shared) == ["1"]
    assert seen(shared, talk["conversation_id"]) == ["1", "1"]


async def test_an_edit_in_a_hidden_branch_shows_that_branch(shared: World) -> None:
    who, talk, one = await first_turn(shared, "1")
    two = await shared.ask("2", who, **talk)
    await shared.ask("3", who, **talk)
    await shared.ask("1b", who, edit_of=one.start["user_message_id"])
    assert seen(shared, talk["conversation_id"]) == ["1b", "1b"]

    new = await shared.ask("2b", who, edit_of=two.start["user_message_id"])

    assert seen(shared, talk["conversation_id"]) == ["1", "1", "2b", "2b"]
    question = message(shared, new.start["user_message_id"])
    assert (question.original, question.parent) == (two.start["user_message_id"], one.start["message_id"])
    assert await read(shared) == ["1", "1", "2b"]


async def test_nested_branches_are_numbered_independently(shared: World) -> None:
    who, talk, one = await first_turn(shared, "1")
    two = await shared.ask("2", who, **talk)
    await shared.ask(None, who, regenerate_of=two.start["message_id"])
    await shared.ask("1b", who, edit_of=one.start["user_message_id"])
    inner = await shared.ask("2b", who, **talk)
    await shared.ask(None, who, regenerate_of=inner.start["message_id"])
    await shared.ask("2c", who, edit_of=inner.start["user_message_id"])

    numbers = [(each.seq, each.rev) for each in tree(shared, talk["conversation_id"])]

    assert len(set(numbers)) == len(numbers), "a number is given once per place"
    for seq in (1, 2, 3, 4):
        assert sorted(rev for at, rev in numbers if at == seq) == list(range(sum(at == seq for at, _ in numbers)))
    assert seen(shared, talk["conversation_id"]) == ["1b", "1b", "2c", "2c"]
    siblings: dict[tuple[str | None, str], int] = {}
    for each in tree(shared, talk["conversation_id"]):
        siblings[each.parent, each.role] = siblings.get((each.parent, each.role), 0) + each.chosen
    assert set(siblings.values()) == {1}, "one of each group of siblings is chosen"


async def test_a_failed_answer_can_be_regenerated(shared: World) -> None:
    who, talk, failed = await first_turn(shared, "Say something", model="local/empty")
    assert failed.last["state"] == "failed"

    good = await shared.ask(None, who, regenerate_of=failed.start["message_id"], **ECHO)

    assert (good.text, good.last["state"]) == ("Say something", "complete")
    assert await read(shared) == ["Say something"]
    assert shared.quota(who) == (1, 0)
    assert seen(shared, talk["conversation_id"]) == ["Say something", "Say something"]


async def test_a_failed_revision_is_visible_until_the_user_switches_back(shared: World) -> None:
    who, talk, old = await first_turn(shared, "Fine")

    failed = await shared.ask(None, who, regenerate_of=old.start["message_id"], model="local/empty")

    assert failed.last["state"] == "failed"
    assert seen(shared, talk["conversation_id"]) == ["Fine", ""]
    assert shared.quota(who) == (1, 0)
    assert (await shared.ask("Next", who, **talk)).last["state"] == "complete"
    assert await read(shared) == ["Fine", "Next"]
