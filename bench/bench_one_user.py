"""One user asks 200 concurrent questions with 50 units left, and gets exactly 50 answers. Compared in speed with 200
users."""

import asyncio
import time
from collections import Counter

from bench import stack, upstream
from bench.people import User
from bench.report import median, ratio, step, table
from bench.stack import Stack

ROUNDS = 5
AT_ONCE = 200
LEFT = 50
QUESTION = upstream.pace(first=0, chunks=1, pause=0)


async def ask(running: Stack, people: list[User]) -> tuple[Counter[int], float]:
    """Asks one concurrent question for each of `people` in a new conversation. Returns the statuses and the
    duration."""
    listeners = [await running.ours.connect() for _ in people]
    started = time.perf_counter()
    heard = await asyncio.gather(
        *(running.ours.ask(listener, QUESTION, user) for listener, user in zip(listeners, people, strict=True))
    )
    taken = time.perf_counter() - started
    for one, listener in zip(heard, listeners, strict=True):
        assert one.status != 200 or b"event: done" in one.body, one
        listener.close()
    return Counter(one.status for one in heard), taken


def count(running: Stack, user: User) -> tuple[int, int, int]:
    """Used and reserved units, and stored conversations, of one user."""
    (counted,) = running.rows(
        "select used, reserved, (select count(*) from oneai.conversations as c where c.user_id = q.workspace_id) "
        "from oneai.usage_quotas as q where workspace_id = %s and quota_key = 'small_messages'",
        user.id,
    )
    used, reserved, conversations = counted
    return used, reserved, conversations


def main() -> None:
    """Measures, asserts the count, and prints."""
    rates: dict[str, list[float]] = {}
    # This measures the quota, and not the limit of concurrent answers.
    with stack.running(more={"ANSWERS_AT_ONCE": f"free={AT_ONCE}"}) as running:
        for round_ in range(ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
            cases = {
                f"one user with {LEFT} units left": running.people(1, LEFT) * AT_ONCE,
                f"one user with {AT_ONCE} units left": running.people(1, AT_ONCE) * AT_ONCE,
                f"{AT_ONCE} people": running.people(AT_ONCE),
            }
            for name, people in cases.items():
                statuses, taken = asyncio.run(ask(running, people))
                answered = LEFT if str(LEFT) in name else AT_ONCE
                assert statuses == Counter({200: answered, 429: AT_ONCE - answered}) - Counter(), (name, statuses)
                if people[0] is people[-1]:
                    assert count(running, people[0]) == (answered, 0, answered), (name, count(running, people[0]))
                if round_:
                    rates.setdefault(name, []).append(AT_ONCE / taken)
    last, whole, many = rates.values()
    table(
        [f"{AT_ONCE} requests at once, to as many conversations", "answered", "refused", "requests a second"],
        [
            [name, answered, AT_ONCE - answered, f"{median(values):.0f}"]
            for (name, values), answered in zip(rates.items(), (LEFT, AT_ONCE, AT_ONCE), strict=True)
        ],
    )
    print(f"In {ROUNDS + 1} rounds exactly {LEFT} of {AT_ONCE} were answered, and `used` was the limit.")
    ratio(f"requests a second, {AT_ONCE} users to one user with {LEFT} units left", median(many) / median(last))
    ratio(f"requests a second, {AT_ONCE} users to one user with {AT_ONCE} units left", median(many) / median(whole))


if __name__ == "__main__":
    main()
