"""The gate, `make test`: a share of the modules, and in each a share of the tests that need a system.

A change has ten minutes. So the gate collects a share of the modules (`MODULES`), chosen by their names. In each it
runs what computes alone. Tests that need a database, a browser or a process take most of the time: of these it runs the
first of the module, because a module begins with its subject, a share of the others (`SHARES`), and one example of each
test (`EXAMPLES`).
`make test T=path` and `make test-all` run them all. This module is a plugin of pytest.
"""

import math
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.effort import ALL, rng

GATE = not ALL and os.environ.get("ONEAI_TEST_GATE", "") not in ("", "0")

# Fixtures that start Postgres, the stack or Chromium.
_SYSTEMS = frozenset({"server", "stack", "browser"})
# Each test here reads a file in a process of its own.
_READERS = ("tests/ingest_document/", *(f"tests/world_cases/{kind}/" for kind in ("csv", "encodings", "pdf", "sheets")))

SHARES = {
    "tests": 0.1,
    "tests/test_": 1.0,
    "tests/accounts": 0.15,
    "tests/billing": 0.3,
    "tests/chat/": 0.25,
    "tests/chatbots": 0.25,
    "tests/database": 0.2,
    # These compare the schema with what the repository says about it.
    **dict.fromkeys(
        (
            f"tests/database/test_{name}.py"
            for name in ("contracts", "database_document", "distribution", "payers", "privileges", "schemas")
        ),
        1.0,
    ),
    "tests/http": 0.15,
    "tests/inbox": 0.25,
    **dict.fromkeys(_READERS, 0.3),
    "tests/journeys": 1.0,
    "tests/quota": 0.6,
    "tests/web": 0.1,
    "tests/web/test_budgets.py": 1.0,
    "tests/workspaces": 0.2,
}
"""The share of the tests below a path that need a system. The longest path that fits applies."""

MODULES = {
    "tests": 1.0,
    **dict.fromkeys(
        (
            *(
                "tests/accounts",
                "tests/admin",
                "tests/analytics",
                "tests/clients",
                "tests/conversations",
                "tests/deploy",
                "tests/documentation",
                "tests/documents",
                "tests/files",
                "tests/http",
                "tests/ingest_document",
            ),
            *("tests/lambda_stream", "tests/notifications", "tests/openai_api", "tests/ops", "tests/workspaces"),
        ),
        0.31,
    ),
    **dict.fromkeys(("tests/billing", "tests/chat/", "tests/chatbots", "tests/inbox"), 0.42),
    **dict.fromkeys(("tests/credits", "tests/stand_ins"), 0.36),
    **dict.fromkeys(("tests/clients/direct", "tests/provider_keys", "tests/world_cases"), 0.42),
    # What each new route, error or word may break.
    **dict.fromkeys(
        (
            *("tests/documentation/test_guide", "tests/http/test_error_fields", "tests/http/test_openapi"),
            "tests/http/test_route_rights",
        ),
        1.0,
    ),
    "tests/web": 0.2,
    # The whole way through the app, and what each change of a page or of the styles may break.
    **dict.fromkeys(
        (
            f"tests/web/{name}.py"
            for name in ("test_budgets", "test_chat_asking", "test_checks", "test_inbox", "test_journey", "test_pages")
        ),
        1.0,
    ),
    "tests/web/widget/test_conversation.py": 1.0,
}
"""The share of the modules below a path that the gate runs at all. Their names choose them."""

EXAMPLES = {
    "tests/world_cases/encodings/test_encodings.py": 10,
    "tests/web/test_pages.py": 4,
    "tests/web/admin/test_pages.py": 2,
}
"""How many examples of such a test run, if not one: each is another page there."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out modules before they are imported, which saves their time too."""
    if not GATE or not collection_path.match("test_*.py"):
        return None
    return not runs(collection_path.relative_to(config.rootpath).as_posix()) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what the gate has no time for, after the sampling of `tests/effort.py`."""
    if not GATE:
        return
    left_out = set(not_in_the_gate(items))
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


def runs(module: str) -> bool:
    """Whether the gate runs anything of a module, by its path in the repository."""
    return rng(f"module {module}").random() < _of(module, MODULES)


def not_in_the_gate(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests and examples that only longer runs have."""
    modules: dict[str, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if not _SYSTEMS.isdisjoint(getattr(item, "fixturenames", ())) or item.nodeid.startswith(_READERS):
            modules[item.nodeid.partition("::")[0]][item.nodeid.partition("[")[0]].append(item)
    left_out: list[pytest.Item] = []
    for path, examples in modules.items():
        share = _of(path, SHARES)
        if share == 1:
            continue
        first, *others = examples
        rng(path).shuffle(others := sorted(others))
        kept = {first, *others[: math.ceil(share * len(examples)) - 1]}
        for test, family in examples.items():
            in_order = sorted(family, key=lambda item: item.nodeid)
            rng(test).shuffle(in_order)
            left_out += in_order[EXAMPLES.get(path, 1) :] if test in kept else in_order
    return left_out


def _of(path: str, shares: dict[str, float]) -> float:
    """The share of the longest path that fits a module's."""
    return shares[max((each for each in shares if path.startswith(each)), key=len)]
