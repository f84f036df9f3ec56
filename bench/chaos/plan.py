"""Draws each round from a seed: the same seed and number give the same round."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

from bench.chaos.site import VISITORS
from bench.chaos.team import MEMBERS

type FaultKind = Literal[
    "kill-functions",
    "stop-functions",
    "kill-job",
    "cut-clients",
    "kill-upstream",
    "upstream-faults",
    "pause-postgres",
    "stop-postgres",
    "restart-postgres",
    "kill-postgres",
    "lose-webhooks",
    "double-webhooks",
    "reorder-webhooks",
    "provider-away",
    "lose-replies",
    "move-clock",
]
FAULTS: tuple[FaultKind, ...] = get_args(FaultKind.__value__)

type ActKind = Literal[
    "ask",
    "edit",
    "regenerate",
    "compare",
    "delete",
    "read",
    "subscribe",
    "cancel",
    "buy-credits",
    "refund-credits",
]
_ACTS: dict[ActKind, int] = {
    "ask": 50,
    "edit": 9,
    "regenerate": 7,
    "compare": 6,
    "delete": 4,
    "read": 9,
    "subscribe": 12,
    "cancel": 3,
    "buy-credits": 10,
    "refund-credits": 3,
}

# What visitors of the chatbot and the members of its team do.
type VisitKind = Literal["ask", "person", "serve", "score"]
_VISITS: dict[VisitKind, int] = {"ask": 50, "person": 15, "serve": 25, "score": 10}

# Models of the stand-in: some answer slowly or in unusual ways, and others fail at every possible moment.
ANSWERING = (
    *("openai/gpt-4.1-mini", "local/slow", "local/long", "local/echo", "local/reasoning-slowly"),
    *("local/no-usage", "local/no-done", "local/crlf-split", "local/json-body", "local/served-by-other"),
)
FAILING = (
    *("local/reset-before-first", "local/reset-midway", "local/eof-midway", "local/error-before-first"),
    *("local/error-after-reasoning", "local/error-midway", "local/finish-error", "local/empty"),
    *("local/nul-and-surrogates", "local/reasoning-only", "local/tool-call"),
)
# These hang, so that only a stop or a timeout of minutes ends them.
HANGING = ("local/hang-before-first", "local/hang-while-thinking", "local/hang-midway")
JOBS = ("settle_answers", "reconcile_subscriptions", "quota_reset", "send_mail", "roll_up_usage")

# In one of this many rounds, all members of the team ask at once.
TOGETHER_EVERY = 8

# Of this many users, one pays answers with credits alone and one with credits first. The others have none at first.
CREDITS_EVERY = 4

# The users that act in a round. Every third round a new user replaces one of them.
USERS_AT_ONCE = 24
_ROUNDS_OF_A_USER = 3


@dataclass(frozen=True)
class Fault:
    """A fault that starts `at` seconds into its round, with its duration if it has one; `choice` selects its
    variant."""

    kind: FaultKind
    at: float
    seconds: float
    choice: int


@dataclass(frozen=True)
class Act:
    """What one user does, and how many seconds after the start of the round."""

    kind: ActKind
    user: int
    at: float
    model: str
    choice: int
    """Which of their conversations, words, ways to pay."""
    leave_after: float | None = None
    """Seconds after which the client hangs up; it resumes the stream."""
    stop_after: float | None = None
    """Seconds after which the user stops the answer."""
    twice: bool = False
    """Whether the same question is sent twice at once."""


@dataclass(frozen=True)
class Visit:
    """What happens in one visitor's conversation, and how many seconds after the start of the round."""

    kind: VisitKind
    visitor: int
    at: float
    choice: int
    leave_after: float | None = None
    twice: bool = False


@dataclass(frozen=True)
class Round:
    """The faults and acts of one round, which start within two seconds."""

    number: int
    faults: tuple[Fault, ...]
    acts: tuple[Act, ...]
    together: tuple[Act, ...] = ()
    """What the members of the team ask at once, each one question."""
    visits: tuple[Visit, ...] = ()
    """What happens at the chatbot."""


def users_of(rounds: int) -> int:
    """The number of users in a run with this number of rounds."""
    return USERS_AT_ONCE + rounds // _ROUNDS_OF_A_USER


def draw(seed: int, number: int) -> Round:
    """The round with this number, from 1. Every kind of fault comes once in as many rounds as there are kinds."""
    chance = random.Random(f"{seed} {number}")
    cycle, place = divmod(number - 1, len(FAULTS))
    kinds = [_order(seed, cycle)[place]]
    if chance.random() < 0.3:
        kinds.append(chance.choice(FAULTS))
    faults = tuple(
        Fault(kind, chance.uniform(0, 1.2), chance.uniform(0.2, 2.5), chance.randrange(1000))
        for kind in dict.fromkeys(kinds)
    )
    cut = chance.uniform(0.1, 1.5) if "cut-clients" in kinds else None
    acts = tuple(_act(chance, number, cut=cut, failing="upstream-faults" in kinds) for _ in range(chance.randint(4, 7)))
    together: tuple[Act, ...] = ()
    if number % TOGETHER_EVERY == 2:
        together = tuple(_question(chance, member) for member in range(MEMBERS))
    visits = tuple(_visit(chance, cut) for _ in range(chance.randint(4, 8)))
    return Round(number, faults, acts, together, visits)


def _visit(chance: random.Random, cut: float | None) -> Visit:
    kind = chance.choices([*_VISITS], [*_VISITS.values()])[0]
    leave_after = cut if cut is not None else chance.uniform(0.1, 2) if chance.random() < 0.15 else None
    return Visit(
        *(kind, chance.randrange(VISITORS), chance.uniform(0, 1), chance.randrange(1000), leave_after),
        twice=chance.random() < 0.2,
    )


def _question(chance: random.Random, member: int) -> Act:
    model = chance.choice(FAILING if chance.random() < 0.1 else ANSWERING)
    leave_after = chance.uniform(0.1, 2) if chance.random() < 0.15 else None
    return Act("ask", member, 0, model, chance.randrange(1000), leave_after, twice=chance.random() < 0.1)


def _order(seed: int, cycle: int) -> list[FaultKind]:
    kinds = [*FAULTS]
    random.Random(f"{seed} faults {cycle}").shuffle(kinds)
    return kinds


def _act(chance: random.Random, number: int, *, cut: float | None, failing: bool) -> Act:
    kind = chance.choices([*_ACTS], [*_ACTS.values()])[0]
    model = chance.choice(FAILING if failing or chance.random() < 0.2 else ANSWERING)
    stop_after = chance.uniform(0, 2) if chance.random() < 0.12 else None
    if stop_after is not None and chance.random() < 0.5:
        model = chance.choice(HANGING)
    return Act(
        kind,
        user=(number - 1) // _ROUNDS_OF_A_USER + chance.randrange(USERS_AT_ONCE),
        at=chance.uniform(0, 1),
        model=model,
        choice=chance.randrange(1000),
        leave_after=cut if cut is not None else chance.uniform(0.1, 2) if chance.random() < 0.15 else None,
        stop_after=stop_after,
        twice=chance.random() < 0.1,
    )
