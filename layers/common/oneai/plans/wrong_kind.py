"""Which plans a workspace can have: those of its own kind."""

from oneai.errors import InvalidRequest
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import WorkspaceKind

PEOPLE_ONLY = "This plan is for people. A team can have the plan Team."
TEAMS_ONLY = "This plan is for teams. Create a team to use it."


def wrong_kind(field: str, kind: WorkspaceKind) -> InvalidRequest:
    """The refusal of a plan that no workspace of this kind can have."""
    return (
        invalid(field, "teams_only", TEAMS_ONLY) if kind == "personal" else invalid(field, "people_only", PEOPLE_ONLY)
    )
