"""What every request of a client asks of Postgres before its own first statement, in the same message: its rate limit
and the state of its account.

The HTTP layer states the check with `begin`; `oneai.postgres.db` sends it with the first statement, whichever that is,
so that no route can forget it and none pays a round trip for it. Jobs state none.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`per_minute` requests on average, `burst` at once."""

    name: str
    per_minute: int
    burst: int


@dataclass(slots=True)
class RequestCheck:
    """The check of one request. Without a user only the rate is checked, that of `subject`."""

    subject: str
    """Whose rate it is: a user's id, or the network of a client's address."""
    rate: RateLimit
    user_id: UUID | None = None
    session_id: UUID | None = None
    permits: tuple[str, ...] = ()
    """The states, of `suspended` and `deleting`, in which the account may make this request."""
    sent: bool = field(default=False, init=False)
    remaining: int | None = field(default=None, init=False)
    """How many more requests may be made at once; known when the first statement has been answered."""

    def statements(self) -> tuple[LiteralString, list[Any]]:
        """A transaction of its own, before the work: the row of the rate stays locked no longer than that, and what is
        refused later has taken its rate. It returns STATEMENTS results."""
        rate = [self.subject, self.rate.name, self.rate.per_minute, self.rate.burst]
        take: LiteralString = "select oneai.take_rate(%s, %s, %s, %s, 1)"
        if self.user_id is None:
            return f"begin; {take}; commit; ", rate
        account = [self.user_id, self.session_id, list(self.permits)]
        return f"begin; {take}, oneai.check_account(%s, %s, %s); commit; ", [*rate, *account]


STATEMENTS = 3
# Which of them is the result with the rate, counted from 0.
RATE_RESULT = 1

_current: ContextVar[RequestCheck | None] = ContextVar("request_check", default=None)


def begin(check: RequestCheck | None) -> None:
    """States the check of the current request, or that it has none."""
    _current.set(check)


def current() -> RequestCheck | None:
    """The check of the current request."""
    return _current.get()


def take() -> RequestCheck | None:
    """The check that is still to be sent, which the caller sends; None afterwards, and in jobs."""
    check = _current.get()
    if check is None or check.sent:
        return None
    check.sent = True
    return check
