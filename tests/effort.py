"""How much the exhaustive tests try: a fixed sample in `make test`, everything and by a new seed in `make test-all`.

`ONEAI_TEST_ALL=1` is the switch. `ONEAI_TEST_SEED` gives the seed of an earlier run, which tries the same again;
without it a new one is drawn, printed at the beginning and at the end, and handed to every worker. The sample's seed is
0, so that a change alone decides whether `make test` passes.

What a test tries within itself it takes from `sample`, `seeds`, `pairs` and `drawn`. Of the examples that pytest makes
of one test, `@pytest.mark.sampled(share)` leaves that share in `make test`, by the seed, and never less than one; as a
module's `pytestmark`, where many try variations of one thing, that share of the module's tests and always the first.
`@pytest.mark.exhaustive` leaves the whole test to `make test-all`. What `make test` leaves out besides, to end within
ten minutes, is in `tests/gate.py`. This module is a plugin of pytest: see its last functions.
"""

import math
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import hypothesis
import pytest

ALL = os.environ.get("ONEAI_TEST_ALL", "") not in ("", "0")
if ALL:
    # Workers are started with this environment: one seed for all of them.
    os.environ["ONEAI_TEST_SEED"] = os.environ.get("ONEAI_TEST_SEED") or str(random.SystemRandom().randrange(2**32))
SEED = int(os.environ["ONEAI_TEST_SEED"]) if ALL else 0
HOW_TO_REPEAT = f"everything is tried; again the same: make test-all ONEAI_TEST_SEED={SEED}"

# No example fails because the machine was busy. The seed is enough to repeat a run, so hypothesis keeps no examples of
# its own. Shrinking an example that runs on a database takes longer than a test may last: what fails is reported as it
# was found.
_ANYWHERE: dict[str, Any] = {
    "deadline": None,
    "phases": [hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate],
    "suppress_health_check": [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
}
hypothesis.settings.register_profile("sample", **_ANYWHERE, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("all", **_ANYWHERE, max_examples=500, database=None, print_blob=True)


def sample(quick: int, full: int) -> int:
    """The number of examples of a test: `quick` in `make test`, `full` in `make test-all`."""
    return full if ALL else quick


def seeds(quick: int, full: int) -> range:
    """Seeds for as many examples as `sample`. Each run of `make test-all` has other seeds."""
    return range(SEED, SEED + sample(quick, full))


def pairs[A, B](each: Sequence[A], other: Sequence[B]) -> list[tuple[A, B]]:
    """Each of one kind with each of another: all in `make test-all`; in `make test` each of the first kind once, with
    those of the second in turn."""
    return [(a, b) for n, a in enumerate(each) for m, b in enumerate(other) if ALL or (n + SEED) % len(other) == m]


def drawn[A](examples: Sequence[A], quick: int = 1) -> Sequence[A]:
    """`quick` of the examples of a slow test, chosen by the seed; all in `make test-all`."""
    return examples if ALL else random.Random(SEED).sample(examples, quick)


def rng(name: str) -> random.Random:
    """The random numbers of one test: the same for the same name and seed."""
    return random.Random(f"{SEED}:{name}")


def pytest_configure(config: pytest.Config) -> None:
    """Hands the seed to hypothesis, as its own option does."""
    config.addinivalue_line("markers", "exhaustive: slow and rarely broken, so only in `make test-all`")
    config.addinivalue_line("markers", "sampled(share): only this share of the examples or tests in `make test`")
    hypothesis.settings.load_profile("all" if ALL else "sample")
    if ALL and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(SEED)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Prints how to repeat this run at its start, in case it never ends."""
    if ALL:
        session.config.get_terminal_writer().line(HOW_TO_REPEAT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says it again where the failures are."""
    if ALL:
        terminalreporter.write_line(HOW_TO_REPEAT)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is exhaustive, and all but a sample of what is sampled, unless everything is asked for."""
    if ALL:
        return
    left_out = {item for item in items if item.get_closest_marker("exhaustive")} | _not_drawn(items)
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _not_drawn(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """The examples beyond each sampled test's share. Their names decide, not their order nor what else is collected."""
    families: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled"):
            families[_family_of(item)].append(item)
    left_out: set[pytest.Item] = set()
    for name, family in families.items():
        mark = family[0].get_closest_marker("sampled")
        assert mark is not None
        (share,) = mark.args
        in_order = sorted(family, key=lambda item: item.nodeid)
        rng(name).shuffle(in_order)
        if "::" not in name:
            # A module begins with what it is about.
            in_order.sort(key=lambda item: item is not family[0])
        left_out.update(in_order[math.ceil(share * len(in_order)) :])
    return left_out


def _family_of(item: pytest.Item) -> str:
    """The set that a share refers to: the test's examples, or the tests of its module if that has the mark."""
    module = item.getparent(pytest.Module)
    own = item.get_closest_marker("sampled")
    of_module = module is not None and any(own is each for each in module.own_markers)
    return item.nodeid.partition("::" if of_module else "[")[0]
