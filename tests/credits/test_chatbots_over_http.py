"""What chatbots do that credits pay, over HTTP: answers to visitors, drafts of replies, previews and evaluations."""

from collections.abc import Sequence

import pytest

from oneai.chat.jobs.evaluations import answer_evaluations
from oneai.chatbots.answering import retrieval, rewriting
from tests.chatbots.made import insert_document, limit, name_documents
from tests.chatbots.test_cost_of_preparation import CLAUSES, LONG
from tests.chatbots.test_previews import preview
from tests.chatbots.visitors import Website
from tests.credits.payer import MONEY, Payer, kinds, price, refused
from tests.inbox.talks import insert_talk
from tests.patience import PATIENCE
from tests.world import StreamResult, World

# What visitors ask again, which is made whole before its passages are found.
AGAIN = f"And in June? {LONG}"


class Shop:
    """The chatbot of a payer, as its visitors meet it; with `texts` it answers from a document of them."""

    def __init__(self, payer: Payer, *texts: str) -> None:
        self.payer, self.world = payer, payer.world
        self.website = Website.of(payer.world, payer.who)
        self.chatbot, self._database = self.website.chatbot, payer.world.database
        self._database.rows("delete from oneai.chatbot_evaluations where chatbot_id = %s", self.chatbot)
        self._database.rows("delete from oneai.chatbot_evaluation_runs where chatbot_id = %s", self.chatbot)
        if texts:
            document = insert_document(self._database, payer.user, payer.user, *texts)
            name_documents(self._database, self.chatbot, document)
            self._database.rows(
                "update oneai.chatbot_versions as v set configuration = jsonb_set(v.configuration, '{knowledge}', "
                "(v.configuration -> 'knowledge') || jsonb_build_object('documents', jsonb_build_array(%s::text))) "
                "where v.chatbot_id = %s",
                *(document, self.chatbot),
            )
            self._database.rows(
                "insert into oneai.chatbot_grants (chatbot_id, workspace_id, named_id, user_id) "
                "values (%s, %s, %s, %s)",
                *(self.chatbot, payer.user, document, payer.user),
            )

    def source(self, source: str) -> None:
        """What alone pays the chatbot's answers."""
        self._database.rows("update oneai.chatbots set payment_source = %s where id = %s", source, self.chatbot)

    def day(self) -> tuple[int, int, int]:
        """Answers, those that credits paid, and micro-dollars of the chatbot's day."""
        (row,) = self._database.rows(
            "select answers, credit_answers, micro_usd from oneai.chatbot_budgets "
            "where chatbot_id = %s and period = 'day'",
            self.chatbot,
        )
        return (int(row[0]), int(row[1]), int(row[2]))

    def causes(self) -> list[tuple[str, str]]:
        """Why it was away, and whether that is its own budget or the workspace's, by event."""
        return self._database.rows(
            "select payload ->> 'cause', payload ->> 'of' from oneai.workspace_events "
            "where subject_id = %s and kind = 'budget.spent' order by id",
            self.chatbot,
        )

    def mails(self) -> list[str]:
        """Why its owner was mailed that it is away."""
        self._database.rows("select oneai.mail_about_events(500)")
        return self._database.rows(
            "select data ->> 'cause' from oneai.outbox "
            "where user_id = %s and kind = 'chatbot_away' order by created_at",
            self.payer.user,
        )

    async def ask(self, *questions: str) -> Sequence[StreamResult]:
        """A new visitor asks these questions in one conversation."""
        visitor = await self.website.visitor()
        asked: list[StreamResult] = []
        for question in questions:
            more = {"conversation_id": asked[0].start["conversation_id"]} if asked else {}
            asked.append(await self.website.ask(visitor, question, **more))
        return asked

    async def require_offline(self) -> None:
        """Requires that the chatbot is offline for a new visitor."""
        answer = await self.website.post(await self.website.visitor(), "chat", {"message": "Hello"})
        assert (answer.status_code, answer.json()["mode"]) == (200, "offline"), answer.text


async def test_visitors_answers_are_paid_by_credits_and_count_what_was_charged(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer)
    visitor = await shop.website.visitor()
    async with shop.website.asking(visitor, "What do you sell?") as stream:
        await stream.next()
        start = stream.result.start
        held = payer.held_for(start["message_id"])
        assert (await payer.balance(), shop.day()) == ((MONEY - held, held), (1, 1, held))
        result = await stream.to_the_end()

    ((_, source, units, cost, charge),) = payer.events("answer")
    assert (result.last["state"], source, units) == ("complete", "credits", 0)
    assert 0 < price(cost) == charge == await payer.charged() < held
    # The budget has what was charged, and no unit or visitor's answer of the plan was used.
    assert (shop.day(), shared.quota(payer.who)) == ((1, 1, charge), (0, 0))
    # Visitors learn nothing of what their answer cost.
    assert not {"paid_by", "charged_micro_usd", "cost_micro_usd"} & set(str(result.events).split("'"))
    used = await payer.get("/credits/usage", group_by="chatbot")
    assert [(each["key"], each["charged_micro_usd"]) for each in used["items"]] == [(shop.chatbot, charge)]
    stats = await payer.get(f"/chatbots/{shop.chatbot}/stats")
    assert (stats["cost_micro_usd"], stats["charged_micro_usd"]) == (cost, charge)


