"""What preparing a visitor's answer costs is held with the answer, adds up, and is settled in the chatbot's budget."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, LiteralString, Self
from uuid import UUID

import pytest

from oneai import chat
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.admit_visitor import VisitorQuestion, admit_visitor
from oneai.chatbots import visitor as visitors
from oneai.chatbots.answering import preparation
from oneai.models.embeddings import UpstreamBill
from oneai.passages import MAX_PASSAGES
from oneai.postgres import db
from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website, bearer
from tests.documents.searching import trouble
from tests.world import World

# Long enough for its vector to cost a micro-dollar or more.
LONG = "Tell me all that the clauses of the lease say about pets, rent, repairs and the deposit. " * 4
# Too many passages for all of them to be in a prompt, so the question needs a vector.
CLAUSES = [f"Clause {n} of the lease." for n in range(MAX_PASSAGES + 1)]


@dataclass(frozen=True)
class Conversation:
    """One of a visitor with a chatbot that answers from a document."""

    website: Website
    asker: visitors.Visitor
    id: UUID
    first: UUID

    @classmethod
    async def begin(cls, world: World, who: str, *texts: str) -> Self:
        """Asks a chatbot of `who` about a document with these texts."""
        website = Website.of(world, who)
        document = insert_document(world.database, world.people[who], world.people[who], *texts)
        name_documents(world.database, website.chatbot, document)
        world.database.rows(
            "update oneai.chatbot_versions as v set configuration = jsonb_set(v.configuration, '{knowledge}', "
            "(v.configuration -> 'knowledge') || jsonb_build_object('documents', jsonb_build_array(%s::text))) "
            "where v.chatbot_id = %s",
            *(document, website.chatbot),
        )
        world.database.rows(
            "insert into oneai.chatbot_grants (chatbot_id, workspace_id, named_id, user_id) values (%s, %s, %s, %s)",
            *(website.chatbot, world.people[who], document, world.people[who]),
        )
        asker = visitors.by_handle(website.public_id, visitors.new_handle())
        asked = await website.ask(bearer(visitors.token(asker)[0]), f"{LONG} When does the lease end?")
        return cls(website, asker, UUID(asked.start["conversation_id"]), UUID(asked.start["message_id"]))

    async def admitted(self, message: str, *, begins: bool = False) -> Turn:
        """Asks, without writing the answer; in a new conversation if it `begins` one."""
        question = VisitorQuestion(message=message, conversation_id=None if begins else self.id)
        turn = await admit_visitor(self.asker, question, visitors.network_hash("198.51.100.1"))
        assert isinstance(turn, Turn)
        return turn

    def counted(self, message_id: UUID) -> int:
        """What the preparation of this answer counts in the budget, in micro-dollars."""
        return int(
            self.website.world.database.one(
                "select preparation_micro_usd from oneai.chatbot_holds where reservation_id = %s", message_id
            )
        )

    def spent(self) -> int:
        """The sum of the budget, which is the same in each period."""
        (spent,) = self.website.world.database.rows(
            "select distinct sum(micro_usd)::bigint from oneai.chatbot_budgets where chatbot_id = %s group by period",
            self.website.chatbot,
        )
        return int(spent)

    def cost(self, *purposes: str) -> int:
        """What the ledger has, for these purposes or for all."""
        return int(
            self.website.world.database.one(
                "select coalesce(sum(cost_micro_usd), 0) from oneai.usage_events "
                "where chatbot_id = %s and (purpose = any(%s) or %s = '{}')",
                *(self.website.chatbot, list(purposes), list(purposes)),
            )
        )


async def _written(turn: Turn) -> None:
    answer = chat.begin(turn, deadline=2**40)
    assert answer.task is not None
    await answer.task


async def test_what_preparation_does_not_use_is_given_back(shared: World) -> None:
    talk = await Conversation.begin(shared, who := shared.newcomer(), "The lease ends in May.")
    # The whole document fits: no vector is needed.
    assert (talk.counted(talk.first), talk.spent()) == (0, talk.cost("answer"))
    another = await talk.admitted("When does the lease begin?", begins=True)
    assert talk.counted(another.message_id) > 0
    await _written(another)
    assert talk.counted(another.message_id) == 0

    turn = await talk.admitted("And in May?")
    most = talk.counted(turn.message_id)
    await _written(turn)
    assert 0 < talk.counted(turn.message_id) == talk.cost("rewriting") < most
    assert talk.spent() == talk.cost()

    # A curated answer needs no whole question.
    await shared.post(f"/chatbots/{talk.website.chatbot}/answers", {"question": "And in June?", "answer": "No."}, who)
    curated = await talk.admitted("And in June?")
    assert talk.counted(curated.message_id) > 0
    await _written(curated)
    assert (talk.counted(curated.message_id), talk.spent()) == (0, talk.cost())


async def test_the_preparations_of_questions_that_come_together_all_count(shared: World) -> None:
    talk = await Conversation.begin(shared, shared.newcomer(), *CLAUSES)

    async def asked_twice(n: int) -> list[str]:
        visitor = await talk.website.visitor()
        first = await talk.website.ask(visitor, f"{LONG} Number {n}?")
        again = f"And number {n}? {LONG}"
        second = await talk.website.ask(visitor, again, conversation_id=first.start["conversation_id"])
        return [each.last["state"] for each in (first, second)]

    assert await asyncio.gather(*(asked_twice(n) for n in range(5))) == [["complete", "complete"]] * 5
    made = shared.database.rows(
        "select purpose, count(*)::int from oneai.usage_events where chatbot_id = %s and purpose in "
        "('document_embedding', 'rewriting') group by purpose order by purpose",
        talk.website.chatbot,
    )
    assert made == [("document_embedding", 11), ("rewriting", 5)]
    assert talk.spent() == talk.cost()


async def test_each_step_of_a_preparation_counts_also_after_a_failure(shared: World) -> None:
    talk = await Conversation.begin(shared, shared.newcomer(), *CLAUSES)
    assert talk.counted(talk.first) == talk.cost("document_embedding") > 0
    assert talk.spent() == talk.cost()

    turn = await talk.admitted(f"And the second clause? {LONG}")
    most, before = talk.counted(turn.message_id), talk.cost("document_embedding", "rewriting")
    await _written(turn)
    used = talk.cost("document_embedding", "rewriting") - before
    assert 0 < talk.cost("rewriting") < used == talk.counted(turn.message_id) <= most
    assert talk.spent() == talk.cost()

    # A process that ended without a word after its first step may have taken the second one too.
    lost = await talk.admitted("And its third clause?")
    most, before = talk.counted(lost.message_id), talk.cost()
    step = "select oneai.record_chatbot_preparation(%s, gen_random_uuid(), 'rewriting', %s::text::jsonb, %s)"
    usage = '{"cost_micro_usd": %d, "outcome": "complete", "model_asked": "m", "estimated": false, '
    usage += '"prompt_tokens": 1, "price_version": "1"}'
    shared.database.rows(step, talk.website.chatbot, usage % 1, lost.message_id)
    assert talk.counted(lost.message_id) == most
    shared.database.advance(60)
    shared.database.rows("select oneai.expire_answer(%s)", lost.message_id)
    assert talk.counted(lost.message_id) == most
    # What is recorded later still adds up.
    shared.database.rows(step, talk.website.chatbot, usage % most, lost.message_id)
    assert talk.counted(lost.message_id) == most + 1
    assert talk.spent() == talk.cost()


async def test_a_stopped_answer_counts_the_preparation_that_was_sent(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await Conversation.begin(shared, shared.newcomer(), *CLAUSES)
    # Stopped while the vector is on its way: it may be billed.
    sent, send = asyncio.Event(), UpstreamBill.send

    def noted(bill: UpstreamBill) -> None:
        send(bill)
        sent.set()

    monkeypatch.setattr(UpstreamBill, "send", noted)
    before, vectors = talk.cost("document_embedding", "rewriting"), talk.cost("document_embedding")
    stopped = await talk.admitted(f"{LONG} Stop.")
    await trouble(shared, "hanging")
    try:
        answer = chat.begin(stopped, deadline=2**40)
        await sent.wait()
        answer.interrupt()
        assert answer.task is not None
        await answer.task
    finally:
        await trouble(shared, None)
    assert talk.counted(stopped.message_id) == talk.cost("document_embedding", "rewriting") - before
    assert talk.cost("document_embedding") > vectors
    assert talk.spent() == talk.cost()

    # Stopped while the cost of the first step is recorded.
    before, call = talk.cost("document_embedding", "rewriting"), db.call
    stopped = await talk.admitted("And its pets?")

    async def stopping(statement: LiteralString, *arguments: Any) -> Any:
        answer.interrupt()
        for _ in range(5):
            await asyncio.sleep(0)
        return await call(statement, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "db", SimpleNamespace(call=stopping))
        answer = chat.begin(stopped, deadline=2**40)
        assert answer.task is not None
        await answer.task
    assert talk.counted(stopped.message_id) == talk.cost("document_embedding", "rewriting") - before > 0
    assert talk.spent() == talk.cost()
