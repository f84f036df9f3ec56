"""Followers of an answer: streams that another request began it for.

Each holds one of the few places a person has, for as long as it renews its lease. It is renewed by the reads it makes;
a follower in the process that writes the answer reads nothing, and renews it every ten seconds instead.
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
from oneai.postgres.db import Person

# A third of the lease (`oneai.lease`), so that one renewal may fail and a silence of fifteen seconds pass.
SECONDS_BETWEEN_RENEWALS = 10.0


@dataclass(eq=False)
class Follower:
    """One stream's place; `over` when it lost it to a newer one, or did not renew it in time."""

    person: Person
    message_id: UUID
    id: UUID = field(default_factory=uuid4)
    over: bool = False
    _placed: bool = False
    _tried: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Known from the start: a newer follower may end it before it has heard of its own place."""
        _here[self.id] = self

    def claim(self) -> tuple[UUID, bool, str]:
        """What `oneai.follow` is told after the answer's id: by the first read to take the place, then to renew it."""
        return self.id, not self._placed, json.dumps(answers_at_once())

    def heard(self, ended: list[UUID] | None) -> None:
        """Takes down what `oneai.follow` said. Followers in this process that were ended know it at once."""
        self._placed, self._tried = True, time.monotonic()
        self.over = self.over or ended is None
        for each in ended or ():
            if other := _here.get(each):
                other.over = True
                if answer := running.get(other.message_id):
                    answer.tell()

    async def renew(self) -> None:
        """Renews the place where that is due, by a round trip of its own: for a follower that reads nothing."""
        if self.over or time.monotonic() - self._tried < SECONDS_BETWEEN_RENEWALS:
            return
        self._tried = time.monotonic()
        try:
            (said,) = await db.read_as(
                self.person, "select oneai.follow(%s, %s, %s, %s) as ended", [self.message_id, *self.claim()], _Said
            )
        except Busy:
            return  # Postgres is away, and this process writes the answer all the same
        self.heard(said.ended)


def moved_on() -> RateLimited:
    """What a follower is told that lost its place."""
    return RateLimited("This answer is followed elsewhere by now. It goes on; come back to it at any time.")


@dataclass
class _Said:
    ended: list[UUID] | None


# Those of this process, while they listen.
_here: WeakValueDictionary[UUID, Follower] = WeakValueDictionary()