async def test_a_follow_up_and_its_vector_are_part_of_the_answers_price(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer, *CLAUSES)

    asked = await shop.ask(f"{LONG} When does the lease end?", AGAIN)

    events = payer.events()
    assert {each[1] for each in events} == {"credits"}
    assert {each[0] for each in events} == {"answer", "document_embedding", "rewriting"}
    # Each answer is charged the price of it and of what prepared it.
    costs = [sum(each[3] for each in events[:2]), sum(each[3] for each in events[2:])]
    charges = [price(cost) for cost in costs]
    assert [each[4] for each in events if each[0] == "answer"] == charges
    assert (await payer.charged(), shop.day()) == (sum(charges), (2, 2, sum(charges)))
    assert all(payer.held_for(each.start["message_id"]) > charge for each, charge in zip(asked, charges, strict=True))


async def test_the_last_credits_answer_a_follow_up_as_it_is_and_by_words(shared: World) -> None:
    begins = f"{LONG} When does the lease end?"
    rich = Payer(shared)
    _, follow_up = await Shop(rich, *CLAUSES).ask(begins, AGAIN)
    whole, beside = (each(follow_up.start["message_id"]) for each in (rich.held_for, rich.held_beside))
    payer = Payer(shared)
    shop = Shop(payer, *CLAUSES)
    visitor = await shop.website.visitor()
    first = await shop.website.ask(visitor, begins)
    before = payer.events()
    payer.account.hold((await payer.balance())[0] - whole + 1)

    asked = await shop.website.ask(visitor, AGAIN, conversation_id=first.start["conversation_id"])

    assert payer.held_for(asked.start["message_id"]) == whole - 3 * beside
    assert asked.last["state"] == "complete"
    # Neither a whole question nor a vector, which the operator would pay.
    assert [each[:2] for each in payer.events()[len(before) :]] == [("answer", "credits")]


async def test_a_chatbot_without_money_is_offline_and_holds_nothing(shared: World) -> None:
    payer = Payer(shared, money=100)
    shop = Shop(payer)

    await shop.require_offline()
    assert (await payer.balance(), payer.events()) == ((100, 0), [])

    # With the plan beside them, that answers.
    payer.order("credits,plan")
    (asked,) = await shop.ask("Hello")
    assert (asked.last["state"], payer.events()[0][1:3], shop.day()[:2]) == ("complete", ("plan", 1), (1, 0))


async def test_the_owner_is_mailed_once_a_day_that_a_chatbot_has_no_credits(shared: World) -> None:
    payer = Payer(shared, money=100)
    shop = Shop(payer)

    for _ in range(3):
        await shop.require_offline()
    assert shop.causes() == [("credits", "workspace")]
    assert shop.mails() == ["credits"]

    shared.database.advance(86_400)
    await shop.require_offline()
    assert shop.mails() == ["credits"] * 2


async def test_the_owner_is_mailed_once_a_month_of_a_chatbots_limit(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer)
    shared.database.rows(
        "insert into oneai.credit_limits values (%s, 'chatbot', %s, 100, oneai.credit_month(%s, oneai.now()), 0)",
        *(payer.user, shop.chatbot, payer.user),
    )

    for _ in range(2):
        await shop.require_offline()
    assert shop.causes() == [("spending_limit", "chatbot")]
    assert shop.mails() == ["spending_limit"]
    assert await payer.charged() == 0


@pytest.mark.parametrize(("source", "expected"), [("credits", "credits"), ("plan", "offline"), (None, "credits")])
async def test_a_chatbots_own_source_decides_on_a_busy_day(shared: World, source: str | None, expected: str) -> None:
    payer = Payer(shared, order="plan,credits")
    shop = Shop(payer)
    payer.without_units()
    if source is not None:
        shop.source(source)

    if expected == "offline":
        await shop.require_offline()
        assert await payer.balance() == (MONEY, 0)
    else:
        await shop.ask("Hello")
        assert [each[1] for each in payer.events("answer")] == [expected]


async def test_a_budget_counts_what_is_charged_and_not_what_it_cost(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer)
    await shop.ask("Hello")
    ((*_, cost, charge),) = payer.events("answer")
    held = payer.held_for(shared.database.one("select id from oneai.reservations where workspace_id = %s", payer.user))
    # It covers the cost of two answers, and the price of one and a half.
    limit(
        shared.database, shop.chatbot, micro_usd_per_day=6 * (charge + held - 1), micro_usd_per_month=charge + held - 1
    )
    assert cost + held // 3 < charge + held - 1

    await shop.require_offline()
    assert (await payer.charged(), shop.day()) == (charge, (1, 1, charge))


