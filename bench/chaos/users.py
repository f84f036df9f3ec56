"""The acts of users in a round, each through a client that retries."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bench import checkout
from bench.chaos.client import Answer, Client
from bench.chaos.plan import ANSWERING, Act, ActKind
from bench.invariants import Texts

_WORDS = ("monsoon", "slowly", "word7", "stand-in")
_READ = ("/conversations", "/quota/status", "/user/usage", "/subscription", "/user/preferences")
_SLOW_TOKENS = 16
_LONG = "Count to 3000"


@dataclass
class User:
    """One user: a token, the team in which they ask, if any, and their latest complete answers."""

    token: str
    workspace: str | None = None
    answers: list[Answer] = field(default_factory=list)


class Users:
    """All users of a run. The received text of their answers is stored in `texts`."""

    def __init__(self, client: Client, users: Sequence[User], texts: Texts) -> None:
        self.client, self.texts, self.users = client, texts, users
        self._acts: dict[ActKind, Callable[[User, Act, random.Random], Awaitable[None]]] = {
            "ask": self._ask,
            "edit": self._edit,
            "regenerate": self._regenerate,
            "compare": self._compare,
            "delete": self._delete,
            "read": self._read,
            "subscribe": self._subscribe,
            "cancel": self._cancel,
            "buy-credits": self._buy_credits,
            "refund-credits": self._refund_credits,
        }

    async def act(self, act: Act, name: str) -> None:
        """Does one act of one user to its end; `name` is unique to it. Raises NoAnswer."""
        await asyncio.sleep(act.at)
        await self._acts[act.kind](self.users[act.user], act, random.Random(name))

    async def _ask(self, user: User, act: Act, chance: random.Random) -> None:
        question = _question(act)
        if user.answers and act.choice % 2:
            question["conversation_id"] = user.answers[act.choice % len(user.answers)].conversation_id
        await self._answer(user, act, chance, question)

    async def _edit(self, user: User, act: Act, chance: random.Random) -> None:
        if not user.answers:
            await self._ask(user, act, chance)
            return
        await self._answer(user, act, chance, _question(act) | {"edit_of": _one(user, act).question_id})

    async def _regenerate(self, user: User, act: Act, chance: random.Random) -> None:
        if not user.answers:
            await self._ask(user, act, chance)
            return
        question = {"regenerate_of": _one(user, act).message_id, "model": act.model}
        await self._answer(user, act, chance, question)

    async def _compare(self, user: User, act: Act, chance: random.Random) -> None:
        others = [model for model in ANSWERING if model != act.model]
        question = _question(act) | {"compare": [act.model, chance.choice(others)]}
        del question["model"]
        # Several answers share the stream; the invariants read them from the database.
        answer = Answer(_id(chance))
        body = question | {"message_id": answer.message_id}
        await self.client.call("POST", "/chat/stream", user.token, body)

    async def _delete(self, user: User, act: Act, chance: random.Random) -> None:
        if not user.answers:
            await self._read(user, act, chance)
            return
        conversation = _one(user, act).conversation_id
        self.texts.deleted.add(conversation)
        user.answers = [each for each in user.answers if each.conversation_id != conversation]
        await self.client.call("DELETE", f"/conversations/{conversation}", user.token)

    async def _read(self, user: User, act: Act, chance: random.Random) -> None:
        await self.client.call("GET", chance.choice(_READ), user.token)
        await self.client.call("GET", f"/search?q={chance.choice(_WORDS)}", user.token)
        if user.answers:
            await self.client.call("GET", f"/conversations/{_one(user, act).conversation_id}/messages", user.token)

    async def _subscribe(self, user: User, act: Act, chance: random.Random) -> None:
        await self.client.call("PUT", "/subscription/billing-details", user.token, checkout.DETAILS)
        created = await self.client.call("POST", "/subscription/create", user.token, checkout.PLAN)
        if not created.is_success:
            return
        await self._pay(user, act, chance, created.json()["short_url"])

    async def _pay(self, user: User, act: Act, chance: random.Random, address: str) -> None:
        await self.client.page("GET", address)
        form = checkout.FORM | {"outcome": "fail"} if act.choice % 10 == 0 else checkout.FORM
        handed_over = checkout.confirmation(await self.client.page("POST", address, form))
        # Some close the page at once. Then webhooks or the reconciliation have to report the payment.
        if handed_over and chance.random() < 0.6:
            await self.client.call("POST", "/subscription/verify", user.token, handed_over)

    async def _buy_credits(self, user: User, act: Act, chance: random.Random) -> None:
        """The key of the order is this act's, so a request that is sent again opens no second one."""
        await self.client.call("PUT", "/subscription/billing-details", user.token, checkout.DETAILS)
        body = {"package_id": "credits_10", "currency": "INR"}
        opened = await self.client.call("POST", "/credits/purchase", user.token, body, {"idempotency-key": _id(chance)})
        if opened.is_success:
            await self._pay(user, act, chance, opened.json()["checkout"]["short_url"])

    async def _refund_credits(self, user: User, act: Act, chance: random.Random) -> None:  # noqa: ARG002
        balance = await self.client.call("GET", "/credits/balance", user.token)
        bought = [each["id"] for each in balance.json()["grants"] if each["kind"] == "paid"]
        if bought:
            grant = bought[act.choice % len(bought)]
            await self.client.call("POST", "/credits/refund", user.token, {"grant_id": grant})

    async def _cancel(self, user: User, act: Act, chance: random.Random) -> None:  # noqa: ARG002  all acts look alike
        await self.client.call("POST", "/subscription/cancel", user.token, {"at_period_end": act.choice % 2 == 0})

    async def _answer(self, user: User, act: Act, chance: random.Random, question: dict[str, Any]) -> None:
        answer = Answer(_id(chance), workspace=user.workspace)
        asking = [self.client.ask(user.token, question, answer, leave_after=act.leave_after)]
        if act.twice:
            again = Answer(answer.message_id, workspace=user.workspace)
            asking.append(self.client.ask(user.token, question, again, leave_after=None))
        else:
            again = answer
        if act.stop_after is not None:
            asking.append(self._stop(user, answer, act.stop_after))
        try:
            await asyncio.gather(*asking)
        finally:
            self.texts.streams += [
                each.as_received()
                for each in {id(each): each for each in (answer, again)}.values()
                if each.conversation_id
            ]
        if answer.end == "done" and answer.conversation_id not in self.texts.deleted:
            user.answers = [*user.answers[-5:], answer]

    async def _stop(self, user: User, answer: Answer, after: float) -> None:
        """Repeats the stop until the answer ends, because the question may arrive after the first stop."""
        while not answer.end:
            await asyncio.sleep(after)
            await self.client.call("POST", "/chat/stop", user.token, {"message_id": answer.message_id})
            after = 2.0


def _question(act: Act) -> dict[str, Any]:
    question: dict[str, Any] = {"message": f"Round and round, {act.choice} times?", "model": act.model}
    if act.model == "local/slow":
        question["max_tokens"] = _SLOW_TOKENS
    if act.model == "local/long":
        question["message"] = _LONG
    return question


def _one(user: User, act: Act) -> Answer:
    return user.answers[act.choice % len(user.answers)]


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
