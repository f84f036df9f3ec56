"""People who may use the routes of admins."""

from tests.world import World


def make_staff(world: World, role: str = "admin") -> str:
    """Creates a user with a role, `admin` or `support`, and returns their name."""
    who = world.newcomer()
    world.database.rows("insert into oneai.admins (user_id, role) values (%s, %s)", world.people[who], role)
    return who
