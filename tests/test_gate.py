"""The tests that the gate leaves to longer runs."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests import gate

PATHS = ("ops/a.py", "billing/x/a.py", "test_a.py")


@pytest.fixture(autouse=True)
def _shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SHARES", gate.SHARES | {"tests": 0.2, "tests/billing": 0.35, "tests/quota": 0.6})
    monkeypatch.setattr(gate, "MODULES", {"tests": 1.0, "tests/web/admin": 0.4})
    monkeypatch.setattr(gate, "EXAMPLES", {"tests/web/test_pages.py": 8})


def items(module: str, *names: str, needs: str = "server") -> list[Any]:
    """Tests of a module, in its order."""
    return [SimpleNamespace(nodeid=f"{module}::{name}", fixturenames=[needs, "tmp_path"]) for name in names]


def run(collected: list[Any]) -> list[str]:
    """The names of those that the gate runs."""
    left_out = gate.not_in_the_gate(collected)
    return [item.nodeid.partition("::")[2] for item in collected if item not in left_out]


def test_a_share_of_the_tests_that_need_a_system_runs_with_the_first() -> None:
    names = [f"test_{number}" for number in range(20)]

    some = run(items("tests/quota/test_a.py", "test_z_first", *names))

    assert some[0] == "test_z_first"
    assert len(some) == 13
    assert run(items("tests/quota/test_a.py", "test_z_first", *names[::-1])) == [some[0], *some[:0:-1]]


def test_one_example_of_a_test_that_needs_a_system_runs_and_more_of_pages() -> None:
    each = [f"test_each[{number}]" for number in range(9)]

    assert [len(run(items(path, *each))) for path in ("tests/ops/test_a.py", "tests/web/test_pages.py")] == [1, 8]


@pytest.mark.parametrize(
    ("module", "needs"), [("tests/billing/test_a.py", "tmp_path"), ("tests/database/test_payers.py", "server")]
)
def test_what_computes_alone_or_guards_the_schema_runs_whole(module: str, needs: str) -> None:
    names = ["test_first", "test_second", *(f"test_each[{number}]" for number in range(9))]

    assert run(items(module, *names, needs=needs)) == names


def test_the_longest_path_decides_the_share() -> None:
    names = [f"test_{number}" for number in range(10)]

    assert [len(run(items(f"tests/{path}", *names))) for path in PATHS] == [2, 4, 10]


def test_a_share_of_the_modules_below_a_path_runs_and_is_the_same_each_time() -> None:
    modules = [f"tests/web/admin/test_{number}.py" for number in range(100)]

    ran = [gate.runs(module) for module in modules]

    assert 30 <= sum(ran) <= 50
    assert ran == [gate.runs(module) for module in modules]
