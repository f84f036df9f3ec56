"""Among thousands of users and events no report reads a single one of them, nor sums of other days than its own."""

import pytest

from bench import admin_seed, bench_admin

# Enough rows for Postgres to prefer an index for a month of sums.
SIZE = admin_seed.Size(people=2_000, messages=2_000, events=20_000, acts=100)


@pytest.mark.exhaustive
async def test_reports_read_the_sums_of_their_days_by_index(address: str) -> None:
    now = admin_seed.fill(address, SIZE)

    await bench_admin.prove(address, bench_admin.period_of(now, days=20))
