"""Measures how a member's message reaches a visitor, and what 1,000 followers of an inbox cost one process.

The message: a member writes, and the visitor's page reads its conversation at once. A page asks every three seconds
while people answer, so its visitor waits for half of that more, on average. Both requests are compared with another
small one of the same process, in turns.

The followers: members' pages, each with its own connection, ask what changed every 15 seconds, and then every 3, as
fast as the process answers. Meanwhile one conversation changes each second, so some answers have
changes and the others are 304. Processor time is that of the process and of Postgres.
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench import stack, visitors
from bench.people import User
from bench.programs import cpu_seconds
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from bench.visitors import Chatbot

ROUNDS = 200
FOLLOWERS = 1_000
PAUSES = (15, 3)
SECONDS = 30
AIM = 3.0
PLAIN = "/api/user/preferences"


async def _open_talk(running: Stack, chatbot: Chatbot) -> tuple[str, str]:
    """The token of a new visitor who wants a person, and the conversation."""
    token = await visitors.session(running.ours, chatbot)
    listener = await running.ours.connect()
    asked = await visitors.ask(listener, chatbot, token, f"What about {chatbot.sentence}?")
    start = next(line for line in asked.body.splitlines() if b'"conversation_id"' in line)
    talk: str = json.loads(start.partition(b"data: ")[2])["conversation_id"]
    handed = await listener.send(
        "POST", chatbot.path(f"conversations/{talk}/handoff"), headers={"authorization": f"Bearer {token}"}
    )
    assert handed.status == 200, handed
    listener.close()
    return token, talk


async def messages(running: Stack, chatbot: Chatbot) -> dict[str, list[float]]:
    """Seconds of the member's request, of the visitor's, and of the plain one."""
    token, talk = await _open_talk(running, chatbot)
    listener = await running.ours.connect()
    member, visitor = {"authorization": f"Bearer {chatbot.owner.token}"}, {"authorization": f"Bearer {token}"}
    seconds: dict[str, list[float]] = {"plain": [], "written": [], "read": []}
    for number in range(ROUNDS + 10):
        plain = await listener.send("GET", PLAIN, headers=member)
        body = json.dumps({"content": f"Message {number}"}).encode()
        written = await listener.send("POST", f"/api/inbox/conversations/{talk}/messages", body, headers=member)
        last = json.loads(written.body)["number"] - 1
        path = chatbot.path(f"conversations/{talk}?after={last}")
        read = await listener.send("GET", path, headers=visitor)
        assert (plain.status, written.status, read.status) == (200, 201, 200), (plain, written, read)
        assert f'"Message {number}"'.encode() in read.body, read
        if number >= 10:
            for name, each in (("plain", plain), ("written", written), ("read", read)):
                seconds[name].append(each.whole)
    listener.close()
    return seconds


@dataclass
class Followed:
    """What the followers met in one run."""

    seconds: float = 0
    process: float = 0
    postgres: float = 0
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    late: int = 0
    """Requests that began after the next one was due."""


async def _follow(running: Stack, user: User, found: Followed, *, pause: float, begins: float, until: float) -> None:
    listener = await running.ours.connect()
    headers = {"authorization": f"Bearer {user.token}"}
    due = begins
    path = "/api/inbox/changes"
    while max(due, time.perf_counter()) < until:
        await asyncio.sleep(due - time.perf_counter())
        found.late += time.perf_counter() - due > pause
        answer = await listener.send("GET", path, headers=headers)
        found.statuses[answer.status] += 1
        found.times.append(answer.whole)
        if answer.status == 200:
            path = f"/api/inbox/changes?after={json.loads(answer.body)['next']}"
            unchanged = json.dumps({"items": [], "next": json.loads(answer.body)["next"]}, separators=(",", ":"))
            headers["if-none-match"] = f'"{hashlib.sha256(unchanged.encode()).hexdigest()[:32]}"'
        due += pause
    listener.close()


async def follow(running: Stack, chatbot: Chatbot, users: list[User], pause: float) -> Followed:
    """Runs the followers for `SECONDS`."""
    _, talk = await _open_talk(running, chatbot)
    found = Followed()
    backend = int(running.rows("select pg_backend_pid()")[0][0])
    cpu = running.ours.program.cpu_seconds(), _postgres_seconds(backend)
    started = time.perf_counter()
    until = started + SECONDS

    async def write() -> None:
        listener = await running.ours.connect()
        headers = {"authorization": f"Bearer {chatbot.owner.token}"}
        path = f"/api/inbox/conversations/{talk}/messages"
        while time.perf_counter() < until:
            await listener.send("POST", path, b'{"content": "Hello"}', headers=headers)
            await asyncio.sleep(1)
        listener.close()

    following = [
        _follow(
            *(running, users[n % len(users)], found), pause=pause, begins=started + pause * n / FOLLOWERS, until=until
        )
        for n in range(FOLLOWERS)
    ]
    await asyncio.gather(write(), *following)
    found.seconds = time.perf_counter() - started
    found.process = running.ours.program.cpu_seconds() - cpu[0]
    found.postgres = _postgres_seconds(backend) - cpu[1]
    return found


def _postgres_seconds(backend: int) -> float:
    """Processor time so far of the server with this backend, as far as its processes still run."""
    (server,) = (parent for pid, parent in _parents() if pid == backend)
    return sum(cpu_seconds(pid) for pid, parent in _parents() if server in (pid, parent))


def _parents() -> list[tuple[int, int]]:
    """All processes with their parents."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            found.append((int(file.parent.name), int(file.read_text().rpartition(")")[2].split()[1])))
    return found


