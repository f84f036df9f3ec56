"""Workspaces, their members and invitations."""

from typing import Any

USER_ID = "3c9a7d4e-5b1f-4f7a-8a21-6d0f2b9ec004"
WORKSPACE_ID = "c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f7010"

PERSONAL: dict[str, Any] = {
    "id": USER_ID,
    "name": "Asha Rao",
    "slug": None,
    "kind": "personal",
    "role": "owner",
}
TEAM: dict[str, Any] = {
    "id": WORKSPACE_ID,
    "name": "Nilgiri Tea",
    "slug": "nilgiri-tea",
    "kind": "team",
    "role": "owner",
}
WORKSPACE: dict[str, Any] = {
    **TEAM,
    "plan": "none",
    "seats": 3,
    "industry": "Food",
    "time_zone": "Asia/Kolkata",
    "created_at": "2026-11-21T06:30:00Z",
    "deletes_at": None,
}
_USAGE = {"small_messages": {"used": 12, "limit": 50}}
_NINE_TO_FIVE = [{"opens": "09:00", "closes": "17:30"}]
_HOURS: dict[str, Any] = {
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), _NINE_TO_FIVE),
    "saturday": [],
    "sunday": [],
}
_INVITATION: dict[str, Any] = {
    "id": "f1a6b8d2-3c4e-4a5f-8b6d-7e9f0a1b2011",
    "email": "ravi@example.com",
    "role": "member",
    "state": "open",
    "inviter": "Asha Rao",
    "created_at": "2026-11-21T06:30:00Z",
    "expires_at": "2026-11-28T06:30:00Z",
}
_MEMBER: dict[str, Any] = {
    "user_id": USER_ID,
    "name": "Asha Rao",
    "email": "asha@example.com",
    "role": "owner",
    "joined_at": "2026-11-21T06:30:00Z",
    "usage_limit_percent": None,
    "used": {"small_messages": 12},
}

EXAMPLES: dict[str, Any] = {
    "MyWorkspace": TEAM,
    "NewWorkspace": {"name": "Nilgiri Tea", "industry": "Food"},
    "Workspace": WORKSPACE,
    "WorkspacePage": {"items": [{**WORKSPACE, "members": 2, "usage": _USAGE}], "next_cursor": None},
    "WorkspaceDetail": {
        **WORKSPACE,
        "language": "en",
        "currency": "INR",
        "billing_email": "accounts@example.com",
        "require_second_factor": False,
        "audit_reading": False,
        "seats_taken": 2,
        "transfer": None,
        "hours": _HOURS,
        "settings": {},
        "members_may_download": True,
        "visitors_percent": 50,
        "chatbot_limits": {"answers_per_day": 500, "micro_usd_per_day": None, "micro_usd_per_month": 60_000_000},
        "members": 2,
        "quotas": _USAGE,
        "stats": {"messages": 12, "chatbots": 0, "documents": 4, "storage_bytes": 480_000},
    },
    "WorkspaceChanges": {"slug": "nilgiri", "time_zone": "Asia/Kolkata", "billing_email": "accounts@example.com"},
    "Member": _MEMBER,
    "MemberPage": {"items": [_MEMBER], "next_cursor": None},
    "MemberChanges": {"role": "admin", "usage_limit_percent": 50},
    "NewInvitation": {"email": "ravi@example.com", "role": "member"},
    "NewInvitations": {
        "invitations": [{"email": "ravi@example.com", "role": "member"}, {"email": "ravi@", "role": "viewer"}]
    },
    "Invitation": _INVITATION,
    "InvitationResults": {
        "items": [
            {"email": "ravi@example.com", "id": _INVITATION["id"], "error": None},
            {
                "email": "ravi@",
                "id": None,
                "error": {"code": "invalid_request", "message": "This is not an email address."},
            },
        ]
    },
    "InvitationPage": {"items": [_INVITATION], "next_cursor": None},
    "InvitationToken": {"token": "INVITATION_TOKEN"},
    "InvitationPreview": {
        "workspace": {"name": "Nilgiri Tea"},
        "role": "member",
        "inviter": "Asha Rao",
        "email_hint": "r•••@e•••.com",
        "expires_at": "2026-11-28T06:30:00Z",
        "members_may_download": True,
        "state": "open",
    },
    "AcceptedInvitation": {"workspace_id": WORKSPACE_ID, "role": "member"},
}
