"""The credits that some users of a run have when it starts."""

from collections.abc import Sequence
from typing import Any

import psycopg

from bench.chaos.plan import CREDITS_EVERY
from bench.people import User

# Enough for some answers, so that others meet an empty balance.
_MICRO_USD = 40_000


def give_credits(connection: psycopg.Connection[Any], users: Sequence[User]) -> None:
    """One of CREDITS_EVERY users pays answers with credits alone, and one with credits first. The limits of what may be
    bought are out of reach: the users share an address."""
    for place, order in enumerate(("credits", "credits,plan")):
        ids = [user.id for user in users[place::CREDITS_EVERY]]
        connection.execute(
            "select oneai.grant_credits(id, gen_random_uuid(), kind, %s, oneai.now() + interval '1 year') "
            "from unnest(%s::uuid[]) as id, unnest(array['paid', 'promotional']) as kind",
            [_MICRO_USD, ids],
        )
        connection.execute("update oneai.workspaces set payment_sources = %s where id = any(%s)", [order, ids])
    connection.execute("update oneai.credit_trust_levels set max_micro_usd = 1000000000000")
