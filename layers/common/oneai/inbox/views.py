"""Saved views: filters of the inbox with a name, of a member or of the whole team."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from oneai.fields import Fields
from oneai.inbox.bulk import BulkFilter
from oneai.inbox.filters import InboxSort
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import one_line

ViewName = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(one_line)]


class ViewFilter(BulkFilter):
    """What the list of the inbox is asked for."""

    sort: InboxSort = Field(default="newest", description="As the list has it.")
    _days: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _remember_days(cls, sent: Any, handler: ModelWrapValidatorHandler["ViewFilter"]) -> "ViewFilter":
        made = handler(sent)
        if isinstance(sent, dict):
            made._days = {name: sent[name] for name in ("from", "to") if sent.get(name) is not None}
        return made

    def to_stored(self) -> dict[str, Any]:
        """What was sent, in clean values; days remain days."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True) | self._days


class NewView(Fields):
    """The body of `POST /api/inbox/views`."""

    name: ViewName = Field(description="Its name.")
    filter: ViewFilter = Field(description="What the list is asked for, by the names of its parameters.")
    shared: bool = Field(default=False, description="Whether all who answer visitors see and change it.")


class ViewChanges(Fields):
    """The body of `PATCH /api/inbox/views/{id}`. Absent and null fields remain unchanged."""

    name: ViewName | None = Field(default=None, description="Its name.")
    filter: ViewFilter | None = Field(default=None, description="Replaces what the list is asked for.")
    shared: bool | None = Field(
        default=None, description="Whether all who answer visitors see and change it; otherwise it is yours alone."
    )


class InboxView(BaseModel):
    """A filter of the inbox with a name."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    filter: dict[str, Any] = Field(description="The parameters of the list, as `GET /inbox/conversations` takes them.")
    shared: bool = Field(description="Whether all who answer visitors see and change it.")
    created_at: datetime = Field(description="When it was saved.")
    updated_at: datetime = Field(description="When it was last changed.")


class InboxViewList(BaseModel):
    """The views that a member sees."""

    items: list[InboxView] = Field(description="Their own and the shared ones, by name.")


async def list_views(principal: Principal) -> InboxViewList:
    """Returns the views of the request's workspace that the user sees. Raises WorkspaceNotFound, RoleInsufficient."""
    (rows,) = await db.call("select oneai.list_views(%s)", [principal.user_id])
    return InboxViewList.model_validate({"items": rows})


async def add(principal: Principal, view: NewView) -> InboxView:
    """Saves a view. Raises WorkspaceNotFound, RoleInsufficient, and InvalidRequest if there are fifty already."""
    (added,) = await db.call(
        "select oneai.add_view(%s, %s, %s, %s)",
        [principal.user_id, view.name, _json(view.filter.to_stored()), view.shared],
    )
    return InboxView.model_validate(added)


async def change(principal: Principal, view_id: UUID, changes: ViewChanges) -> InboxView:
    """Changes a shared view or the user's own. Raises NotFound, RoleInsufficient, and InvalidRequest as `add` does."""
    sent: dict[str, Any] = {"name": changes.name, "shared": changes.shared}
    if changes.filter is not None:
        sent["filter"] = changes.filter.to_stored()
    changed_fields = {name: value for name, value in sent.items() if value is not None}
    (changed,) = await db.call(
        "select oneai.change_view(%s, %s, %s)", [principal.user_id, view_id, _json(changed_fields)], idempotent=True
    )
    return InboxView.model_validate(changed)


async def delete(principal: Principal, view_id: UUID) -> None:
    """Deletes a shared view or the user's own. Raises NotFound, RoleInsufficient."""
    await db.call("select oneai.delete_view(%s, %s)", [principal.user_id, view_id])


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
