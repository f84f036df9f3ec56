"""Workspaces: who pays, and who works in a team."""

from oneai.workspaces.change import WorkspaceChanges, change_workspace, show_workspace
from oneai.workspaces.create import NewWorkspace, create_workspace
from oneai.workspaces.list import WorkspacePage, WorkspaceSort, list_workspaces
from oneai.workspaces.workspace import MyWorkspace, Workspace, WorkspaceDetail, my_workspaces_query

__all__ = [
    "MyWorkspace",
    "NewWorkspace",
    "Workspace",
    "WorkspaceChanges",
    "WorkspaceDetail",
    "WorkspacePage",
    "WorkspaceSort",
    "change_workspace",
    "create_workspace",
    "list_workspaces",
    "my_workspaces_query",
    "show_workspace",
]
