"""Followers of an answer: streams besides that of the request that asked the question.

A user may have only a few at a time, and each holds a lease. A follower's reads of the answer renew it. A follower in
the process that generates the answer reads nothing from Postgres, and renews it every ten seconds instead.
"""

import json
import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from oneai.chat.turn.answer import running
from oneai.chat.turn.concurrency import answers_at_once
from oneai.errors import Busy, RateLimited
from oneai.postgres import db
from oneai.postgres.db import Principal

# A third of the lease (`oneai.lease`), so that it survives a failed renewal or fifteen seconds without an event.
SECONDS_BETWEEN_RENEWALS = 10.0


@dataclass(eq=False)
class Follower:
    """The lease of one stream. It is `ended` if a newer stream replaced it, or it was not renewed in time."""

    principal: Principal
    message_id: UUID
    id: UUID = field(default_factory=uuid4)
    ended: bool = False
    _has_lease: bool = False
    _renewed_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Registers the follower immediately: a newer one may end it before its own first read has returned."""
        _followers[self.id] = self

    @property
    def of_visitor(self) -> str | None:
        """The public id of the chatbot, if a visitor follows."""
        return getattr(self.principal, "public_id", None)

    def lease_arguments(self) -> tuple[UUID, bool, str]:
        """The arguments of `oneai.follow` after the answer's id. The first call acquires a lease, later ones renew
        it."""
        return self.id, not self._has_lease, json.dumps(answers_at_once())

    def apply_lease(self, ended_ids: list[UUID] | None) -> None:
        """Applies the result of `oneai.follow`: followers in this process whose lease it ended stop immediately."""
        self._has_lease, self._renewed_at = True, time.monotonic()
        self.ended = self.ended or ended_ids is None
        for follower_id in ended_ids or ():
            if other := _followers.get(follower_id):
                other.ended = True
                if answer := running.get(other.message_id):
                    answer.wake_followers()

    async def renew(self) -> None:
        """Renews the lease if it is due, in a separate round trip, for a follower that reads nothing."""
        if self.ended or time.monotonic() - self._renewed_at < SECONDS_BETWEEN_RENEWALS:
            return
        self._renewed_at = time.monotonic()
        try:
            if self.of_visitor is not None:
                (ended_ids,) = await db.call(
                    "select oneai.follow_as_visitor(%s, %s, %s, %s)",
                    [self.principal.user_id, self.message_id, self.id, not self._has_lease],
                )
                self.apply_lease(ended_ids)
                return
            (row,) = await db.read_as(
                self.principal,
                "select oneai.follow(%s, %s, %s, %s) as ended_followers",
                [self.message_id, *self.lease_arguments()],
                _LeaseRow,
            )
        except Busy:
            return  # Postgres is down, but this process continues to generate the answer
        self.apply_lease(row.ended_followers)


def follower_replaced() -> RateLimited:
    """The error of a follower whose lease has ended."""
    return RateLimited("This answer is now followed elsewhere. It continues, and you can return to it at any time.")


@dataclass
class _LeaseRow:
    ended_followers: list[UUID] | None


# The live followers of this process.
_followers: WeakValueDictionary[UUID, Follower] = WeakValueDictionary()
