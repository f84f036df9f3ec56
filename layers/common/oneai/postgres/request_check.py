"""The check of every client request: its rate limit and the state of its account. Postgres runs it in the same message
as the request's first statement.

The HTTP layer sets the check with `begin`, and `oneai.postgres.db` sends it with the first statement. So no route can
forget it, and none needs a round trip for it. Jobs have no check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, LiteralString, NamedTuple
from uuid import UUID

# What a role permits in a workspace (`oneai.role_has_right`).
type Right = Literal["read", "write", "manage", "spend", "own"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`per_minute` requests on average, `burst` at once."""

    name: str
    per_minute: int
    burst: int


# Another column of the statement that consumes a rate. Its commit does not wait for the disk: a crash of Postgres
# resets the rates. Charges do wait (docs/decisions/durability.md).
WITHOUT_DISK: LiteralString = "set_config('synchronous_commit', 'off', true)"
# The index of the check's result with the rate: the one after the result of `begin`.
RATE_RESULT = 1


@dataclass(slots=True)
class RequestCheck:
    """The check of one request. Without a user only the rate of `subject` is checked."""

    subject: str
    """The owner of the rate: a user's id, or the network of a client's address."""
    rate: RateLimit
    team_rate: RateLimit | None = None
    """The rate of all members of a team together, if the request names one."""
    user_id: UUID | None = None
    session_id: UUID | None = None
    aal: str | None = None
    """The token's claim: `aal2` after a second factor, else `aal1`."""
    permits: tuple[str, ...] = ()
    """The states in which the request is allowed: `suspended` and `deleting` of the account, `maintenance` of the
    service, and `aal1` of a token that lacks its user's second factor."""
    workspace: str | None = None
    """The id or slug of the workspace that the request names; None: none."""
    right: Right = "read"
    """What the user must be allowed in that workspace."""
    workspace_id: UUID | None = field(default=None, init=False)
    """The id of that workspace; known after the first statement."""
    sent: bool = field(default=False, init=False)
    remaining: int | None = field(default=None, init=False)
    """How many more requests may be made immediately; known after the first statement."""

    @property
    def results(self) -> int:
        """The number of results of its statements."""
        return 3

    def statements(self) -> tuple[LiteralString, list[Any]]:
        """A separate transaction before the work, so that the row of the rate is locked only briefly, and a request
        that is refused later has consumed its rate."""
        rate = [self.subject, *_numbers(self.rate)]
        take: LiteralString = "select oneai.take_rate(%s, %s, %s, %s, 1)"
        if self.user_id is None:
            return f"begin; {take}, oneai.require_open(null, %s), {WITHOUT_DISK}; commit; ", [*rate, list(self.permits)]
        take += ", oneai.check_account(%s, %s, %s, %s)"
        params = [*rate, self.user_id, self.session_id, self.aal, list(self.permits)]
        if self.workspace is not None and self.team_rate is not None:
            take += ", oneai.take_team_rate(%s, %s, %s, %s, %s)"
            params += [self.user_id, self.workspace, *_numbers(self.team_rate)]
        return f"begin; {take}, {WITHOUT_DISK}; commit; ", params

    def read(self, n: int, values: list[bytes | None]) -> None:
        """Reads the first row of the result with this index."""
        if n == RATE_RESULT:
            self.remaining = int(values[0] or 0)


@dataclass(slots=True)
class ApiKeyCheck:
    """The check of a request with an API key. Postgres returns the key's owner."""

    secret_hash: bytes
    scope: str
    rate: RateLimit
    """The owner's rate; after the first statement the key's own, if less of it is left."""
    team_rate: RateLimit
    """The rate of all members of a team together, if the key belongs to one."""
    address: str | None
    """The client's IP address, for the key's ranges."""
    network: str
    """The subject and the rate to consume for a secret that is not a key."""
    network_rate: RateLimit
    workspace: str | None = None
    """The id or slug of the workspace that the request names, which has to be the key's; None: none."""
    right: Right = "read"
    """What the key's owner must be allowed in the key's workspace."""
    sent: bool = field(default=False, init=False)
    sent_again: bool = field(default=False, init=False)
    """Whether its first message was refused; then the next one identifies the client again and consumes no rate."""
    remaining: int | None = field(default=None, init=False)
    """How many more requests may be made immediately; known after the first statement."""
    user_id: UUID | None = field(default=None, init=False)
    api_key_id: UUID | None = field(default=None, init=False)
    workspace_id: UUID | None = field(default=None, init=False)

    @property
    def results(self) -> int:
        """The number of results of its statements; the last one has the ids of the user, the key and its
        workspace."""
        return 1 if self.sent_again else 4

    def statements(self) -> tuple[LiteralString, list[Any]]:
        """The rates in a separate transaction, as above; then, in the work's transaction, the claims for row-level
        security and the key's workspace, which only Postgres knows yet."""
        begin: LiteralString = (
            "select user_id, api_key_id, workspace_id from oneai.begin_api_key_request(%s, %s, %s, %s, %s); "
        )
        key = [self.secret_hash, self.scope, self.address, self.workspace, self.right]
        if self.sent_again:
            return begin, key
        network = [self.network, self.network_rate.per_minute, self.network_rate.burst]
        team = [self.team_rate.per_minute, self.team_rate.burst]
        take: LiteralString = (
            f"begin; select remaining, key_limit, {WITHOUT_DISK} "  # noqa: S608  literals alone
            "from oneai.take_api_key_rate(%s, %s, %s, %s, %s, %s, %s, %s, %s); commit; "
        )
        return take + begin, [self.secret_hash, *_numbers(self.rate), *network, *team, *key]

    def read(self, n: int, values: list[bytes | None]) -> None:
        """Reads the first row of the result with this index."""
        if n == self.results - 1:
            self.user_id, self.api_key_id, self.workspace_id = (UUID((value or b"").decode()) for value in values)
        elif n == RATE_RESULT:
            self.remaining = int(values[0] or 0)
            if values[1] is not None:
                self.rate = RateLimit("api_key_requests", int(values[1]), int(values[1]))


