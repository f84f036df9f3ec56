"""`make chaos`: what it draws, what its client takes in, and some rounds of it over a stack of its own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.chaos import __main__ as chaos
from bench.chaos import plan
from bench.chaos.client import Answer
from bench.chaos.plan import FAULTS
from bench.chaos.team import MEMBERS
from tests.bench.test_load import Tags

pytestmark = pytest.mark.exhaustive


def test_the_same_seed_draws_the_same_rounds() -> None:
    rounds = [plan.draw(7, number) for number in range(1, 301)]

    assert [plan.draw(7, number) for number in range(1, 301)] == rounds
    assert [plan.draw(8, number) for number in range(1, 301)] != rounds


def test_every_fault_comes_once_in_as_many_rounds_as_there_are_faults() -> None:
    rounds = [plan.draw(7, number) for number in range(1, 2 * len(FAULTS) + 1)]

    for begin in (0, len(FAULTS)):
        first = [each.faults[0].kind for each in rounds[begin : begin + len(FAULTS)]]
        assert sorted(first) == sorted(FAULTS)


def test_exactly_the_users_of_a_run_take_part() -> None:
    users = {act.user for number in range(1, 301) for act in plan.draw(7, number).acts}

    assert max(users) < plan.users_of(300)
    assert len(users) > plan.users_of(300) * 0.9


def test_all_members_of_the_team_ask_in_every_eighth_round() -> None:
    together = [each.number for each in (plan.draw(7, number) for number in range(1, 25)) if each.together]

    assert together == [2, 10, 18]
    assert [act.user for act in plan.draw(7, 2).together] == list(range(MEMBERS))


def test_a_resumed_answer_overlaps_with_the_received_text() -> None:
    answer = Answer("one")
    answer.take("start", {"conversation_id": "two", "user_message_id": "three"}, 0)
    for text, offset in (("नमस्ते ", 7), ("दुनिया", 13), ("ते दुनिया", 13), ("!", 14)):
        answer.take("delta", {"text": text}, offset)
    answer.take("done", {"quota": None, "state": "complete"}, 14)

    assert (answer.text, answer.end, answer.final) == ("नमस्ते दुनिया!", "done", False)
    answer.take("done", {"quota": {"used": 1}, "state": "stopped"}, 14)
    assert answer.as_received().final
    answer.resumed = True
    answer.take("done", {"quota": {"used": 1}, "state": "stopped"}, 14)
    assert not answer.as_received().final
    answer.take("done", {"quota": {"used": 1}, "state": "complete"}, 14)
    assert answer.as_received().final


@pytest.mark.exhaustive
@pytest.mark.timeout(1200)
def test_a_short_run_ends_with_its_invariants_and_a_report(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    ended = chaos.main(["--rounds=4", "--seed=3"])

    printed = capsys.readouterr().out
    assert ended == 0, printed
    assert "again the same: make chaos ROUNDS=4 SEED=3" in printed
    assert "✓ no text that was checkpointed is lost" in printed
    (file,) = (data / "reports").glob("chaos-*.html")
    page = Tags(file.read_text())
    assert page.tags.count("svg") == 3
    assert page.loaded == []
    assert list((data / "chaos").iterdir()) == []


@pytest.mark.parametrize("rounds", ["0", "-3", "1.5", "many"])
def test_an_invalid_number_of_rounds_is_refused(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        chaos.main([f"--rounds={rounds}"])

    assert ended.value.code == 2
    assert f"ROUNDS is '{rounds}', and has to be a whole number above 0." in capsys.readouterr().err


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_stack_that_does_not_start_is_reported_with_its_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path, taken_port: int
) -> None:
    monkeypatch.setenv("PORT", str(taken_port))

    assert chaos.main(["--rounds=1"]) == 2

    printed = capsys.readouterr()
    assert "The stack does not start:" in printed.err
    assert f"Port {taken_port} is taken" in printed.err
    assert list((data / "chaos").iterdir()) == []
