"""Operators' commands report an unusable database, and have help."""

import os
from collections.abc import Callable

import pytest

from ops import (
    admin,
    alerts,
    audit_log,
    costs,
    erase,
    grant,
    incidents,
    maintenance,
    override,
    payments,
    provider_events,
    suspend,
    suspend_chatbot,
    takedown,
)
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

COMMANDS: dict[str, tuple[Callable[[list[str] | None], int], list[str]]] = {
    "alerts": (alerts.main, []),
    "takedown": (takedown.main, []),
    "costs": (costs.main, []),
    "override": (override.main, []),
    "grant": (grant.main, []),
    "provider-events": (provider_events.main, []),
    "payments": (payments.main, []),
    "audit-log": (audit_log.main, []),
    "suspend": (suspend.main, ["--id=asha@example.com", "--reason=Fraud"]),
    "suspend-chatbot": (suspend_chatbot.main, []),
    "grant-admin": (admin.main, ["--email=asha@example.com"]),
    "maintenance": (maintenance.main, []),
    "incident": (incidents.main, []),
    "erase": (erase.main, ["--id=asha@example.com", "--yes"]),
}

# Commands for the functions' role too, which may become `oneai_admin`, like the admin's routes, and `oneai_service`.
ALSO_AS_FUNCTION = {
    "maintenance",
    "incident",
    "takedown",
    "suspend-chatbot",
    "override",
    "grant",
    "provider-events",
    "payments",
    "costs",
}


@pytest.fixture(autouse=True)
def _nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEAI_ENV_FILE", os.devnull)
    monkeypatch.setenv("STORAGE_BUCKET", "files")
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://postgres:very-secret@127.0.0.1:9/postgres", "port 9 failed: Connection refused"),
        ("host=very-secret port=no-number", "DATABASE_URL"),
        ("mysql://very-secret", "DATABASE_URL is no address of a Postgres database."),
    ],
)
def test_an_invalid_address_is_reported_with_its_reason_and_without_its_password(
    name: str, address: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    main, arguments = COMMANDS[name]

    assert main(arguments) == 1

    error = capsys.readouterr().err
    assert said in error
    assert "very-secret@" not in error
    assert "mysql" not in error
    assert "No stack is running" not in error


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("name", COMMANDS)
def test_the_functions_role_learns_which_role_is_required(
    name: str, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    monkeypatch.setenv("MONTH", "2026-11")
    main, arguments = COMMANDS[name]

    assert main(arguments) == (0 if name in ALSO_AS_FUNCTION else 1)

    if name not in ALSO_AS_FUNCTION:
        error = capsys.readouterr().err
        assert error.startswith("oneai_app may not do this. Operators' commands sign in as Supabase's `postgres`")


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_stack_and_address_are_reported(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ONEAI_DATA", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.delenv("STORAGE_BUCKET")
    main, arguments = COMMANDS[name]

    assert main(arguments) == 1

    assert capsys.readouterr().err.startswith("No stack is running over ")


@pytest.mark.parametrize("name", ["alerts", "override", "grant", "provider-events", "payments", "audit-log"])
def test_help_shows_a_command_as_it_is_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main, _ = COMMANDS[name]

    with pytest.raises(SystemExit):
        main(["--help"])

    usage = capsys.readouterr().out.splitlines()[0]
    assert usage.startswith(f'usage: make {name} ARGS="')
    assert usage.endswith('"')


def test_a_user_is_erased_by_address_and_an_unknown_one_is_reported(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))

    assert erase.main(["--id=ravi@example.com", "--yes"]) == 1

    assert capsys.readouterr().err == "No users found as ravi@example.com; an id names one user.\n"
    with pytest.raises(SystemExit):
        erase.main(["--id="])
    assert "ID names the user" in capsys.readouterr().err


def test_an_alert_is_acknowledged_by_its_number(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    database.rows("select oneai.raise_alert('openrouter_key_refused', 'openrouter', '{}')")
    number = database.one("select id from oneai.operator_alerts")
    alerts.main([])
    assert "openrouter_key_refused  openrouter  1 time, " in capsys.readouterr().out

    assert alerts.main(["ack", str(number)]) == 0

    assert capsys.readouterr().out == "Nothing to worry about.\n"
    assert alerts.main(["ack", str(number)]) == 1
    assert capsys.readouterr().err == f"Not open: {number}.\n"
