"""The workspace that a request chooses with its header `OneAI-Workspace`, and what the user must be allowed in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple, cast
from uuid import UUID

from oneai.clients.supabase_auth import UserPrincipal
from oneai.postgres.request_check import RequestCheck, RequestId, Right

# What a route needs: a right, or `personal` for what belongs to the user in whichever workspace, where any role will
# do. With `ignored` the header is not read.
type RouteRight = Right | Literal["personal", "ignored"]

_ID_OR_SLUG = re.compile(r"[0-9A-Za-z-]{1,64}")
_READING = ("GET", "HEAD")


class WorkspaceChoice(NamedTuple):
    """The header's id or slug, None without the header, and the right that the route needs there."""

    workspace: str | None
    right: Right


# Of a request without the header.
PERSONAL = WorkspaceChoice(None, "read")


def right_of(method: str, right: RouteRight | None) -> RouteRight:
    """The right of a route: the stated one, else `read` for a method that reads and `write` for others."""
    return right or ("read" if method in _READING else "write")


def choice_of(headers: Sequence[str], right: RouteRight) -> WorkspaceChoice:
    """The choice of a request with these headers of that name. Anything but one id or slug becomes a name that no
    workspace has, so that Postgres refuses it as it refuses the workspaces of others."""
    if right == "ignored":
        return PERSONAL
    needed: Right = "read" if right == "personal" else right
    if not headers:
        return WorkspaceChoice(None, needed)
    text = headers[0].strip()
    return WorkspaceChoice(text if len(headers) == 1 and _ID_OR_SLUG.fullmatch(text) else "", needed)


@dataclass(frozen=True, slots=True)
class WorkspaceUser(UserPrincipal):
    """A user in the workspace of the request: the one that it chose, else that of what it names, else their own."""

    check: RequestCheck | None = None

    @property
    def workspace_id(self) -> UUID:
        """The workspace's id. Where the request chose one, it can only be used as a parameter of statements until the
        first one returns."""
        check = self.check
        if check is None or (check.workspace_id is None and check.workspace is None):
            return self.user_id
        return check.workspace_id or cast(UUID, RequestId(check, "workspace_id"))


def in_workspace(user: UserPrincipal, check: RequestCheck) -> WorkspaceUser:
    """The user in the workspace of the request's check."""
    return WorkspaceUser(**{each.name: getattr(user, each.name) for each in fields(UserPrincipal)}, check=check)