type Check = RequestCheck | ApiKeyCheck


class RequestId:
    """The id of the user, the API key or the workspace of a check, as a parameter of statements. Until it is known, it
    is an expression that reads it from what the check sets in the same message."""

    __slots__ = ("check", "name")

    def __init__(self, check: Check, name: LiteralString) -> None:
        self.check, self.name = check, name

    def value(self) -> UUID:
        """The id. Raises RuntimeError before the check was answered."""
        value: UUID | None = getattr(self.check, self.name)
        if value is None:
            raise RuntimeError(f"The {self.name} of a request is not known before its first statement.")
        return value

    def __str__(self) -> str:
        return str(self.value())

    def expression(self) -> str | None:
        """The expression for the id in the message that is being sent; None if the id is known. Raises RuntimeError in
        a message without the check, in which no claims are set."""
        if getattr(self.check, self.name) is None and _sending.get() is self.check:
            return f"(select oneai.request_{self.name}())"
        self.value()
        return None


class WorkspaceSetting(NamedTuple):
    """An expression that sets `oneai.workspace` for a message's transaction. Its value is the workspace's id, which
    `resolves` waits for."""

    expression: LiteralString
    params: list[Any]
    resolves: RequestCheck | None


_current: ContextVar[Check | None] = ContextVar("request_check", default=None)
_sending: ContextVar[Check | None] = ContextVar("request_check_sending", default=None)


def begin(check: Check | None) -> None:
    """Sets the check of the current request, or that it has none."""
    _current.set(check)


def current() -> Check | None:
    """The check of the current request."""
    return _current.get()


def workspace_setting() -> WorkspaceSetting | None:
    """What each message of the current request sets, so that row-level security shows its workspace alone; None if it
    names none. The first one finds the workspace and raises what refuses the user. The check of an API key sets that
    of the key."""
    check = _current.get()
    if check is None:
        return None
    if check.workspace_id is not None:
        return WorkspaceSetting("set_config('oneai.workspace', %s, true)", [str(check.workspace_id)], None)
    if isinstance(check, ApiKeyCheck) or check.workspace is None:
        return None
    return WorkspaceSetting(
        "set_config('oneai.workspace', oneai.request_workspace(%s, %s, %s)::text, true)",
        [check.user_id, check.workspace, check.right],
        check,
    )


def unconsumed_team_rate() -> list[int] | None:
    """The team's rate, per minute and burst, that is still to be consumed if what the request names belongs to a team;
    None if the check consumes it, or nothing limits the request."""
    check = _current.get()
    if not isinstance(check, RequestCheck) or check.team_rate is None or check.workspace is not None:
        return None
    return [check.team_rate.per_minute, check.team_rate.burst]


def enter_workspace(workspace_id: UUID) -> None:
    """The rest of the current request is for this workspace, to which something that the request names belongs."""
    check = _current.get()
    if isinstance(check, RequestCheck) and check.user_id not in (None, workspace_id):
        check.workspace_id = workspace_id


def _numbers(rate: RateLimit) -> list[Any]:
    return [rate.name, rate.per_minute, rate.burst]


def take() -> Check | None:
    """Returns the check that is still to be sent by the caller; then None, also in jobs. An API key's check is sent
    until Postgres has returned the owner, which a refusal of its message prevents."""
    check = _current.get()
    if check is None:
        return None
    if check.sent:
        if not isinstance(check, ApiKeyCheck) or check.user_id is not None:
            return None
        check.sent_again = True
    check.sent = True
    return check


@contextmanager
def not_of_the_request() -> Iterator[None]:
    """The context of statements whose result other requests use too, such as what a cache reads. They send no check: a
    failed reading is tolerated, and a refusal of the request must not be."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def sending(check: Check | None) -> Iterator[None]:
    """The context in which a message with this check is bound and sent."""
    token = _sending.set(check)
    try:
        yield
    finally:
        _sending.reset(token)
