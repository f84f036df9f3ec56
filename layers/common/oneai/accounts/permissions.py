"""What a signed-in user may do, by role. Scopes of API keys with the same name mean the same."""

from typing import Literal

type Role = Literal["user", "admin", "support"]

# What users may do with their own data.
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
