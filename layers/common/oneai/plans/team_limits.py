"""What a team's members may do together: a multiple of what one user may, for answers and requests at a time."""

from dataclasses import dataclass

from oneai import settings
from oneai.settings import SettingsError

# So that the interval between two requests is at least a microsecond, in which Postgres counts.
_MOST = 10_000_000


@dataclass(frozen=True)
class TeamLimitSettings:
    """`team_limit_factor` is how many times the limits of one user a team has."""

    team_limit_factor: int = 10


def of_team(limit: int) -> int:
    """The limit of all members of a team together, where one user has `limit`. Raises SettingsError."""
    factor = settings.read(TeamLimitSettings).team_limit_factor
    if factor < 1:
        raise SettingsError("The setting TEAM_LIMIT_FACTOR is not a whole number from 1.")
    return min(limit * factor, max(limit, _MOST))
