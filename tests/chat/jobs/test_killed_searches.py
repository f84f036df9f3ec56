"""An answer that searched the web, and whose process died, keeps its pages and the charge of its search."""

from tests.patience import until
from tests.second_process import OtherProcess
from tests.world import World


async def test_a_killed_answer_keeps_its_pages_and_the_charge_of_its_search(
    world: World, other_process: OtherProcess
) -> None:
    async with other_process.asking("Ferry?", model="local/searches-slowly", web_search=True) as answer:
        while (event := await answer.next()) is not None and event[0] != "delta":
            pass
        message_id = answer.result.start["message_id"]
        query = """
            select from oneai.chat_messages as m where m.id = %s and jsonb_array_length(m.metadata -> 'sources') = 2
              and exists (select from oneai.answer_pieces as p where p.message_id = m.id)
        """
        await until(lambda: world.database.rows(query, message_id))
        other_process.kill()
    world.database.advance(31)

    path = f"/conversations/{answer.result.start['conversation_id']}/messages"
    _, stored = (await world.get(path)).json()["items"]

    assert (stored["state"], [each["n"] for each in stored["metadata"]["sources"]]) == ("truncated", [1, 2])
    assert (world.quota(), world.quota(key="web_searches")) == ((1, 0), (1, 0))
