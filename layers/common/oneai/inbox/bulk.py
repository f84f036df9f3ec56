"""One action on many conversations of the inbox."""

import json
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oneai.conversations.fields import Tags
from oneai.field_errors import InvalidValue
from oneai.fields import Fields
from oneai.inbox.filters import InboxConditions
from oneai.inbox.handoff import InboxStatus
from oneai.inbox.transcript import Format
from oneai.postgres import db
from oneai.postgres.db import Principal

# What one request changes at most, and what one transaction does.
MOST = 5_000
BATCH = 250


class BulkFilter(InboxConditions):
    """Which conversations an action is for."""

    model_config = ConfigDict(extra="forbid")


class InboxBulk(Fields):
    """The body of `POST /api/inbox/conversations/bulk`."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="The conversations. Excludes `filter`."
    )
    filter: BulkFilter | None = Field(default=None, description="As the filter of the list. Excludes `ids`.")
    action: Literal["status", "assign", "tag", "untag", "spam", "not_spam", "delete", "export"] = Field(
        description="What to do with each. `export`: a job writes them to files."
    )
    format: Format | None = Field(default=None, description="For `export`: the kind of files.")
    status: InboxStatus | None = Field(default=None, description="For `status`: who speaks from now on.")
    assignee_id: UUID | None = Field(default=None, description="For `assign`: a member; null: no one.")
    tags: Tags | None = Field(default=None, description="For `tag` and `untag`: the tags to add or to remove.")

    @model_validator(mode="after")
    def _values_where_they_are_needed(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise InvalidValue("mismatch", "Send either `ids` or `filter`.")
        if (self.action == "status") != (self.status is not None):
            raise InvalidValue("mismatch", "`status` is required for `status` and not allowed otherwise.")
        if (self.action in ("tag", "untag")) != bool(self.tags):
            raise InvalidValue("mismatch", "`tags` is required for `tag` and `untag` and not allowed otherwise.")
        if (self.action == "assign") != ("assignee_id" in self.model_fields_set):
            raise InvalidValue("mismatch", "`assignee_id` is required for `assign` and not allowed otherwise.")
        if (self.action == "export") != (self.format is not None):
            raise InvalidValue("mismatch", "`format` is required for `export` and not allowed otherwise.")
        return self

    def to_request(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The filter and the action as `oneai.bulk_inbox` takes them."""
        chosen: dict[str, Any] = {"ids": [str(each) for each in self.ids or ()], "spam": None}
        if self.filter is not None:
            chosen = self.filter.to_request()
        assignee = str(self.assignee_id) if self.assignee_id else None
        return chosen, {
            "action": self.action,
            "status": self.status,
            "assignee_id": assignee,
            "tags": self.tags or [],
        }


class InboxBulkResult(BaseModel):
    """What an action changed."""

    changed: int = Field(description="How many conversations it changed, without those that had its result before.")
    more: bool = Field(description="Whether there may be more: one request changes at most 5,000. Send it again.")
    export_id: UUID | None = Field(default=None, description="Only of `export`: for `GET /exports/{id}`.")


async def bulk(principal: Principal, asked: InboxBulk) -> InboxBulkResult:
    """Applies an action to at most MOST conversations, batch by batch; sent again, it does the rest. Raises
    WorkspaceNotFound, RoleInsufficient, RateLimited, and InvalidRequest for an assignee who is no member."""
    if asked.filter is not None and asked.filter.q is not None and not asked.filter.terms:
        return InboxBulkResult(changed=0, more=False)
    chosen, action = (json.dumps(each, ensure_ascii=False) for each in asked.to_request())
    if asked.action == "export":
        (export_id,) = await db.call(
            "select oneai.request_inbox_export(%s, %s, %s)", [principal.user_id, chosen, asked.format], idempotent=True
        )
        return InboxBulkResult(changed=0, more=False, export_id=export_id)
    changed = 0
    while changed < MOST:
        (count,) = await db.call(
            "select oneai.bulk_inbox(%s, %s, %s, %s)", [principal.user_id, chosen, action, BATCH], idempotent=True
        )
        changed += count
        if count < BATCH:
            return InboxBulkResult(changed=changed, more=False)
    return InboxBulkResult(changed=changed, more=True)
