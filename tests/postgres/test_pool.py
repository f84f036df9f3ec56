"""Connections to Postgres keep no process from ending."""

import asyncio
import socket
import threading

import pytest

from oneai import settings
from oneai.postgres import pool
from tests.patience import PATIENCE


def test_a_process_can_end_while_postgres_has_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_pool", None)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://asha@127.0.0.1:{silent.getsockname()[1]}/oneai")
        settings.reset_cache()
        connections: list[socket.socket] = []

        async def leave_while_asking() -> None:
            asking = asyncio.create_task(_ask())
            connections.append((await asyncio.to_thread(silent.accept))[0])
            assert not asking.done()

        process = threading.Thread(target=lambda: asyncio.run(leave_while_asking()), daemon=True)
        process.start()
        process.join(PATIENCE)
        over = not process.is_alive()
        for connection in connections:
            connection.close()
    settings.reset_cache()

    assert over


async def _ask() -> None:
    async with pool.borrow():
        raise AssertionError("Postgres let it in")
