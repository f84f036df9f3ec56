"""A real conversation, with everything a user can do in it, exported and imported again."""

import json

from tests.conversations.archive.trees import conversation_ids, import_file, stored_tree
from tests.world import World


async def test_a_conversation_with_edits_and_corrections_is_restored_exactly(world: World) -> None:
    first = (await world.ask("What is a tree?")).start
    talk = first["conversation_id"]
    await world.ask("And a forest?", conversation_id=talk)
    edited = (await world.ask("What is a bush?", edit_of=first["user_message_id"])).start
    for _ in range(2):
        again = (await world.ask(None, regenerate_of=edited["message_id"])).start
    side_by_side = {"compare": ["local/echo", "openai/gpt-4.1-mini"], "conversation_id": talk}
    assert (await world.ask("Which is taller?", **side_by_side)).names[-1] == "end"
    headers = world.headers()
    path = f"/conversations/{talk}/messages"
    await world.http.patch(f"{path}/{again['message_id']}", json={"content": "A small tree."}, headers=headers)
    await world.http.put(f"{path}/{again['message_id']}/feedback", json={"rating": 1, "note": "Yes"}, headers=headers)
    await world.post(f"{path}/{first['user_message_id']}/activation", None)
    before = stored_tree(world, talk)
    assert len(before["messages"]) == 12
    file = (await world.get(f"/conversations/{talk}/export")).content
    feedback = [said["feedback"] for said in json.loads(file)["messages"] if said["feedback"]]
    assert feedback == [{"rating": 1, "note": "Yes"}]
    spent = world.database.one("select count(*) from oneai.usage_events")

    assert (await world.http.delete(f"/conversations/{talk}", headers=headers)).is_success
    result = await import_file(world, file)

    assert (result["imported"], result["errors"]) == (1, [])
    (back,) = conversation_ids(world, "asha")
    assert stored_tree(world, back) == before
    assert world.database.rows("select rating, note from oneai.message_feedback") == [(1, "Yes")]
    assert world.database.one("select count(*) from oneai.usage_events") == spent
    follow_up = await world.ask("Thank you", conversation_id=back)
    assert follow_up.last["state"] == "complete"
