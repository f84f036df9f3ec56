"""Starts the processes of a benchmark: Postgres, the upstream, the bare proxy and our gateway."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg

from bench import people, programs, upstream
from bench.listener import OUR_TOKEN, THEIR_TOKEN, Listener, StreamResult
from bench.people import User
from bench.programs import Program
from bench.report import step
from local import postgres
from local.data_folder import data_folder
from local.environment import gateway_environment
from local.postgres_server import SUPERUSER
from oneai.api_keys import secret
from oneai.http import rate_limits
from stand_ins.supabase_auth.signer import Signer


@dataclass
class Target:
    """A route to an answer: direct, through the bare proxy, or through the whole stack."""

    name: str
    program: Program
    path: str
    token: bytes
    streamed: bool = True

    async def connect(self) -> Listener:
        """A connection to it."""
        return await Listener.connect(self.program.port)

    async def ask(
        self, listener: Listener, question: str, user: User, model: str = upstream.MODEL, **fields: Any
    ) -> StreamResult:
        """Asks over `listener`. Only our stack checks the user and accepts more `fields`."""
        ours = self.token is OUR_TOKEN
        question_body = {"message": question, "model": model, **fields}
        body = json.dumps(question_body).encode() if ours else upstream.body(question, model)
        if not self.streamed:
            body = json.dumps({**json.loads(body), "stream": False}).encode()
        return await listener.ask(self.path, body, self.token, authorization=f"Bearer {user.token}")


class Stack:
    """The running stack; `database` is its address for the superuser, `variables` the environment of its functions."""

    def __init__(self, database: str, folder: Path, variables: dict[str, str], programs: dict[str, Program]) -> None:
        self.database, self.variables = database, variables
        self._connection = psycopg.connect(database, autocommit=True)
        self._signer = Signer.load(folder, programs["gateway"].address)
        self.straight = Target(
            "straight from the upstream", programs["upstream"], "/api/v1/chat/completions", THEIR_TOKEN
        )
        self.bare = Target("through the bare proxy", programs["proxy"], "/chat/stream", THEIR_TOKEN)
        self.ours = Target("through the whole stack", programs["gateway"], "/api/chat/stream", OUR_TOKEN)
        completions = (programs["gateway"], "/v1/chat/completions", THEIR_TOKEN)
        self.completions = Target("chat completions, streamed", *completions)
        self.whole_completions = Target("chat completions, whole", *completions, streamed=False)
        self.others: dict[str, Target] = {}
        """Further gateways over the same database, by name."""

    def close(self) -> None:
        """Closes the connection to the database."""
        self._connection.close()

    def rows(self, query: LiteralString, *params: Any) -> list[Any]:
        """The rows of a query as superuser."""
        cursor = self._connection.execute(query, params)
        return cursor.fetchall() if cursor.description else []

    def use_deployed_clock(self) -> None:
        """Makes Postgres read the time as the migrations define it, because the local stack's movable clock reads a
        table in every transaction."""
        self.rows(
            "create or replace function oneai.now() returns timestamptz language sql stable as "
            "'select pg_catalog.now()'"
        )

    def people(self, count: int, units: int = 1_000_000) -> list[User]:
        """Creates users with this quota of small messages each."""
        return people.sign_up(self._connection, self._signer, count, units)

    def with_key(self, user: User, **columns: Any) -> User:
        """The same user with a new API key, with these additional columns."""
        value = secret.generate()
        stated = {"name": "bench", "scopes": ["chat"], **columns}
        self.rows(
            "select oneai.create_api_key(%s, %s, %s, %s, %s, 100)",
            *(user.id, user.id, json.dumps(stated), secret.hint_of(value), secret.hash_of(value)),
        )
        return User(user.id, value)


@contextmanager
def running(
    gateway: str = "local.serve",
    more: Mapping[str, str] | None = None,
    others: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[Stack]:
    """Starts the whole stack over its own database, with a Postgres that commits durably.

    `gateway` is the module that serves it, with `more` variables in its environment. `others` are further gateways by
    name, with their own variables.
    """
    step("starting Postgres, the upstream, the bare proxy and the gateway")
    with ExitStack() as resources:
        shelf = data_folder() / "bench"
        shelf.mkdir(exist_ok=True)
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(dir=shelf)))
        server = postgres.start(shelf / "postgres", durable=True)
        resources.callback(postgres.stop, server)
        postgres.build_template(server)
        name = f"bench_{uuid4().hex[:12]}"
        postgres.clone(server, name)
        resources.callback(postgres.drop, server, name)

        places = {each: programs.reserve_port() for each in ("upstream", "proxy", "gateway")}
        addresses = {each: f"http://127.0.0.1:{place.getsockname()[1]}" for each, place in places.items()}
        variables = {
            "DATABASE_URL": server.url(name, "oneai_app"),
            "SUPABASE_URL": addresses["gateway"],
            "OPENROUTER_BASE_URL": f"{addresses['upstream']}/api/v1",
            "OPENROUTER_API_KEY": "sk-or-bench",
            # The upstream is a custom provider's server too.
            "TRUSTED_ENDPOINT_ORIGINS": addresses["upstream"],
            # Benchmarks are faster than any user; `bench_rate_limits` sets its own limits.
            "RATE_LIMITS": ",".join(f"{name}=1000000/1000000" for name in rate_limits.NAMES),
        }
        # The stand-ins for Supabase Auth and Razorpay write what no role of the product may.
        stand_ins = {
            "ONEAI_AUTH_DATABASE_URL": server.url(name, "supabase_auth_admin"),
            "ONEAI_OPERATORS_DATABASE_URL": server.url(name, SUPERUSER),
        }
        modules = {
            "upstream": ("bench.upstream", {}),
            "proxy": ("bench.bare_proxy", variables),
            "gateway": (
                gateway,
                gateway_environment(addresses["gateway"], folder, server, None)
                | variables
                | stand_ins
                | dict(more or {}),
            ),
        }
        folders = dict.fromkeys(modules, folder)
        for other, own in (others or {}).items():
            places[other], folders[other] = programs.reserve_port(), folder / other.replace(" ", "-")
            folders[other].mkdir()
            modules[other] = (gateway, modules["gateway"][1] | dict(own) | {"ONEAI_DATA": str(folders[other])})
        started = {}
        for each, (module, environment) in modules.items():
            started[each] = programs.start(module, places[each], folders[each], environment)
            resources.callback(started[each].stop)
        for program in started.values():
            program.wait_until_it_listens()
        stack = Stack(server.url(name, "postgres"), folder, variables, started)
        resources.callback(stack.close)
        stack.others = {each: Target(each, started[each], stack.ours.path, OUR_TOKEN) for each in others or {}}
        yield stack
