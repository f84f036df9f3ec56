"""Makes a team."""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspaces.fields import Industry, WorkspaceName
from oneai.workspaces.workspace import Workspace

# Free units belong to a person, and teams without a plan have costs too, so a person has few of them.
MAX_TEAMS_A_DAY = 2
# The trial of a user's first team.
TRIAL_SMALL_MESSAGES = 50
TRIAL_DAYS = 14


@dataclass(frozen=True)
class TeamTrialSettings:
    """`team_trials_a_day` bounds the team trials of all users that start on one UTC day; 0: none."""

    team_trials_a_day: int = 100


class NewWorkspace(BaseModel):
    """The body of `POST /api/workspaces`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: WorkspaceName = Field(description="The team's name, which differs from those of your other teams.")
    industry: Industry | None = Field(default=None, description="What the team works in.")


async def create_workspace(principal: Principal, new: NewWorkspace) -> Workspace:
    """Makes a team without a plan; its slug follows from the name. The user is its owner, and gets a trial with their
    first team.

    Raises EmailNotConfirmed, NameTaken, InvalidRequest for too many teams without a plan, RateLimited for too many in
    a day.
    """
    limits = {
        "a_day": MAX_TEAMS_A_DAY,
        "trial_units": TRIAL_SMALL_MESSAGES,
        "trial_days": TRIAL_DAYS,
        "trials_a_day": settings.read(TeamTrialSettings).team_trials_a_day,
    }
    (created,) = await db.call(
        "select oneai.create_workspace(%s, %s, %s, %s)",
        [principal.user_id, new.name, new.industry, json.dumps(limits)],
    )
    return Workspace.model_validate(created)