async def test_a_draft_of_a_reply_is_paid_by_credits(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer, *CLAUSES)
    talk = insert_talk(shared.database, shop.chatbot, "Hello there", "How can I help?", AGAIN)

    answer = await shared.post(f"/inbox/conversations/{talk}/draft", None, payer.who)

    assert answer.status_code == 200, answer.text
    draft = answer.json()
    events = payer.events()
    charge = price(*(each[3] for each in events))
    assert [each[:2] for each in events] == [
        ("rewriting", "credits"),
        ("document_embedding", "credits"),
        ("answer", "credits"),
    ]
    assert draft["charged_micro_usd"] == charge == await payer.charged() < payer.held_for(draft["message_id"])
    assert (shop.day(), shared.quota(payer.who)) == ((1, 1, charge), (0, 0))

    poor = Payer(shared, money=100)
    other = insert_talk(shared.database, Shop(poor).chatbot, "Hello")
    refusal = await shared.post(f"/inbox/conversations/{other}/draft", None, poor.who)
    error = refused(refusal)
    assert (refusal.status_code, error["code"], kinds(error)[0]) == (402, "credits_exhausted", "credits")
    assert (await poor.balance(), poor.events()) == ((100, 0), [])


async def test_a_preview_is_paid_by_credits_with_what_prepares_it(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer, *CLAUSES)

    first = await preview(shop.website, payer.who, f"{LONG} When does the lease end?")
    second = await preview(shop.website, payer.who, AGAIN, conversation_id=first.start["conversation_id"])

    events = payer.events()
    assert {(each[0], each[1]) for each in events} == {
        (purpose, "credits") for purpose in ("answer", "document_embedding", "rewriting")
    }
    costs = [sum(each[3] for each in events[:2]), sum(each[3] for each in events[2:])]
    charges = [price(cost) for cost in costs]
    assert await payer.charged() == sum(charges)
    vector = await retrieval.max_cost(AGAIN, rewritten_characters=rewriting.MAX_CHARACTERS)
    beside = [payer.held_beside(each.start["message_id"]) for each in (first, second)]
    assert beside == [
        await retrieval.max_cost(f"{LONG} When does the lease end?"),
        vector + await rewriting.max_cost(AGAIN),
    ]
    assert all(cost > 0 for cost in beside)
    for asked, charge in zip((first, second), charges, strict=True):
        receipt = await payer.receipt(asked.start)
        assert (receipt["charged_micro_usd"], receipt["paid_by"]["source"]) == (charge, "credits")
        assert asked.last["usage"]["charged_micro_usd"] == charge
    # What visitors may ask is not touched.
    budgets = "select count(*) from oneai.chatbot_budgets where workspace_id = %s"
    assert shared.database.one(budgets, payer.user) == 0

    poor = Payer(shared, money=100)
    refusal = await preview(Shop(poor).website, poor.who, "Hello")
    assert (refusal.status, refusal.code, await poor.balance()) == (402, "credits_exhausted", (100, 0))


async def test_a_run_of_evaluations_holds_all_answers_in_credits_or_none(shared: World) -> None:
    payer = Payer(shared)
    shop = Shop(payer, *CLAUSES)
    for n in range(3):
        body = {"question": f"{LONG} Number {n}?", "must_contain": ["lease"]}
        assert (await shared.post(f"/chatbots/{shop.chatbot}/evaluations", body, payer.who)).status_code == 201
    path = f"/chatbots/{shop.chatbot}/evaluation-runs"

    started = await shared.post(path, {"version": "draft"}, payer.who)
    assert started.status_code == 202, started.text
    held = (await payer.balance())[1]
    assert held == sum(
        shared.database.rows("select held_micro_usd from oneai.credit_holds where workspace_id = %s", payer.user)
    )
    vector = shared.database.one("select oneai.max_of_vector(%s)", f"{LONG} Number 1?")
    messages = shared.database.rows("select id from oneai.credit_holds where workspace_id = %s", payer.user)
    assert [payer.held_beside(each) for each in messages] == [vector] * 3
    assert await answer_evaluations(PATIENCE) == 3
    run = await payer.get(f"{path}/{started.json()['run_id']}")
    assert (run["state"], run["done"]) == ("complete", 3)
    events = payer.events()
    assert {each[1] for each in events} == {"credits"}
    assert 0 < sum(each[4] for each in events) == await payer.charged() < held

    # One that is cancelled gives back what it held.
    again = (await shared.post(path, {"version": "draft"}, payer.who)).json()["run_id"]
    assert (await payer.balance())[1] == held
    await shared.post(f"{path}/{again}/cancel", None, payer.who)
    assert await payer.charged() == sum(each[4] for each in events)

    # Money for two of three answers holds nothing.
    left = (await payer.balance())[0]
    payer.account.hold(left - held * 2 // 3)
    refusal = await shared.post(path, {"version": "draft"}, payer.who)
    assert (refusal.status_code, refused(refusal)["code"]) == (402, "credits_exhausted")
    assert (await payer.balance())[0] == held * 2 // 3
