"""Reads `bench/traffic.toml`, and draws the acts of users and their times from a seed."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

FILE = Path(__file__).parent.parent / "traffic.toml"

type Act = Literal["ask", "edit", "list", "search", "pay"]
ACTS: tuple[Act, ...] = get_args(Act.__value__)
STREAMED: tuple[Act, ...] = ("ask", "edit")
# A free plan has a hundred questions a month; no user of a run comes close to that.
_STREAMS_PER_USER = 40


class NotUnderstood(Exception):
    """A value of the file or of the command is invalid; the text is for its author."""


@dataclass(frozen=True)
class Kind:
    """Users with the same behaviour: their share of all users, and the share of each act, both in percent."""

    name: str
    share: float
    acts: dict[Act, float]


@dataclass(frozen=True)
class Aims:
    """The targets of a run: milliseconds, and a ratio of memory."""

    first_token_p95: float
    request_p95: float
    memory_growth: float


@dataclass(frozen=True)
class Traffic:
    """The traffic of a stack."""

    streams_per_second: float
    seconds: float
    users: int
    kinds: tuple[Kind, ...]
    aims: Aims


@dataclass(frozen=True)
class Arrival:
    """One user does one act, `at` seconds after the start."""

    at: float
    user: int
    act: Act


def read(file: Path = FILE, *, seconds: float | None = None, rate: float | None = None) -> Traffic:
    """The traffic of the file, with another length in `seconds` or another `rate` of streams. Raises NotUnderstood."""
    try:
        stated = tomllib.loads(file.read_text())
        kinds = tuple(_kind(name, dict(each)) for name, each in stated["kinds"].items())
        traffic = Traffic(
            float(stated["streams_per_second"] if rate is None else rate),
            float(stated["seconds"] if seconds is None else seconds),
            int(stated["users"]),
            kinds,
            Aims(**{name: float(value) for name, value in stated["aims"].items()}),
        )
    except KeyError as error:
        raise NotUnderstood(f"{file} has no {error}.") from None
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise NotUnderstood(f"{file} is not understood: {error}") from None
    if not (traffic.seconds > 0 and traffic.streams_per_second > 0 and traffic.users > 0):
        raise NotUnderstood("A run has more than 0 seconds, streams a second and users.")
    if not any(kind.share * kind.acts.get("ask", 0) for kind in kinds):
        raise NotUnderstood(f"In {file} no user asks.")
    enough = round(traffic.seconds * traffic.streams_per_second / _STREAMS_PER_USER)
    return Traffic(traffic.streams_per_second, traffic.seconds, max(traffic.users, enough), traffic.kinds, traffic.aims)


def draw(traffic: Traffic, seed: int) -> list[Arrival]:
    """Every arrival of a run, in order: the same for the same traffic and seed.

    Arrivals are independent of each other and of the answers (a Poisson process), like those of many users.
    """
    chance = random.Random(seed)
    kinds = chance.choices(traffic.kinds, [kind.share for kind in traffic.kinds], k=traffic.users)
    streams = sum(sum(kind.acts.get(act, 0.0) for act in STREAMED) / sum(kind.acts.values()) for kind in kinds)
    arrivals = []
    at = 0.0
    while (at := at + chance.expovariate(traffic.streams_per_second * traffic.users / streams)) < traffic.seconds:
        user = chance.randrange(traffic.users)
        acts = kinds[user].acts
        arrivals.append(Arrival(at, user, chance.choices(list(acts), list(acts.values()))[0]))
    return arrivals


def _kind(name: str, stated: dict[str, float]) -> Kind:
    share = stated.pop("share")
    acts = {act: float(stated.pop(act)) for act in ACTS if act in stated}
    if stated or not acts or min(share, *acts.values()) < 0 or sum(acts.values()) <= 0:
        raise ValueError(f"kinds.{name} has a share and positive numbers of {', '.join(ACTS)}")
    return Kind(name, float(share), acts)
