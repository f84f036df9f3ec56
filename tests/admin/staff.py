"""People who may use the routes of admins."""

from tests.world import World


def make_staff(world: World, role: str = "admin") -> str:
    """A new admin's name, or that of somebody of support."""
    who = world.newcomer()
    world.database.rows("insert into oneai.admins (user_id, role) values (%s, %s)", world.people[who], role)
    return who
