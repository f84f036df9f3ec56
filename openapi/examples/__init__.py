"""An example of every body and every response, by schema name; a test validates each."""

from typing import Any

from openapi.examples import (
    account,
    admin,
    admin_credits,
    admin_reports,
    admin_workspaces,
    analytics,
    billing,
    chat,
    chatbot_analytics,
    chatbots,
    conversations,
    document_search,
    documentation,
    documents,
    handoff,
    inbox,
    model_sections,
    offers,
    prepaid_credits,
    provider_keys,
    ui_stream,
    usage,
    widget,
    workspace_ending,
    workspaces,
)

BY_SCHEMA: dict[str, Any] = {
    **account.EXAMPLES,
    **admin.EXAMPLES,
    **admin_credits.EXAMPLES,
    **admin_reports.EXAMPLES,
    **admin_workspaces.EXAMPLES,
    **analytics.EXAMPLES,
    **model_sections.EXAMPLES,
    **offers.EXAMPLES,
    **chat.EXAMPLES,
    **chatbot_analytics.EXAMPLES,
    **chatbots.EXAMPLES,
    **inbox.EXAMPLES,
    **ui_stream.EXAMPLES,
    **conversations.EXAMPLES,
    **prepaid_credits.EXAMPLES,
    **provider_keys.EXAMPLES,
    **usage.EXAMPLES,
    **billing.EXAMPLES,
    **documentation.EXAMPLES,
    **documents.EXAMPLES,
    **document_search.EXAMPLES,
    **handoff.EXAMPLES,
    **workspace_ending.EXAMPLES,
    **widget.EXAMPLES,
    **workspaces.EXAMPLES,
}
EVENTS: dict[str, dict[str, Any]] = {
    "StreamEvent": chat.EVENTS,
    "UIStreamEvent": ui_stream.EVENTS,
    "WidgetStreamEvent": widget.EVENTS,
}


def add(*described: dict[str, Any]) -> None:
    """Adds the examples to the bodies and responses whose schema has one."""
    for each in described:
        for kind, content in each.get("content", {}).items():
            if kind == "text/event-stream":
                events = EVENTS[content["schema"]["$ref"].rpartition("/")[2]]
                content["examples"] = {name: {"value": event} for name, event in events.items()}
            elif found := _of(content["schema"]):
                content["examples"] = found


def _of(schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf") or schema.get("oneOf", [schema])
    names = [each["$ref"].rpartition("/")[2] for each in choices if "$ref" in each]
    return {name: {"value": BY_SCHEMA[name]} for name in names if name in BY_SCHEMA}
