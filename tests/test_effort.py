"""The tests that `make test` leaves to `make test-all`."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import effort


@pytest.fixture
def in_make_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the effort of `make test`."""
    monkeypatch.setattr(effort, "ALL", False)


class Example:
    """One of a test's examples, with what the plugin asks of it."""

    def __init__(self, nodeid: str, mark: Any = None, of_module: bool = False) -> None:
        self.nodeid = nodeid
        self._mark = mark
        self._module = SimpleNamespace(own_markers=[mark.mark] if of_module else [])

    def getparent(self, _: type) -> Any:
        """The module it is in."""
        return self._module

    def get_closest_marker(self, name: str) -> Any:
        """The mark of this name, if it bears it."""
        return self._mark.mark if self._mark is not None and self._mark.name == name else None


def examples(test: str, count: int, mark: Any = None) -> list[Any]:
    """This many examples of one test."""
    return [Example(f"tests/test_a.py::{test}[{number}]", mark) for number in range(count)]


def left(items: list[Any]) -> list[str]:
    """The names of those that are run."""
    kept = list(items)
    config = SimpleNamespace(hook=SimpleNamespace(pytest_deselected=lambda items: items))
    effort.pytest_collection_modifyitems(cast("Any", config), kept)
    return [item.nodeid for item in kept]


@pytest.mark.usefixtures("in_make_test")
def test_the_sample_of_a_test_is_fixed_and_in_order() -> None:
    family = examples("test_each", 40, pytest.mark.sampled(0.25))
    others = examples("test_other", 3)

    alone = left(family)
    beside_others = left([*others, *family])

    assert len(alone) == 10
    assert alone == [item.nodeid for item in family if item.nodeid in alone]
    assert beside_others == [item.nodeid for item in others] + alone
    assert left(family[::-1]) == alone[::-1]


@pytest.mark.usefixtures("in_make_test")
def test_the_sample_of_a_module_is_taken_from_its_tests_and_not_their_examples() -> None:
    mark = pytest.mark.sampled(0.5)
    module = [Example(f"tests/test_a.py::test_{number}", mark, of_module=True) for number in range(8)]
    family = examples("test_each", 8, mark)

    run = left([*module, *family])

    assert len([nodeid for nodeid in run if "test_each" in nodeid]) == 4
    assert len(run) == 8
    assert run[0] == module[0].nodeid


@pytest.mark.usefixtures("in_make_test")
@pytest.mark.parametrize("count", [1, 2, 5])
def test_at_least_one_example_of_each_test_runs(count: int) -> None:
    assert len(left(examples("test_each", count, pytest.mark.sampled(0.01)))) == 1


@pytest.mark.usefixtures("in_make_test")
def test_exhaustive_tests_are_left_out() -> None:
    assert left(examples("test_each", 4, pytest.mark.exhaustive)) == []


def test_everything_runs_in_a_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "ALL", True)

    family = [*examples("test_each", 9, pytest.mark.sampled(0.1)), *examples("test_slow", 2, pytest.mark.exhaustive)]

    assert len(left(family)) == 11
