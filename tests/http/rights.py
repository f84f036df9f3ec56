"""Every route by who may call it: anyone, a user, an API key, support or an admin, and accounts in each state."""

from local import route_table, template
from local.data_folder import REPOSITORY

PUBLIC = {
    *(
        "/health",
        "/health/ready",
        "/openapi.json",
        "/shared/{token}",
        "/shared/{token}/report",
        "/mail/unsubscribe",
        "/mail/confirm",
    ),
    *("/subscription/plans", "/subscription/plans/{id}", "/credits/packages", "/chat/models", "/keys/report"),
    "/ledger/roots",
    *("/docs/search", "/docs/feedback", "/status", "/retention", "/invitations/lookup"),
    *("/widget/{public_id}", "/widget/{public_id}/sessions", "/widget/{public_id}/reports"),
    *("/widget/{public_id}/frame", "/widget/{public_id}/page"),
}
# The same for all who have no token: any cache may store it.
CACHEABLE = {
    *("/openapi.json", "/subscription/plans", "/subscription/plans/{id}", "/chat/models", "/docs/search", "/status"),
    *("/credits/packages", "/ledger/roots"),
    *("/retention", "/widget/{public_id}", "/widget/{public_id}/frame", "/widget/{public_id}/page"),
}
# Public by themselves, beside a route of the same path that is not.
SIGNING_IN = {
    ("GET", "/auth/callback"),
    ("POST", "/auth/callback"),
    ("POST", "/auth/session"),
    ("POST", "/auth/verify"),
}
# The routes for OpenAI's clients have their own errors: tests/openai_api.
ROUTES = [
    (route.method, route.path)
    for route in route_table.read(template.read(REPOSITORY / "template.yaml"))
    if route.method != "ANY"
]
OF_SOMEBODY = [
    ("POST", "/chat/stream"),
    ("POST", "/chat/ui-stream"),
    ("POST", "/chat/stop"),
    ("POST", "/quota/quote"),
    ("GET", "/chat/stream/{message_id}"),
    ("GET", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}"),
    ("DELETE", "/conversations/{id}"),
    ("PUT", "/conversations/{id}/title"),
    ("GET", "/conversations/{id}/messages"),
    ("PATCH", "/conversations/{id}/messages/{mid}"),
    ("GET", "/conversations/{id}/messages/{mid}/reasoning"),
    ("GET", "/conversations/{id}/messages/{mid}/revisions"),
    ("GET", "/conversations/{id}/messages/{mid}/receipt"),
    ("POST", "/conversations/{id}/messages/{mid}/activation"),
    ("PUT", "/conversations/{id}/messages/{mid}/feedback"),
    ("POST", "/conversations/{id}/share"),
    ("POST", "/conversations/{id}/copy"),
    ("POST", "/conversations/{id}/move"),
    ("GET", "/conversations/{id}/shares"),
    ("DELETE", "/shares/{id}"),
    ("GET", "/documents/{id}"),
    ("PUT", "/documents/{id}"),
    ("PATCH", "/documents/{id}"),
    ("DELETE", "/documents/{id}"),
    ("POST", "/documents/{id}/reprocess"),
    ("POST", "/documents/{id}/summary"),
    ("GET", "/documents/{id}/download"),
    ("GET", "/documents/{id}/chunks"),
    ("GET", "/documents/{id}/stats"),
    ("PATCH", "/collections/{id}"),
    ("DELETE", "/collections/{id}"),
    ("GET", "/uploads/{id}"),
    ("GET", "/conversations/{id}/summary"),
    ("GET", "/conversations/{id}/export"),
    ("GET", "/exports/{id}"),
    ("POST", "/exports/departure"),
    ("POST", "/import"),
    ("GET", "/import/{id}"),
    ("GET", "/subscription/invoice/{id}"),
    ("GET", "/subscription/invoice/{id}/pdf"),
    ("GET", "/credits/purchase"),
    ("GET", "/credits/refund"),
    ("POST", "/credits/refund"),
    ("GET", "/subscription/offers/{id}"),
    ("POST", "/subscription/offers/{id}/accept"),
    ("POST", "/subscription/verify"),
    *(route for route in ROUTES if route[1].startswith(("/settings/provider-keys/", "/settings/api-keys/"))),
    ("PATCH", "/user/api-keys/{id}"),
    ("DELETE", "/user/api-keys/{id}"),
    ("POST", "/user/api-keys/{id}/rotate"),
    ("GET", "/user/api-keys/{id}/usage"),
    ("PATCH", "/user/prompts/{id}"),
    ("DELETE", "/user/prompts/{id}"),
    ("DELETE", "/auth/sessions/{id}"),
    ("POST", "/workspaces/{id}/leave"),
    ("GET", "/team/members"),
    ("PUT", "/team/members/{user_id}"),
    ("DELETE", "/team/members/{user_id}"),
    ("POST", "/team/invite"),
    ("GET", "/team/invitations"),
    ("GET", "/team/invitations/{id}"),
    ("DELETE", "/team/invitations/{id}"),
    ("POST", "/team/invitations/{id}/resend"),
    ("GET", "/workspaces/{id}"),
    ("PUT", "/workspaces/{id}"),
    ("PATCH", "/workspaces/{id}"),
    ("DELETE", "/workspaces/{id}"),
    ("POST", "/workspaces/{id}/restore"),
    ("POST", "/workspaces/{id}/transfer"),
    ("GET", "/workspaces/{id}/transfer"),
    ("DELETE", "/workspaces/{id}/transfer"),
    ("POST", "/workspaces/{id}/transfer/accept"),
    ("GET", "/workspaces/{id}/audit"),
    ("PATCH", "/user/preferences/workspaces/{id}"),
    *(
        route
        for route in ROUTES
        if route[1].startswith(("/chatbots/", "/analytics/chatbots/", "/inbox/conversations/{id}"))
        or route[1].startswith(("/inbox/views/{id}", "/inbox/replies/{id}", "/inbox/visitors/{id}"))
    ),
]
# The refusal of a route whose object the user does not have, if it is not `not_found`.
NOT_FOUND = {route: "workspace_not_found" for route in OF_SOMEBODY if route[1].startswith(("/workspaces/", "/team/"))}
NOT_FOUND |= {route: "chatbot_not_found" for route in OF_SOMEBODY if "/chatbots/" in route[1]}
# Routes that create the object if it does not exist.
BEGINS = {("POST", "/chat/ui-stream")}
# Routes that answer the same for another user's conversation and for an unknown one: no answer is being written.
SILENT = {"/chat/ui-stream/{id}", "/chat/ui-stream/{id}/stream"}
# Routes for an API key with all scopes.
WITH_A_KEY = {
    ("GET", "/chat/history"),
    ("GET", "/search"),
    ("GET", "/documents/search"),
    ("GET", "/conversations"),
    ("POST", "/conversations"),
    ("DELETE", "/conversations"),
    ("POST", "/conversations/bulk"),
    ("GET", "/conversations/labels"),
    ("GET", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}"),
    ("DELETE", "/conversations/{id}"),
    ("PUT", "/conversations/{id}/title"),
    ("GET", "/conversations/{id}/messages"),
    ("PATCH", "/conversations/{id}/messages/{mid}"),
    ("GET", "/conversations/{id}/messages/{mid}/reasoning"),
    ("GET", "/conversations/{id}/messages/{mid}/revisions"),
    ("GET", "/conversations/{id}/messages/{mid}/receipt"),
    ("POST", "/conversations/{id}/messages/{mid}/activation"),
    ("PUT", "/conversations/{id}/messages/{mid}/feedback"),
    *(route for route in ROUTES if route[1].startswith(("/documents", "/collections"))),
    ("GET", "/conversations/{id}/summary"),
    ("GET", "/user/usage"),
    ("GET", "/user/usage/export"),
    ("GET", "/user/usage/forecast"),
}
SCOPES = [
    *("chat", "models", "embeddings", "usage:read", "conversations:read", "conversations:write"),
    *("documents:read", "documents:write"),
]
# To everyone but admins and support they are not there.
ADMINS = {route for route in ROUTES if route[1].startswith("/admin/")}
# Routes for support as well as admins, which only read.
SUPPORT = {route for route in ADMINS if route[0] == "GET"}
# The answers of public routes that do more than answer.
PUBLIC_STATUS = {
    ("GET", "/auth/callback"): 302,
    ("POST", "/auth/callback"): 422,
    ("POST", "/auth/session"): 401,
    ("POST", "/invitations/lookup"): 410,
    ("POST", "/mail/confirm"): 422,
    ("GET", "/widget/{public_id}/page"): 404,
}
# The error for a user who has nothing yet that it could be done to.
WITHOUT_A_SUBSCRIPTION = {
    ("POST", "/subscription/create"): (422, "billing_details_required"),
    ("POST", "/billing/subscribe"): (422, "billing_details_required"),
    ("POST", "/subscription/offers/{id}/accept"): (422, "billing_details_required"),
    ("POST", "/credits/purchase"): (422, "billing_details_required"),
    **{
        (method, f"/subscription/{what}"): (409, "subscription_not_changeable")
        for method, what in [
            *[("POST", what) for what in ("cancel", "cancel/undo", "update", "pause", "resume")],
            ("GET", "portal"),
        ]
    },
    **{("POST", f"/billing/{what}"): (409, "subscription_not_changeable") for what in ("cancel", "upgrade")},
}
# The refusal of a user who has set no picture.
WITHOUT_A_PICTURE = {("GET", "/user/picture"): (404, "not_found")}
# The refusal of a user whose ledger is under no root yet.
WITHOUT_A_ROOT = {("GET", "/ledger/proof"): (404, "not_found")}
# The refusal of a user whom the invitation is not for.
WITHOUT_AN_INVITATION = {("POST", "/invitations/accept"): (403, "invitation_for_another_address")}
# Requests that prepare something to undo.
UNDONE = {
    ("POST", "/subscription/cancel/undo"): "/subscription/cancel",
    ("POST", "/subscription/resume"): "/subscription/pause",
}
# Routes for a suspended user, or one whose account is being deleted.
WHILE_SUSPENDED = {
    ("GET", "/subscription"),
    ("POST", "/subscription/cancel"),
    ("POST", "/billing/cancel"),
    ("GET", "/billing/invoices"),
    ("GET", "/subscription/invoice"),
    ("GET", "/subscription/invoice/{id}"),
    ("GET", "/subscription/invoice/{id}/pdf"),
    ("GET", "/exports/{id}"),
    ("POST", "/user/data-export"),
    ("DELETE", "/user"),
    ("POST", "/auth/sign-out"),
    ("DELETE", "/user/consents/{kind}"),
}
WHILE_DELETING = WHILE_SUSPENDED - {
    ("GET", "/subscription"),
    ("POST", "/subscription/cancel"),
    ("POST", "/billing/cancel"),
    ("DELETE", "/user"),
} | {("POST", "/user/restore"), ("GET", "/me")}
# Not the owner's alone: any signed-in user who has the link.
WITH_THE_LINK = {"/shared/{token}/fork"}
# One's own, by a word and by no id: there is nothing of another user's to name.
BY_WORD = {"/user/consents/{kind}"}
# Those of chatbots' visitors, who have a token of their own: tests/http/test_visitors_ladder.py.
VISITORS = {route for route in ROUTES if route[1].startswith("/widget/") and route[1] not in PUBLIC}
# Those about something that one visitor has. For another visitor of the same chatbot it does not exist.
OF_ONE_VISITOR = {
    ("POST", "/widget/{public_id}/stop"),
    ("GET", "/widget/{public_id}/chat/{message_id}"),
    ("GET", "/widget/{public_id}/conversations/{id}"),
    ("POST", "/widget/{public_id}/messages/{id}/feedback"),
    ("POST", "/widget/{public_id}/conversations/{id}/csat"),
    ("POST", "/widget/{public_id}/conversations/{id}/handoff"),
    ("POST", "/widget/{public_id}/conversations/{id}/mail"),
}
PERSONAL = [route for route in ROUTES if route[1] not in PUBLIC and route not in SIGNING_IN and route not in VISITORS]