def main() -> None:
    """Measures and prints."""
    with stack.running(more=visitors.RICH) as running:
        running.use_deployed_clock()
        owner, *members = running.people(51, visitors.NO_LIMIT)
        step("a document and a chatbot")
        chatbot = visitors.publish(running, owner)
        running.rows(
            "insert into oneai.workspace_members (workspace_id, user_id, role) "
            "select %s, id, 'member' from unnest(%s::uuid[]) as id",
            *(owner.id, [user.id for user in members]),
        )
        step("messages")
        said = asyncio.run(messages(running, chatbot))
        followed = {}
        for pause in PAUSES:
            step(f"{FOLLOWERS:,} followers, every {pause} s")
            followed[pause] = asyncio.run(follow(running, chatbot, [owner, *members], pause))
    reaches = [sum(each) for each in zip(said["written"], said["read"], strict=True)]
    rows = [
        ("another request", said["plain"]),
        ("a member writes", said["written"]),
        ("the visitor reads", said["read"]),
    ]
    table(
        ["a message, ms", "p50", "p95"],
        [[name, ms(median(each)), ms(_p95(each))] for name, each in (*rows, ("both", reaches))],
    )
    heads = [
        "asked every",
        "asked",
        "a second",
        "304",
        "503",
        "p50, ms",
        "p95, ms",
        "late",
        "CPU a request, ms",
        "of it Postgres",
    ]
    table([f"{FOLLOWERS:,} followers on one process", *heads[1:]], [_row(*each) for each in followed.items()])
    ratio("a message to another request, both ways", median(reaches) / (2 * median(said["plain"])), AIM)


def _row(pause: int, found: Followed) -> list[object]:
    asked = found.statuses.total()
    cpu = (found.process + found.postgres) / asked * 1000
    return [
        *(
            f"every {pause} s",
            asked,
            f"{asked / found.seconds:.0f}",
            f"{found.statuses[304] / asked:.0%}",
            found.statuses[503],
        ),
        *(ms(median(found.times)), ms(_p95(found.times)), found.late, f"{cpu:.2f}"),
        f"{found.postgres / asked * 1000:.2f}",
    ]


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 95 // 100]


if __name__ == "__main__":
    main()
