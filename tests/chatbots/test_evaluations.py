"""Questions with what has to be in the answer: run against the draft and a version, and paid to the unit."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from oneai.chat.jobs.evaluations import answer_evaluations
from oneai.chatbots.evaluation_checks import Checks
from oneai.postgres import db
from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website
from tests.patience import PATIENCE
from tests.workspaces.teams import add_member, insert_team, refusal
from tests.world import World

LEASE = "How many months does the lease run?"
TEA = "Berapa harga teh?"


@pytest.mark.parametrize(
    ("checks", "text", "outcome", "failed"),
    [
        (Checks(["Ｅleven  MONTHS"], ["twelve"], [], False), "It runs\neleven\nmonths.", "answered", []),
        (Checks(["STRASSE"], [], [], False), "Die Straße.", "answered", []),
        (Checks(["twelve"], ["Eleven"], [], False), "Eleven.", "answered", ["must_contain", "must_not_contain"]),
        (Checks([], [], [UUID(int=1)], False), "Eleven.", "answered", ["sources"]),
        (Checks([], [], [UUID(int=2)], False), "Eleven.", "answered", []),
        (Checks([], [], [], True), "Eleven.", "partial", ["must_not_know"]),
        (Checks([], [], [], True), "We do not know.", "not_found", []),
    ],
)
def test_checks_compare_texts_sources_and_the_outcome(
    checks: Checks, text: str, outcome: str, failed: list[str]
) -> None:
    assert [each.check for each in checks.failures(text, outcome, {UUID(int=2)})] == failed


async def _chatbot_of_a_team(world: World, **members: str) -> tuple[Website, UUID, UUID]:
    """A chatbot whose draft knows the lease, its team, and the lease."""
    people = {role: world.people[who] for role, who in members.items()}
    owner = people.pop("owner")
    team = insert_team(world.database, owner, tier="team")
    for role, user in people.items():
        add_member(world.database, team, user, role)
    website = Website.of_workspace(world, team)
    lease = insert_document(world.database, team, owner, "The lease runs for eleven months. It ends in May.")
    name_documents(world.database, website.chatbot, lease)
    granted = await world.http.patch(
        f"/chatbots/{website.chatbot}",
        json={"knowledge": {"mode": "documents_first"}},
        headers=world.headers(members["owner"]),
    )
    assert granted.is_success, granted.text
    world.database.rows("delete from oneai.chatbot_evaluations where chatbot_id = %s", website.chatbot)
    world.database.rows("delete from oneai.chatbot_evaluation_runs where chatbot_id = %s", website.chatbot)
    return website, team, lease


async def _add(website: Website, who: str, count: int) -> None:
    for n in range(count):
        body = {"question": f"{LEASE} {n}", "must_contain": ["lease"]}
        assert (await website.world.post(f"/chatbots/{website.chatbot}/evaluations", body, who)).status_code == 201


async def _run(website: Website, who: str, version: int | str = "draft", query: str = "") -> httpx.Response:
    path = f"/chatbots/{website.chatbot}/evaluation-runs{query}"
    return await website.world.post(path, {"version": version}, who)


def _held(world: World, team: UUID, member: UUID) -> list[tuple[int, int]]:
    """(used, reserved) of the team's small messages and of the member's part."""
    return [
        world.database.one(
            "select used, reserved from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'",
            team,
        ),
        *world.database.rows(
            "select used::int, reserved::int from oneai.member_usage "
            "where workspace_id = %s and user_id = %s and quota_key = 'small_messages'",
            *(team, member),
        ),
    ]


async def test_a_draft_is_evaluated_beside_a_version_and_publishing_says_what_got_worse(shared: World) -> None:
    owner, member, viewer = (shared.newcomer() for _ in range(3))
    website, team, lease = await _chatbot_of_a_team(shared, owner=owner, member=member, viewer=viewer)
    path = f"/chatbots/{website.chatbot}"
    visitor = await website.visitor()
    asked = await website.ask(visitor, TEA)

    knows = {"question": LEASE, "mustContain": ["Eleven months"], "sources": [str(lease)]}
    first = (await shared.post(f"{path}/evaluations", knows, member)).json()
    taken = {"from_message_id": asked.start["message_id"], "must_not_contain": ["harga"]}
    second = (await shared.post(f"{path}/evaluations", taken, member)).json()
    assert (first["must_contain"], second["question"]) == (["Eleven months"], TEA)
    for wrong, field in (
        ({"question": LEASE}, "body"),
        ({"question": LEASE, "must_not_know": True, "must_contain": ["x"]}, "body"),
        ({"question": LEASE, "sources": [str(uuid4())]}, "sources"),
    ):
        refused = await shared.post(f"{path}/evaluations", wrong, member)
        assert refused.status_code == 422, (refused.text, field)
    for below in (str(uuid4()), asked.start["conversation_id"]):
        taken["from_message_id"] = below
        assert refusal(await shared.post(f"{path}/evaluations", taken, member)) == (404, "not_found")
    assert refusal(await shared.post(f"{path}/evaluations", knows, viewer)) == (403, "role_insufficient")
    assert refusal(await _run(website, viewer)) == (403, "role_insufficient")

    quote = await _run(website, member, "draft", "?preview=1")
    assert (quote.status_code, quote.json()["allowed"]) == (200, True)
    assert {"quota_key": "small_messages", "units": 2} in quote.json()["lines"]
    before = _held(shared, team, shared.people[member])
    runs = [(await _run(website, member, version)).json()["run_id"] for version in (1, "draft")]
    assert refusal(await _run(website, member)) == (409, "evaluation_running")
    assert _held(shared, team, shared.people[member])[0] == (before[0][0], 4)
    # What waits for the job takes no place among a member's answers.
    assert (await shared.ask("Hello", member)).status == 200

    assert await answer_evaluations(PATIENCE) == 4
    old, new = [(await shared.get(f"{path}/evaluation-runs/{run}", viewer)).json() for run in runs]
    assert [(each["state"], each["done"], each["total"]) for each in (old, new)] == [("complete", 2, 2)] * 2
    assert [each["state"] for each in old["results"]] == ["not_passed", "not_passed"]
    assert [each["failures"][0]["check"] for each in old["results"]] == ["must_contain", "must_not_contain"]
    assert [(each["state"], each["charged"]) for each in new["results"]] == [("passed", 1), ("passed", 1)]
    assert (new["results"][0]["answer"], new["is_current"]) == ("The lease runs for eleven months. [1]", True)
    assert new["cost_micro_usd"] == sum(each["cost_micro_usd"] for each in new["results"]) > 0
    assert _held(shared, team, shared.people[member]) == [(before[0][0] + 4, 0), (4, 0)]
    assert (await shared.get(f"{path}/stats", owner)).json()["answers"] == 1
    compared = (await shared.get(f"{path}/evaluation-runs/{runs[0]}/compare", viewer, **{"with": runs[1]})).json()
    assert [each["question"] for each in compared["better"]] == [LEASE, TEA]
    only = (await shared.get(f"{path}/evaluation-runs", viewer, version="draft")).json()["items"]
    assert [each["run_id"] for each in only] == [runs[1]]

    published = await shared.post(f"{path}/publish", None, owner)
    assert published.json() == {"version": 2, "worse": []}
    changed: dict[str, Any] = {"knowledge": {"documents": []}}
    await shared.http.patch(path, json=changed, headers=shared.headers(owner))
    run = (await _run(website, member)).json()["run_id"]
    await answer_evaluations(PATIENCE)
    assert (await shared.get(f"{path}/evaluation-runs/{run}", member)).json()["passed"] < 2
    worse = (await shared.post(f"{path}/publish", None, owner)).json()
    assert (worse["version"], worse["worse"][0]) == (3, {"evaluation_id": first["id"], "question": LEASE})


async def test_a_run_holds_all_its_answers_or_none_also_together_with_others(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    website, team, _ = await _chatbot_of_a_team(shared, owner=who, admin=other)
    await _add(website, who, 4)
    key = (
        "update oneai.usage_quotas set quota_limit = used + %s where workspace_id = %s and quota_key = 'small_messages'"
    )
    shared.database.rows(key, 3, team)
    refused = await _run(website, who)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota_exceeded")
    assert _held(shared, team, shared.people[who])[0] == (0, 0)
    assert (await _run(website, who, "draft", "?preview=1")).json()["allowed"] is False

    shared.database.rows(key, 7, team)
    together = await asyncio.gather(*(_run(website, each) for each in (who, other)))
    assert Counter(each.status_code for each in together) == {202: 1, 429: 1}
    assert _held(shared, team, shared.people[who])[0] == (0, 4)
    (run,) = [each.json()["run_id"] for each in together if each.status_code == 202]
    path = f"/chatbots/{website.chatbot}/evaluation-runs/{run}"
    cancelled = (await shared.post(f"{path}/cancel", None, who)).json()
    assert (cancelled["state"], cancelled["done"], cancelled["cost_micro_usd"]) == ("cancelled", 4, 0)
    assert await answer_evaluations(PATIENCE) == 0
    assert _held(shared, team, shared.people[who])[0] == (0, 0)
    spend = "select spend_micro_usd from oneai.workspaces where id = %s"
    assert shared.database.one(spend, team) == 0


async def _claimed() -> dict[str, Any]:
    (claimed,) = await db.call("select oneai.claim_evaluation()", [])
    return dict(claimed)


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("update oneai.chatbots set deletes_at = oneai.now() where workspace_id = %s", "chatbot_not_found"),
        ("update oneai.workspaces set subscription_tier = 'enterprise' where id = %s", "plan_changed"),
        ("update oneai.chatbots set draft = jsonb_set(draft, '{knowledge,documents}', '[]') where workspace_id = %s",
         "draft_changed"),
        ("delete from oneai.workspace_members where workspace_id = %s and role = 'member'", "chatbot_not_found"),
    ],
    ids=["deleted", "plan", "draft", "member"],
)  # fmt: skip
async def test_a_run_that_cannot_go_on_gives_back_what_it_has_not_asked(shared: World, what: Any, problem: str) -> None:
    owner, who = shared.newcomer(), shared.newcomer()
    website, team, _ = await _chatbot_of_a_team(shared, owner=owner, member=who)
    await _add(website, who, 3)
    run = (await _run(website, who)).json()["run_id"]

    # The process dies after it asked one question: that one is settled when its lease ends, as every answer is.
    lost = await _claimed()
    shared.database.rows(what, team)
    assert await answer_evaluations(PATIENCE) == 0
    shared.database.advance(60)
    assert shared.database.one("select oneai.expire_answer(%s)", lost["message_id"]) is True
    shared.database.advance(301)
    await answer_evaluations(PATIENCE)
    state = shared.database.rows(
        "select n.state, n.problem, r.state, r.charged from oneai.chatbot_evaluation_runs as n "
        "join oneai.chatbot_evaluation_results as r on r.run_id = n.id where n.id = %s order by r.ordinal",
        run,
    )
    assert state == [("failed", problem, "failed", 0), *[("failed", problem, "not_asked", 0)] * 2]
    assert all(reserved == 0 for _, reserved in _held(shared, team, shared.people[who]))
    assert (
        shared.database.one(
            "select count(*) from oneai.reservations where workspace_id = %s and settled_at is null", team
        )
        == 0
    )
    assert shared.database.one("select spend_micro_usd from oneai.workspaces where id = %s", team) == 0
