"""The acts of users: each one is a few requests, and prepares later ones."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bench import checkout
from bench.load.client import Client
from bench.load.traffic import Act

QUESTIONS = (
    "What is a monsoon, and when does it reach Kerala?",
    "Write a polite letter to a landlord about a leaking roof.",
    "Explain to a child why the sky is blue.",
    "मानसून क्या है?",
    "Compare the plans of three mobile operators in a table.",
    "How do I sort a list of dictionaries in Python by two keys?",
    "Plan three days in Jaipur for a family with two children.",
    "What changed in the last budget for small companies?",
)
WORDS = ("monsoon", "letter", "python", "plan", "landlord", "stand-in", "मानसून", "budget")
_KEPT = 10


@dataclass
class Conversation:
    """A conversation without a running answer."""

    id: str
    question_id: str


@dataclass
class User:
    """One user: a token, and the results of their acts."""

    token: str
    conversations: list[Conversation] = field(default_factory=list)
    plan: str = "free"
    """`free`, `paying` while a checkout is open, then `pro`."""


class Users:
    """All users of a run."""

    def __init__(self, client: Client, tokens: list[str], seed: int) -> None:
        self.client = client
        self.users = [User(token) for token in tokens]
        self._chance = random.Random(f"{seed} texts")
        self._acts: dict[Act, Callable[[User], Awaitable[None]]] = {
            "ask": self._ask,
            "edit": self._edit,
            "list": self._list,
            "search": self._search,
            "pay": self._pay,
        }

    async def act(self, number: int, act: Act) -> None:
        """Does one act of one user to its end. Raises bench.load.client.Failed."""
        await self._acts[act](self.users[number])

    async def _ask(self, user: User) -> None:
        question: dict[str, Any] = {"message": self._chance.choice(QUESTIONS)}
        if user.conversations and self._chance.random() < 0.5:
            question["conversation_id"] = user.conversations.pop().id
        await self._stream(user, question)

    async def _edit(self, user: User) -> None:
        if not user.conversations:
            await self._ask(user)
            return
        edited = user.conversations.pop()
        question = {"message": self._chance.choice(QUESTIONS), "edit_of": edited.question_id}
        await self._stream(user, {**question, "conversation_id": edited.id})

    async def _stream(self, user: User, question: dict[str, Any]) -> None:
        start = await self.client.stream(user.token, question)
        user.conversations.append(Conversation(start["conversation_id"], start["user_message_id"]))
        del user.conversations[:-_KEPT]

    async def _list(self, user: User) -> None:
        page = await self.client.call("GET", "/conversations", user.token)
        if page["items"]:
            one = self._chance.choice(page["items"])
            await self.client.call("GET", "/conversations/{id}/messages", user.token, id=one["id"])

    async def _search(self, user: User) -> None:
        await self.client.call("GET", "/search", user.token, query=f"?q={quote(self._chance.choice(WORDS))}")

    async def _pay(self, user: User) -> None:
        if user.plan == "free":
            user.plan = "paying"
            await self.client.call("PUT", "/subscription/billing-details", user.token, checkout.DETAILS)
            opened = await self.client.call("POST", "/subscription/create", user.token, checkout.PLAN)
            await self.client.browse("GET", opened["short_url"])
            paid = await self.client.browse("POST", opened["short_url"], checkout.FORM_BODY)
            await self.client.call("POST", "/subscription/verify", user.token, checkout.confirmation(paid))
            user.plan = "pro"
        await self.client.call("GET", "/subscription", user.token)
        await self.client.call("GET", "/subscription/invoice", user.token)
