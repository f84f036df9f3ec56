"""Workspaces: who pays, and who works in a team."""

from oneai.workspaces.accept import AcceptedInvitation, InvitationPreview, InvitationToken, accept, look_up
from oneai.workspaces.change import WorkspaceChanges, change_workspace, plain_reference, show_workspace
from oneai.workspaces.create import NewWorkspace, create_workspace
from oneai.workspaces.invitations import (
    Invitation,
    InvitationPage,
    InvitationResults,
    NewInvitation,
    NewInvitations,
    get_invitation,
    invite,
    invite_all,
    list_invitations,
    resend_invitation,
    revoke_invitation,
)
from oneai.workspaces.list import WorkspacePage, WorkspaceSort, list_workspaces
from oneai.workspaces.members import (
    Member,
    MemberChanges,
    MemberPage,
    change_member,
    leave_workspace,
    list_members,
    remove_member,
)
from oneai.workspaces.workspace import MyWorkspace, Workspace, WorkspaceDetail, my_workspaces_query

__all__ = [
    "AcceptedInvitation",
    "Invitation",
    "InvitationPage",
    "InvitationPreview",
    "InvitationResults",
    "InvitationToken",
    "Member",
    "MemberChanges",
    "MemberPage",
    "MyWorkspace",
    "NewInvitation",
    "NewInvitations",
    "NewWorkspace",
    "Workspace",
    "WorkspaceChanges",
    "WorkspaceDetail",
    "WorkspacePage",
    "WorkspaceSort",
    "accept",
    "change_member",
    "change_workspace",
    "create_workspace",
    "get_invitation",
    "invite",
    "invite_all",
    "leave_workspace",
    "list_invitations",
    "list_members",
    "list_workspaces",
    "look_up",
    "my_workspaces_query",
    "plain_reference",
    "remove_member",
    "resend_invitation",
    "revoke_invitation",
    "show_workspace",
]
