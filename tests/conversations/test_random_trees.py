"""Random sends, edits, regenerations, choices, corrections and deletions: the tree in Postgres is the one in memory."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from oneai import conversations
from oneai import settings as environment
from oneai.conversations import BranchRequest
from oneai.errors import OneAIError
from oneai.models.outcome import EndState
from oneai.postgres import db
from tests import effort
from tests.conversations.tree import Node, StoredMessage, Tree
from tests.database.turns import TurnClient
from tests.world import Database

# Some stories end before their last step.
STORIES, STEPS = effort.sample(8, 150), 80
LEAST, OF_EACH = effort.sample(500, 10_000), effort.sample(3, 50)
ANY = st.integers(0, 2**16)
PATIENCE = st.sampled_from([True, True, True, False])
ANSWERS = st.sampled_from([1, 1, 1, 2, 3, 4])
CONVERSATIONS = 3
CORRECT: LiteralString = "select new_message from oneai.correct_answer(%s, %s, %s, 'Right')"


@dataclass(frozen=True)
class Owner:
    """The user who reads."""

    user_id: UUID

    @property
    def claims(self) -> str:
        """The claims of Supabase's access tokens."""
        return json.dumps({"sub": str(self.user_id), "role": "authenticated"})

    @property
    def workspace_id(self) -> UUID:
        """Their personal workspace."""
        return self.user_id


