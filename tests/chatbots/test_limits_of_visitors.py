"""What visitors may ask and cost: in sequence, together, and after failures halfway."""

import asyncio
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from oneai import chat
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.admit_visitor import Offline, VisitorQuestion, admit_visitor
from oneai.chatbots import visitor as visitors
from oneai.chatbots.identity import Identity
from oneai.chatbots.visitor_feedback import LEADS_PER_DAY
from oneai.errors import OneAIError
from tests.chatbots.made import limit
from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team
from tests.world import World


def _sums(website: Website) -> list[tuple[str, int, int, int, int]]:
    """The sums of the workspace by period, which have to be those of its only chatbot."""
    of_both = [
        website.world.database.rows(
            "select period, sum(answers)::int, sum(micro_usd)::int, sum(stranger_answers)::int, "
            "sum(stranger_micro_usd)::int from oneai.chatbot_budgets where chatbot_id = %s "
            "group by period order by period",
            subject,
        )
        for subject in (
            website.chatbot,
            website.world.database.one("select workspace_id from oneai.chatbots where id = %s", website.chatbot),
        )
    ]
    assert of_both[0] == of_both[1]
    return of_both[0]


def _cost(website: Website) -> int:
    """What the chatbot's answers have cost, by the ledger."""
    return int(
        website.world.database.one(
            "select coalesce(sum(cost_micro_usd), 0) from oneai.usage_events where chatbot_id = %s", website.chatbot
        )
    )


async def _admitted(website: Website, n: int, networks: int = 1, visitor: visitors.Visitor | None = None) -> str:
    """Asks as a visitor from one of these networks, without writing the answer; what became of it."""
    asker = visitor or visitors.by_handle(website.public_id, visitors.new_handle())
    network = visitors.network_hash(f"198.51.100.{n % networks}")
    try:
        result = await admit_visitor(asker, VisitorQuestion(message=f"Question {n}"), network)
    except OneAIError as refusal:
        return refusal.code
    return f"offline: {result.reason}" if isinstance(result, Offline) else "admitted"


async def _ask_together(website: Website, count: int, networks: int) -> Counter[str]:
    return Counter(await asyncio.gather(*(_admitted(website, n, networks) for n in range(count))))


