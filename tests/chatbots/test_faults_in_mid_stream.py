"""What becomes of an answer while its chatbot is paused or deleted, or its plan ends. Suspended ones are in
test_reports.py."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team
from tests.world import StreamResult, World


async def test_an_answer_ends_settled_and_the_next_question_finds_what_happened(shared: World) -> None:
    owner = shared.newcomer()
    paused, deleted, lapsed = [
        Website.of_workspace(shared, insert_team(shared.database, shared.people[owner], tier="team", seats=2))
        for _ in range(3)
    ]

    async def pause() -> None:
        answer = await shared.post(f"/chatbots/{paused.chatbot}/toggle", None, owner)
        assert answer.json() == {"status": "paused"}

    async def delete() -> None:
        path = f"/chatbots/{deleted.chatbot}"
        assert (await shared.http.delete(path, headers=shared.headers(owner))).status_code == 204

    async def lapse() -> None:
        shared.database.rows(
            "update oneai.workspaces as w set subscription_tier = 'none' from oneai.chatbots as c "
            "where c.id = %s and w.id = c.workspace_id",
            lapsed.chatbot,
        )

    async def asked(website: Website, fault: Callable[[], Awaitable[None]]) -> tuple[StreamResult, StreamResult]:
        """The answer during which this happens, and what the visitor gets next."""
        # Ten seconds of words: the fault comes among the first.
        shared.database.rows(
            "update oneai.chatbot_versions "
            'set configuration = configuration || \'{"model": "local/slow", "max_tokens": 50}\' where chatbot_id = %s',
            website.chatbot,
        )
        visitor = await website.visitor()
        async with website.asking(visitor) as stream:
            await stream.next()
            await stream.next()
            await fault()
            await stream.to_the_end()
        return stream.result, await website.ask(visitor, "Still there?")

    results = await asyncio.gather(asked(paused, pause), asked(deleted, delete), asked(lapsed, lapse))
    for website, (result, _) in zip((paused, deleted, lapsed), results, strict=True):
        assert result.last["state"] in ("complete", "truncated")
        assert "slowly slowly" in result.text
        settled = shared.database.rows(
            "select r.settled_at is not null, e.charged, e.cost_micro_usd > 0 from oneai.reservations as r "
            "join oneai.usage_events as e on e.message_id = r.id where r.chatbot_id = %s",
            website.chatbot,
        )
        assert settled == [(True, 1, True)]
        counted = shared.database.one(
            "select sum(b.micro_usd) = ("
            "select sum(e.cost_micro_usd) from oneai.usage_events as e where e.chatbot_id = b.chatbot_id) "
            "from oneai.chatbot_budgets as b where b.chatbot_id = %s and b.period = 'day' group by b.chatbot_id",
            website.chatbot,
        )
        assert counted is True
    (_, while_paused), (_, after_deletion), (_, without_plan) = results
    assert (after_deletion.status, after_deletion.code) == (404, "chatbot_not_found")
    for offline in (while_paused, without_plan):
        assert (offline.status, offline.body["mode"], offline.body["form"]) == (200, "offline", True)