class Talking(RuleBasedStateMachine):
    """One user's conversations, in memory and in Postgres."""

    database: ClassVar[Database]
    runner: ClassVar[asyncio.Runner]
    client: ClassVar[TurnClient]
    steps: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.user = self.database.user(f"{uuid4()}@example.com")
        self.database.rows("update oneai.usage_quotas set quota_limit = 1000000 where workspace_id = %s", self.user)
        self.trees: list[Tree] = []

    # --- what people do

    @precondition(lambda self: len(self.trees) < CONVERSATIONS)
    @rule(answers=ANSWERS, patient=PATIENCE)
    def begin(self, answers: int, patient: bool) -> None:
        """Asks something new."""
        ids = [uuid4() for _ in range(answers)]
        turn = self.do("begin", self.client.admit(self.user, message_id=ids[0], others=ids[1:]))
        tree = Tree(turn.conversation_id)
        self.trees.append(tree)
        tree.begin(tree.add(turn.question_id, None), ids, None)
        self.wait(tree, patient)

    @precondition(lambda self: self.idle)
    @rule(pick=ANY, answers=ANSWERS, patient=PATIENCE)
    def send(self, pick: int, answers: int, patient: bool) -> None:
        """Asks at the visible branch's end."""
        tree = self.idle[pick % len(self.idle)]
        ids = [uuid4() for _ in range(answers)]
        asked = self.client.admit(self.user, message_id=ids[0], others=ids[1:], conversation=tree.id)
        turn = self.do("send", asked)
        tree.bury()
        *_, last = tree.visible()
        tree.begin(tree.add(turn.question_id, last), ids, None)
        self.wait(tree, patient)

    @precondition(lambda self: self.idle)
    @rule(pick=ANY, answers=ANSWERS, patient=PATIENCE)
    def edit(self, pick: int, answers: int, patient: bool) -> None:
        """Edits a question of any branch."""
        tree, node = self.any(pick, "user")
        ids = [uuid4() for _ in range(answers)]
        asked = self.client.admit(self.user, message_id=ids[0], others=ids[1:], edit_of=node.id)
        turn = self.do("edit", asked)
        tree.bury()
        (answered,) = [child for child in node.children if child.chosen]
        tree.begin(tree.add(turn.question_id, node.parent, node.first, "user_edit"), ids, answered.first)
        self.wait(tree, patient)

    @precondition(lambda self: self.idle)
    @rule(pick=ANY, answers=ANSWERS, patient=PATIENCE)
    def regenerate(self, pick: int, answers: int, patient: bool) -> None:
        """Regenerates an answer of any branch."""
        tree, node = self.any(pick, "assistant")
        ids = [uuid4() for _ in range(answers)]
        self.do("regenerate", self.client.admit(self.user, message_id=ids[0], others=ids[1:], regenerate_of=node.id))
        tree.bury()
        assert node.parent is not None
        tree.begin(node.parent, ids, node.first)
        self.wait(tree, patient)

    @precondition(lambda self: self.idle)
    @rule(pick=ANY)
    def correct(self, pick: int) -> None:
        """Puts an answer of any branch right."""
        tree, node = self.any(pick, "assistant")
        corrected = self.do("correct", self.client.call(CORRECT, self.user, tree.id, node.id))
        tree.bury()
        tree.show(tree.add(corrected, node.parent, node.first, "user_edit"))

    @precondition(lambda self: self.trees)
    @rule(pick=ANY)
    def activate(self, pick: int) -> None:
        """Goes to any version of any message, also while answers are being written."""
        tree, node = self.any(pick)
        self.do("activate", self.client.call("select oneai.activate(%s, %s, %s)", self.user, tree.id, node.id))
        tree.choose(node)

    @precondition(lambda self: self.trees)
    @rule(pick=ANY)
    def ask_in_vain(self, pick: int) -> None:
        """Takes an answer for a question, a question for an answer, or asks where an answer is being written."""
        tree, node = self.any(pick)
        call = self.client.admit(self.user, edit_of=node.id)
        if node.role == "user":
            call.close()
            call = self.client.admit(self.user, regenerate_of=node.id)
            if pick % 2:
                call.close()
                call = self.client.call(CORRECT, self.user, tree.id, node.id)
        self.do("ask_in_vain", call, "conversation_busy" if tree.busy else "invalid_request")

    @precondition(lambda self: self.trees)
    @rule(pick=ANY)
    def delete(self, pick: int) -> None:
        """Deletes a conversation, an eighth as often as it is thought of."""
        tree = self.trees[pick % len(self.trees)]
        if pick % 8 == 0:
            self.do("delete", conversations.delete(Owner(self.user), tree.id))
            self.trees.remove(tree)

    # --- what happens

    @precondition(lambda self: self.running)
    @rule(pick=ANY, state=st.sampled_from(["complete", "stopped", "truncated", "failed"]))
    def settle(self, pick: int, state: EndState) -> None:
        """An answer ends, in time or late."""
        tree, answer = self.running[pick % len(self.running)]
        self.do("settle", self.client.settle(answer.id, "" if state == "failed" else "Hi there", state))
        tree.end(answer, state)

    @precondition(lambda self: any(tree.busy for tree in self.trees))
    @rule(pick=ANY)
    def die(self, pick: int) -> None:
        """Every writer dies, a quarter as often as it is thought of."""
        if pick % 4 == 0:
            self.database.advance(31)
            self.steps["die"] += 1
            for tree in self.trees:
                tree.die()

    # --- what one sees

    @precondition(lambda self: self.trees)
    @rule(pick=ANY)
    def read(self, pick: int) -> None:
        """The newest page and a message's versions, as the API has them."""
        tree, node = self.any(pick)
        if tree.lapsed:
            return  # reading would settle what is lapsed on the page, and nothing else
        me = Owner(self.user)
        page = self.do("read", conversations.list_messages(me, tree.id, BranchRequest(limit=100)))
        branch = list(tree.visible())
        assert [item.id for item in page.items] == [each.id for each in branch[-100:]]
        for item, each in zip(page.items, branch[-100:], strict=True):
            siblings = sorted(tree.siblings(each), key=lambda one: one.revision)
            assert (item.revision_position, item.revision_count) == (siblings.index(each) + 1, len(siblings))
        found = self.runner.run(conversations.list_revisions(me, tree.id, node.id))
        assert [(item.id, item.is_chosen) for item in found.items] == [
            (each.id, each.chosen) for each in sorted(tree.siblings(node), key=lambda one: one.revision)
        ]

    # --- how it is checked

    @property
    def running(self) -> list[tuple[Tree, Node]]:
        """The answers that are being written."""
        return [(tree, answer) for tree in self.trees for answer in tree.running]

    @property
    def idle(self) -> list[Tree]:
        """The messages that a question can follow."""
        return [tree for tree in self.trees if not tree.busy]

    def any(self, pick: int, role: str | None = None) -> tuple[Tree, Node]:
        """One of all messages, or of those of this role that may get a new version now."""
        trees = self.trees if role is None else self.idle
        every = [(tree, node) for tree in trees for node in tree.nodes if role in (None, node.role)]
        return every[pick % len(every)]

    def wait(self, tree: Tree, patient: bool) -> None:
        """Listens until all answers are there, as most people do."""
        for answer in tree.running[:] if patient else ():
            self.memory_and_database_agree()
            self.do("settle", self.client.settle(answer.id))
            tree.end(answer, "complete")

    def do(self, name: str, call: Coroutine[Any, Any, Any], refusal: str | None = None) -> Any:
        """Makes one step; what it returned, or None where it was rightly refused."""

        async def made() -> Any:
            try:
                return await call, None
            except psycopg.Error as error:
                return None, error.diag.message_primary
            except OneAIError as error:
                return None, error.code

        found, code = self.runner.run(made())
        assert code == refusal
        self.steps[name] += 1
        return found

    @invariant()
    def memory_and_database_agree(self) -> None:
        """The database has what memory has, and nothing else."""
        expected: dict[UUID, StoredMessage] = {}
        for tree in self.trees:
            expected |= tree.seen()
        rows = self.database.rows(
            """
            select id, parent_message_id, role, sequence_number, revision_number, revision_type, original_message_id,
              is_chosen, is_latest, state, stop_requested_at is not null,
              count(*) over (partition by conversation_id, parent_message_id, role)
            from oneai.chat_messages where user_id = %s
            """,
            self.user,
        )
        assert {row[0]: StoredMessage(*row[1:]) for row in rows} == expected


def test_the_tree_is_valid_after_each_of_thousands_of_steps(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    environment.reset_cache()
    with asyncio.Runner() as runner:
        connection = runner.run(psycopg.AsyncConnection.connect(database.url("oneai_app"), autocommit=True))
        Talking.database, Talking.runner, Talking.client, Talking.steps = (
            database,
            runner,
            TurnClient(connection),
            Counter(),
        )
        run_state_machine_as_test(
            Talking,
            settings=settings(max_examples=STORIES, stateful_step_count=STEPS),
        )
        runner.run(connection.close())
        runner.run(db.close())
    environment.reset_cache()

    assert Talking.steps.total() >= LEAST, Talking.steps
    assert len(Talking.steps) == 11
    assert min(Talking.steps.values()) >= OF_EACH, Talking.steps