async def test_limits_of_address_and_visitor_are_exact_and_say_when_to_return(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    limit(shared.database, website.chatbot, visitor_per_hour=2, address_per_hour=3)
    one, two = await website.visitor(), await website.visitor()
    assert [(await website.ask(one)).status for _ in range(2)] == [200, 200]
    third = await website.ask(one)
    assert (third.status, third.code) == (429, "visitor_limit")
    assert 0 < int(third.headers["retry-after"]) <= 3600

    # What the visitor's limit refused took nothing from the address.
    assert (await website.ask(two)).status == 200
    fourth = await website.ask(two)
    assert (fourth.status, fourth.code) == (429, "address_limit")
    assert 0 < int(fourth.headers["retry-after"]) <= 3600
    assert (
        shared.database.one(
            "select count(*) from oneai.visitor_requests where chatbot_id = %s and kind = 'question'", website.chatbot
        )
        == 3
    )

    together = await _ask_together(website, 12, networks=2)
    assert together == {"admitted": 6, "address_limit": 6}
    shared.database.advance(3600)
    assert (await website.ask(await website.visitor())).status == 200


async def test_what_visitors_cost_stays_below_every_bound_when_they_ask_together(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    limit(shared.database, website.chatbot, answers_per_day=18)
    # A sixth of the day in an hour. Strangers get two thirds of it; the rest is for those who were here before.
    assert await _ask_together(website, 12, networks=10) == {"admitted": 2, "offline: spent": 10}
    known = visitors.by_identity(website.public_id, Identity("customer-1"))
    assert [await _admitted(website, 90, 10, known) for _ in range(2)] == ["admitted", "offline: spent"]
    assert [answers for _, answers, *_ in _sums(website)] == [3, 3, 3]

    # Another chatbot of the workspace raises nothing, nor does deleting the first.
    second = Website.of(shared, who)
    limit(shared.database, second.chatbot, answers_per_day=18)
    assert await _ask_together(second, 6, networks=6) == {"offline: spent": 6}
    shared.database.rows("delete from oneai.chatbots where id = %s", website.chatbot)
    assert await _ask_together(second, 6, networks=6) == {"offline: spent": 6}

    # What was refused left nothing behind.
    workspace = shared.people[who]
    assert shared.database.one("select count(*) from oneai.reservations where workspace_id = %s", workspace) == 3
    assert shared.quota(who)[1] == 3


async def test_no_hour_has_more_than_its_part_and_the_owner_is_mailed_once_a_day(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    limit(shared.database, website.chatbot, answers_per_day=18)
    known = [visitors.by_identity(website.public_id, Identity(f"customer-{n}")) for n in range(6)]

    def mails() -> list[tuple[str, str]]:
        shared.database.rows("select oneai.mail_about_events(500)")
        return shared.database.rows(
            "select data ->> 'cause', data ->> 'chatbot_id' from oneai.outbox "
            "where user_id = %s and kind = 'chatbot_away' order by created_at",
            shared.people[who],
        )

    assert [await _admitted(website, n, 10, known[n]) for n in range(3)] == ["admitted"] * 3
    assert mails() == []
    # Whichever clock hour it is, the sixty minutes after an answer are one hour.
    for minutes in (0, 50):
        shared.database.advance(minutes * 60)
        assert await _admitted(website, 4, 10, known[4]) == "offline: spent"
    shared.database.advance(25 * 60)
    assert await _admitted(website, 5, 10, known[5]) == "admitted"
    assert set(mails()) == {("hour", website.chatbot)}
    limit(shared.database, website.chatbot, answers_per_day=0)
    shared.database.rows("delete from oneai.outbox where user_id = %s", shared.people[who])
    together = await _ask_together(website, 4, networks=4)
    assert (together, mails()) == ({"offline: spent": 4}, [("day", website.chatbot)])


async def test_owners_and_admins_set_what_all_chatbots_share(shared: World) -> None:
    owner, admin, member = (shared.newcomer() for _ in range(3))
    people = shared.people
    team = insert_team(shared.database, people[owner], tier="team", admin=people[admin], member=people[member])
    first, second = Website.of_workspace(shared, team), Website.of_workspace(shared, team)
    path = f"/workspaces/{team}"

    async def change(who: str, **fields: object) -> httpx.Response:
        return await shared.http.patch(path, json=fields, headers=shared.headers(who))

    shown = (await shared.get(path, owner)).json()
    unset = {"answers_per_day": None, "micro_usd_per_day": None, "micro_usd_per_month": None}
    assert (shown["visitors_percent"], shown["chatbot_limits"]) == (50, unset)
    assert (await change(member, chatbot_limits={"answers_per_day": 6})).status_code == 403
    assert (await change(admin, visitors_percent=101)).status_code == 422
    changed = await change(admin, chatbotLimits={"answersPerDay": 18}, visitors_percent=0)
    assert changed.json()["chatbot_limits"] == unset | {"answers_per_day": 18}
    # Nothing of the plan is for visitors.
    assert await _admitted(first, 0) == "offline: spent"
    assert (await change(owner, visitors_percent=50)).json()["chatbot_limits"]["answers_per_day"] == 18
    # Three in an hour: strangers have two of them, whichever of the chatbots they ask.
    assert [await _admitted(each, n, 10) for n, each in enumerate((first, second, first, second))] == [
        *("admitted", "admitted", "offline: spent", "offline: spent")
    ]
    assert (await change(owner, chatbot_limits={})).json()["chatbot_limits"] == unset
    assert await _admitted(second, 9) == "admitted"
    logged = shared.database.rows(
        "select detail -> 'fields' from oneai.audit_log where target_id = %s and action = 'workspace.update' "
        "order by id",
        str(team),
    )
    assert logged[0] == ["chatbot_limits", "visitors_percent"]


async def test_money_is_held_before_the_answer_and_settled_after_deletions(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    visitor = await website.visitor()
    await website.ask(visitor)
    assert [each[1:3] for each in _sums(website)] == [(1, _cost(website))] * 3

    held = []
    for n in range(3):
        asker = visitors.by_handle(website.public_id, visitors.new_handle())
        turn = await admit_visitor(asker, VisitorQuestion(message="Hello"), visitors.network_hash(str(n)))
        assert isinstance(turn, Turn)
        held.append(turn)
    assert [each[1] for each in _sums(website)] == [4] * 3
    assert all(each[2] > _cost(website) for each in _sums(website))
    # One is written although its visitor is forgotten; the process of one dies; of the last the chatbot is erased.
    shared.database.rows("delete from oneai.chatbot_visitors where id = %s", held[0].principal.user_id)
    for turn in (held[0], held[2]):
        if turn is held[2]:
            shared.database.rows("delete from oneai.chatbots where id = %s", website.chatbot)
        answer = chat.begin(turn, deadline=2**40)
        assert answer.task is not None
        await answer.task
    shared.database.advance(60)
    shared.database.rows("select oneai.expire_answer(%s)", held[1].message_id)

    sums = shared.database.rows(
        "select answers::int, micro_usd::int from oneai.chatbot_budgets where workspace_id = %s", shared.people[who]
    )
    cost = _cost(website)
    assert {money for _, money in sums} == {cost}
    assert shared.quota(who)[1] == 0
    assert (
        shared.database.rows(
            "select 1 from oneai.reservations where settled_at is null and chatbot_id = %s", website.chatbot
        )
        == []
    )


async def test_visitors_take_half_of_the_plans_units_and_members_keep_the_rest(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    workspace = shared.people[who]
    await website.ask(await website.visitor())
    shared.database.rows(
        "update oneai.usage_quotas set quota_limit = 4 where workspace_id = %s and quota_key = 'small_messages'",
        workspace,
    )
    assert await _ask_together(website, 4, networks=4) == {"admitted": 1, "offline: spent": 3}
    assert (await shared.ask("Mine", who)).last["state"] == "complete"


async def test_a_free_chatbot_answers_fifty_visitors_in_a_month(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    limit(shared.database, website.chatbot, answers_per_day=10_000, micro_usd_per_day=10**9, micro_usd_per_month=10**9)
    assert (await website.ask(await website.visitor())).last["state"] == "complete"
    # Else half of the plan's units were less.
    shared.database.rows(
        "update oneai.usage_quotas set quota_limit = 1000 where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )
    assert await _ask_together(website, 53, networks=10) == {"admitted": 49, "offline: spent": 4}
    away = await website.post(await website.visitor(), "chat", {"message": "Hello?"})
    assert away.json()["mode"] == "offline"
    assert [answers for _, answers, *_ in _sums(website)] == [50, 50, 50]


async def test_a_chatbot_that_does_not_answer_says_so_and_still_counts_questions(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    visitor = await website.visitor()
    limit(shared.database, website.chatbot, visitor_per_hour=5)
    states = [
        ("update oneai.chatbots set status = 'paused' where id = %s", website.chatbot),
        ("update oneai.users set suspended_at = oneai.now() where id = %s", shared.people[who]),
        ("update oneai.chatbots set limits = limits || '{\"micro_usd_per_day\": 0}' where id = %s", website.chatbot),
    ]
    undone = [
        ("update oneai.chatbots set status = 'published' where id = %s", website.chatbot),
        ("update oneai.users set suspended_at = null where id = %s", shared.people[who]),
        ("select %s", website.chatbot),
    ]
    for (change, subject), (undo, _) in zip(states, undone, strict=True):
        shared.database.rows(change, subject)
        offline = await website.post(visitor, "chat", {"message": "Hello?"})
        assert (offline.status_code, offline.json()) == (
            200,
            {"mode": "offline", "message": "", "answers": [], "form": True},
        )
        shared.database.rows(undo, subject)
    await website.post(visitor, "chat", {"message": "Hello?", "message_id": str(uuid4())})
    await website.post(visitor, "chat", {"message": "Hello?"})
    refused = await website.post(visitor, "chat", {"message": "Hello?"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "visitor_limit")
    assert (
        shared.database.one("select count(*) from oneai.reservations where workspace_id = %s", shared.people[who]) == 0
    )


async def test_an_address_leaves_a_bounded_number_of_leads_in_a_day(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    limit(shared.database, website.chatbot, visitor_per_hour=1)
    shared.database.rows("update oneai.chatbots set status = 'paused' where id = %s", website.chatbot)
    visitor, other = await website.visitor(), await website.visitor()
    lead = {"email": " Me@Example.com", "name": "Asha", "message": "Call me"}
    assert (await website.post(visitor, "leads", lead | {"email": "nobody"})).status_code == 422
    sent = await asyncio.gather(*(website.post(visitor, "leads", lead) for _ in range(LEADS_PER_DAY + 3)))
    assert Counter(each.status_code for each in sent) == {201: LEADS_PER_DAY, 429: 3}
    kept = shared.database.rows(
        "select distinct name, email, message from oneai.chatbot_leads where chatbot_id = %s", website.chatbot
    )
    assert kept == [("Asha", "me@example.com", "Call me")]
    # Neither another visitor nor one who had everything forgotten sends more, and questions have limits of their own.
    assert (await shared.http.delete(f"{website.path}/visitor", headers=visitor)).status_code == 204
    refused = await website.post(other, "leads", lead)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "address_limit")
    assert 3600 < int(refused.headers["retry-after"]) <= 86_400
    assert (await website.post(visitor, "chat", {"message": "Hello?"})).json()["mode"] == "offline"

    shared.database.advance(86_400)
    assert (await website.post(other, "leads", lead)).status_code == 201


def test_the_hash_of_a_network_is_another_one_in_each_month(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for month in ("2026-11", "2026-12"):
        monkeypatch.setattr(visitors, "_month", lambda month=month: month)
        hashes |= {visitors.network_hash("198.51.100.1") for _ in range(2)}

    assert len(hashes) == 2
