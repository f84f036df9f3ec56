"""What a signed-in user may do, by role. The names that API keys can have as scopes mean the same here."""

from typing import Literal

type Role = Literal["user", "admin", "support"]

# Everything of their own.
USER = (
    *("account", "billing", "chat", "conversations:read", "conversations:write"),
    *("documents:read", "documents:write", "embeddings", "models", "usage:read"),
)
SUPPORT = (*USER, "admin:read")
ADMIN = (*SUPPORT, "admin:write")
_BY_ROLE = {"user": USER, "support": SUPPORT, "admin": ADMIN}


def permissions_of(role: Role) -> list[str]:
    """The permissions of an access token of a user with this role."""
    return list(_BY_ROLE[role])
