"""Access is a function of facts: the end is the same for any order, number, delay or loss of events.

Many users in one database, each with ids of their own, have the same history, and its events arrive in as many ways:
shuffled, late, twice, and in part or not at all, after which the provider is asked. They all end as a user whose
events arrived at once and in order, and whose end is written by hand. `make test-all` tries more than 5,000 ways.
"""

from tests import effort
from tests.billing.any_order.ends import by_hand, differing, ends
from tests.billing.any_order.histories import ENDS, End
from tests.billing.any_order.many_ways import (
    Crowd,
    User,
    at_once,
    checkpoints,
    crowded,
    disorders,
    right_way,
    some_way,
)
from tests.world import Database

# For each of sixteen histories, every loss with every delay once, or more than twenty times.
WAYS = effort.sample(4, 340)
DISORDERS = {"lost", "late", "twice", "shuffled"}


async def all_end_the_same(database: Database, history: str) -> None:
    """WAYS users whose events arrive in as many ways end as a user whose events arrive at once and in order."""
    async with crowded(database) as crowd:
        await _all_end_the_same(crowd, history)


async def _all_end_the_same(crowd: Crowd, history: str) -> None:
    (right,) = await crowd.people(history, ["right"])
    fresh = await _lives_rightly(crowd, right)
    lived = End(*by_hand(crowd.database, right), len(fresh))
    assert lived == ENDS[history], lived
    (expected,) = ends(crowd.database, [right])
    assert bool(expected["trials"]) == any(row.trial_end for row in right.life.rows)
    # Asked, the provider says a little more than its events do: when exactly a charge was tried.
    await crowd.reconcile(right)
    (asked,) = ends(crowd.database, [right])

    people = await crowd.people(history, (str(number) for number in range(WAYS)))
    chance = effort.rng(history)
    ways = [some_way(user.life, number, chance) for number, user in enumerate(people)]
    tried = set().union(*map(disorders, (user.life for user in people), ways))
    # A few ways of a life of four events may lack one.
    assert tried == DISORDERS or (not effort.ALL and len(right.life.engine.events) < 8), tried

    async def tell(stage: int, number: int) -> None:
        for event in ways[number].stages[stage]:
            assert await crowd.tell(event) in ("applied", "stored", "duplicate")

    for stage, at in enumerate(checkpoints(right.life)):
        crowd.set_clock(at)
        await at_once(crowd.do(user) for user in people)
        await at_once(tell(stage, number) for number in range(WAYS))
        await at_once(crowd.ask_about_mandates(user) for user in people)
        crowd.use(people)
    await at_once(
        crowd.reconcile(user) if way.lossy else crowd.let_time_count(user)
        for user, way in zip(people, ways, strict=True)
    )

    for user, way, end in zip(people, ways, ends(crowd.database, people), strict=True):
        wanted = asked if way.lossy else expected
        unlike = differing(end, wanted)
        assert not unlike, (unlike, user.life.seed, [[each.name for each in stage] for stage in way.stages])


async def _lives_rightly(crowd: Crowd, user: User) -> set[object]:
    """Each event arrives at the moment it happens; since when there ever was fresh quota."""
    fresh = set[object]()
    for at, events in zip(checkpoints(user.life), right_way(user.life).stages, strict=True):
        for event in events:
            crowd.set_clock(event.created_at)
            await crowd.do(user)
            assert await crowd.tell(event) in ("applied", "stored", "duplicate")
            fresh |= crowd.fresh_quotas(user)
        crowd.set_clock(at)
        await crowd.do(user)
        await crowd.ask_about_mandates(user)
        crowd.use([user])
    await crowd.let_time_count(user)
    return fresh
