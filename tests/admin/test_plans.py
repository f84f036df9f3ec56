"""Among thousands of people, subscriptions and acts every list of admins is read by an index."""

import pytest

from bench import admin_lists, admin_seed

# Enough rows for Postgres to prefer an index.
SIZE = admin_seed.Size(people=20_000, messages=0, events=0, acts=20_000)


@pytest.mark.exhaustive
async def test_lists_of_users_subscriptions_and_actions_are_read_by_index(address: str) -> None:
    admin_seed.fill(address, SIZE)

    await admin_lists.prove(address)
