"""Uses quotas in tests of money, by answers without a model that are held and settled."""

import json
from uuid import uuid4

import psycopg

from tests.world import World

KEYS = ("small_messages", "large_messages", "image_generation")
# In a window of each key: a month, and three hours for images.
OF_FREE = {"small_messages": 100, "large_messages": 20, "image_generation": 5}
OF_PRO = {"small_messages": 500, "large_messages": 100, "image_generation": 10}


def use(world: World, units: int, key: str = "large_messages", who: str = "asha") -> int:
    """Asks up to this many times until a refusal. Returns the number of answers."""
    for answered in range(units):
        if not use_at_once(world, 1, key, who):
            return answered
    return units


def use_at_once(world: World, units: int, key: str, who: str = "asha") -> bool:
    """Uses this many units in one answer; whether the quota allowed it."""
    reservation, user = uuid4(), world.people[who]
    world.database.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "values (%s, %s, %s, oneai.now() + oneai.lease(), 'pro', 'maker/model', 'v1', oneai.today())",
        *(reservation, user, user),
    )
    line = json.dumps([{"quota_key": key, "held": units}])
    try:
        world.database.rows("select oneai.reserve(%s, %s, %s)", user, reservation, line)
    except psycopg.DatabaseError as error:
        if error.sqlstate != "ON429":
            raise
        return False
    world.database.rows("select oneai.settle_reservation(%s, %s)", reservation, units)
    return True
