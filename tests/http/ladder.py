"""Every route as its own client calls it, what a user has that it could be about, and the refusals it may give."""

import base64
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from PIL import Image

from tests.billing.invoices.issuing import ASHA, issue
from tests.billing.offers.offer_makers import insert_offer
from tests.billing.subscriptions.subscribing import create_checkout, save_billing_details
from tests.canaries import CANARY
from tests.chatbots.made import (
    insert_chatbot,
    insert_conversation,
    insert_lead,
    insert_note,
    insert_question,
    insert_saved,
    insert_visitor,
)
from tests.credits.buying import insert_purchase
from tests.http.admin_requests import admins_bodies, admins_id
from tests.http.rights import ADMINS, CACHEABLE, SCOPES
from tests.workspaces.teams import insert_team
from tests.world import World

DOCUMENT = {"name": "lease.pdf", "type": "application/pdf", "size": 1000}

type Call = Callable[..., Awaitable[httpx.Response]]


@dataclass
class Belongings:
    """What a user has: a conversation with an answer, a link to it, an export, an upload, its import, an invoice, an
    API key and its secret, a provider key, another session, a document whose file has arrived, a collection, a
    prompt, a team that is offered to a member with an invitation to it, a team that is offered to the user, the
    token of an invitation to another team, that of a team which the user left, an operator's offer, bought credits,
    a published chatbot with a visitor's conversation of the same id, and what the checkout handed over."""

    conversation: str
    answer: str
    share: str = field(default_factory=lambda: str(uuid4()))
    token: str = "never-given-out"
    export: str = field(default_factory=lambda: str(uuid4()))
    upload: str = field(default_factory=lambda: str(uuid4()))
    imported: str = field(default_factory=lambda: str(uuid4()))
    invoice: str = field(default_factory=lambda: str(uuid4()))
    api_key: str = field(default_factory=lambda: str(uuid4()))
    secret: str = "oneai_sk_never"
    session: str = field(default_factory=lambda: str(uuid4()))
    document: str = field(default_factory=lambda: str(uuid4()))
    collection: str = field(default_factory=lambda: str(uuid4()))
    prompt: str = field(default_factory=lambda: str(uuid4()))
    team: str = field(default_factory=lambda: str(uuid4()))
    member: str = field(default_factory=lambda: str(uuid4()))
    invitation: str = field(default_factory=lambda: str(uuid4()))
    invited: str = "never-sent"
    departed: str = "never-sent"
    offer: str = field(default_factory=lambda: str(uuid4()))
    credit: str = field(default_factory=lambda: str(uuid4()))
    credit_order: str = field(default_factory=lambda: str(uuid4()))
    provider_key: str = field(default_factory=lambda: str(uuid4()))
    offered_team: str = field(default_factory=lambda: str(uuid4()))
    chatbot: str = field(default_factory=lambda: str(uuid4()))
    proof: dict[str, str] = field(
        default_factory=lambda: {
            "razorpay_payment_id": "pay_never",
            "razorpay_subscription_id": "sub_never",
            "razorpay_signature": "never",
        }
    )


async def possess(world: World, who: str) -> Belongings:
    """`who` has asked something and shared it."""
    start = (await world.ask("Hello", who)).start
    link = (await world.post(f"/conversations/{start['conversation_id']}/share", {"kind": "live"}, who)).json()
    export = (await world.post("/exports", None, who)).json()["export_id"]
    file = {"name": "conversations.json", "type": "application/json", "size": 1000}
    upload = (await world.post("/uploads", file, who)).json()["upload_id"]
    imported = (await world.post("/import", {"upload_id": upload}, who)).json()["import_id"]
    invoice = str(issue(world.database, world.people[who]))
    world.database.rows(
        "insert into oneai.conversation_summaries (message_id, conversation_id, user_id, content, model) "
        "values (%s, %s, %s, 'A greeting.', 'a model')",
        *(start["message_id"], start["conversation_id"], world.people[who]),
    )
    world.database.rows(
        "update oneai.chat_messages set reasoning = 'Hm', reasoning_length = 2 where id = %s", start["message_id"]
    )
    key = (await world.post("/user/api-keys", {"name": "All", "scopes": SCOPES}, who)).json()
    provider_key = (await world.post("/settings/provider-keys", _provider_key(), who)).json()["id"]
    document = (await world.post("/documents", DOCUMENT, who)).json()["id"]
    world.database.rows("update oneai.documents set arrived_at = oneai.now(), status = 'ready' where id = %s", document)
    collection = (await world.post("/collections", {"name": "Home"}, who)).json()["id"]
    saved = await world.post("/user/prompts", {"prompts": [{"name": "Plan", "content": "Plan my day."}]}, who)
    world.database.rows(
        "insert into oneai.profile_pictures (user_id, content) values (%s, %s) on conflict do nothing",
        *(world.people[who], _picture()),
    )
    session = str(
        world.database.one(
            "insert into auth.sessions (id, user_id, created_at, updated_at) "
            "values (gen_random_uuid(), %s, now(), now()) returning id",
            world.people[who],
        )
    )
    user, other = world.people[who], world.database.user(f"{uuid4().hex}@example.com")
    team, offered_team = _offered(world, user, other), _offered(world, other, user)
    chatbot = insert_chatbot(world.database, insert_team(world.database, user, tier="team", seats=2))
    insert_conversation(world.database, chatbot, chatbot)
    insert_question(world.database, chatbot)
    insert_lead(world.database, chatbot, chatbot)
    insert_note(world.database, chatbot, chatbot, user)
    insert_saved(world.database, chatbot, chatbot)
    insert_visitor(world.database, chatbot, chatbot)
    return Belongings(
        *(start["conversation_id"], start["message_id"], link["id"], link["token"], export, upload, imported, invoice),
        *(key["id"], key["secret"], session, document, collection, saved.json()["items"][0]["id"]),
        team=team,
        member=str(other),
        offered_team=offered_team,
        chatbot=chatbot,
        departed=_departed(world, user, offered_team),
        offer=str(insert_offer(world.database, user)),
        credit=(credit := str(insert_purchase(world.database, user))),
        credit_order=_order_of(world, credit),
        provider_key=provider_key,
        **_invitations(world, who, team, other),
    )


def _order_of(world: World, credit: str) -> str:
    """The order of bought credits."""
    return str(world.database.one("select id from oneai.credit_orders where payment_id = %s", credit))


def _offered(world: World, owner: UUID, member: UUID) -> str:
    """A team that its owner offered to its member."""
    team = insert_team(world.database, owner, member=member)
    world.database.rows("select oneai.offer_transfer(%s, %s, %s, 7)", owner, str(team), member)
    return str(team)


def _departed(world: World, user: UUID, of: str) -> str:
    """The token in the mail of a departure of the user."""
    token = uuid4().hex
    world.database.rows(
        "insert into oneai.departures (workspace_id, user_id, may_download, token_hash, expires_at) "
        "values (%s, %s, true, sha256(%s), oneai.now() + interval '30 days')",
        *(of, user, token.encode()),
    )
    return token


async def subscribe(world: World, who: str) -> dict[str, str]:
    """`who` has paid for a plan, and has the proof of it."""
    await save_billing_details(world, who)
    proof = await world.check_out((await create_checkout(world, who)).json()["short_url"])
    assert (await world.post("/subscription/verify", proof, who)).is_success
    return proof


def _invitations(world: World, who: str, team: str, other: UUID) -> dict[str, Any]:
    """An invitation to the team, and the token of one that `who` got."""
    elsewhere, token = insert_team(world.database, other), uuid4().hex
    insert = (
        "insert into oneai.invitations (workspace_id, user_id, email, role, token_hash, expires_at) "
        "values (%s, %s, %s, 'viewer', sha256(%s), oneai.now() + interval '7 days') returning id"
    )
    world.database.one(insert, elsewhere, other, f"{who}@example.com", token.encode())
    open_one = world.database.one(insert, team, world.people[who], f"{token}@example.com", f"not {token}".encode())
    return {"invitation": str(open_one), "invited": token}


def _provider_key() -> dict[str, str]:
    """A key that no workspace has yet."""
    return {"provider": "openai", "name": "Ours", "key": f"sk-{CANARY}-{uuid4()}"}


def _picture() -> bytes:
    """A profile picture."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG")
    return file.getvalue()


def a_letter(world: World) -> str:
    """Mails a new user; the token in the mail."""
    token = uuid4().hex
    world.database.rows(
        "insert into oneai.outbox (user_id, kind, cause_key, data, state, unsubscribe_hash) "
        "values (%s, 'monthly_summary', %s, '{}', 'sent', sha256(%s::bytea))",
        world.people[world.newcomer()],
        token,
        token,
    )
    return token


async def call(
    world: World, route: tuple[str, str], has: Belongings, headers: dict[str, str], **fields: Any
) -> httpx.Response:
    """Calls a route as its own client would, about what a user has."""
    method, path = route
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/chat/stream"): {"message": "Hello again", "conversation_id": has.conversation},
        ("POST", "/chat/ui-stream"): {
            "id": has.conversation,
            "messages": [{"id": "m-1", "role": "user", "parts": [{"type": "text", "text": "Hello again"}]}],
        },
        ("POST", "/chat/stop"): {"message_id": has.answer},
        ("POST", "/quota/quote"): {"message": "Hello again", "conversation_id": has.conversation},
        ("POST", "/conversations"): {"title": "Plans"},
        ("POST", "/conversations/bulk"): {"ids": [has.conversation], "action": "archive"},
        ("POST", "/conversations/{id}/move"): {"workspace_id": "00000000-0000-4000-8000-000000000000"},
        ("PATCH", "/conversations/{id}"): {"pinned": True},
        ("PUT", "/conversations/{id}/title"): {"title": "Plans"},
        ("PATCH", "/conversations/{id}/messages/{mid}"): {"content": "Put right"},
        ("PUT", "/conversations/{id}/messages/{mid}/feedback"): {"rating": 1},
        ("POST", "/uploads"): {"name": "cat.png", "type": "image/png", "size": 1000},
        ("POST", "/support/sales"): {"message": "We are forty people."},
        ("POST", "/documents"): DOCUMENT,
        ("POST", "/documents/upload"): DOCUMENT,
        ("POST", "/documents/bulk"): {"ids": [has.document], "action": "tag", "tags": ["flat"]},
        ("POST", "/documents/bulk-upload"): {"documents": [DOCUMENT]},
        ("DELETE", "/documents/bulk-delete"): {"ids": [has.document]},
        ("POST", "/documents/bulk-reprocess"): {"ids": [has.document]},
        ("PUT", "/documents/{id}"): {"name": "Lease of 2026"},
        ("PATCH", "/documents/{id}"): {"name": "Lease of 2026"},
        ("POST", "/collections"): {"name": f"Flat {uuid4()}"},
        ("PATCH", "/collections/{id}"): {"name": "Flat"},
        ("POST", "/import"): {"upload_id": has.upload},
        ("POST", "/conversations/{id}/share"): {"kind": "snapshot"},
        ("POST", "/shared/{token}/report"): {"reason": "It shows my address."},
        ("POST", "/docs/feedback"): {"slug": "quotas", "helpful": True},
        ("POST", "/quota/check"): {"quota_key": "small_messages"},
        ("POST", "/user/prompts"): {"prompts": [{"name": f"Plan {uuid4()}", "content": "Plan my week."}]},
        ("PATCH", "/user/prompts/{id}"): {"content": "Plan my month."},
        ("POST", "/user/api-keys"): {"name": "Nightly report"},
        ("PATCH", "/user/api-keys/{id}"): {"name": "Hourly report"},
        ("POST", "/user/api-keys/{id}/rotate"): {"overlap_seconds": 60},
        ("POST", "/keys/report"): ["oneai_sk_never"],
        **{("POST", f"/settings/{name}"): _provider_key() for name in ("provider-keys", "api-keys")},
        **{("PUT", f"/settings/{name}/{{id}}"): {"name": "Theirs"} for name in ("provider-keys", "api-keys")},
        ("PATCH", "/user/preferences"): {"notifications": {"summary": False}},
        ("PATCH", "/user/preferences/workspaces/{id}"): {"weekly": False},
        ("PATCH", "/user/profile"): {"name": "Asha Rao"},
        ("PUT", "/user/picture"): {"data": base64.b64encode(_picture()).decode()},
        ("POST", "/user/consents"): {"consents": [{"kind": "age", "version": "18"}]},
        ("POST", "/auth/callback"): {"code": "none-such", "code_verifier": "v" * 43},
        ("POST", "/auth/session"): {"refresh_token": "none-such"},
        ("POST", "/auth/verify"): {"token": "none-such"},
        **admins_bodies(world),
        ("PUT", "/subscription/billing-details"): ASHA,
        ("POST", "/subscription/create"): {"plan_id": "pro", "period": "yearly"},
        ("POST", "/billing/subscribe"): {"plan_id": "pro", "period": "yearly"},
        ("PUT", "/team/members/{user_id}"): {"role": "admin"},
        ("POST", "/team/invite"): {"email": f"{uuid4().hex}@example.com", "role": "viewer"},
        ("POST", "/invitations/lookup"): {"token": "none-such"},
        ("POST", "/exports/departure"): {"token": has.departed},
        ("POST", "/invitations/accept"): {"token": has.invited},
        ("POST", "/workspaces"): {"name": f"Tea {uuid4()}"},
        ("POST", "/chatbots"): {"name": "Help", "model": "openai/gpt-4.1-mini"},
        ("PUT", "/chatbots/{id}"): {"description": "For our shop"},
        ("PATCH", "/chatbots/{id}"): {"name": "Help"},
        ("POST", "/chatbots/{id}/evaluations"): {"question": "Do you ship?", "must_contain": ["Yes"]},
        ("PATCH", "/chatbots/{id}/evaluations/{evaluation_id}"): {"must_contain": ["yes"]},
        ("POST", "/chatbots/{id}/move"): {
            "workspace_id": "00000000-0000-4000-8000-000000000000",
            "documents": "leave",
        },
        ("POST", "/chatbots/{id}/preview"): {"message": "Do you ship?", "message_id": str(uuid4())},
        ("POST", "/inbox/conversations/bulk"): {"ids": [str(uuid4())], "action": "spam"},
        ("PUT", "/inbox/conversations/{id}"): {"status": "open"},
        ("PATCH", "/inbox/conversations/{id}"): {"tags": ["order"]},
        ("POST", "/inbox/views"): {"name": "Mine", "filter": {"assignee": "me"}},
        ("PATCH", "/inbox/views/{id}"): {"name": "Mine and open"},
        ("POST", "/inbox/replies"): {"name": f"hello {uuid4()}"[:40], "content": "Hello."},
        ("PATCH", "/inbox/replies/{id}"): {"content": "Hello again."},
        ("POST", "/inbox/conversations/{id}/notes"): {"content": "Called back."},
        ("PATCH", "/inbox/conversations/{id}/notes/{note_id}"): {"content": "Called back."},
        ("POST", "/chatbots/{id}/answers"): {"question": "Do you ship?", "answer": "Not yet."},
        ("POST", "/chatbots/{id}/answers/import"): {"csv": "question,answer\nDo you ship?,Not yet."},
        ("PATCH", "/chatbots/{id}/answers/{answer_id}"): {"answer": "From nine to six."},
        ("POST", "/widget/{public_id}/reports"): {"reason": "complaint"},
        ("POST", "/inbox/conversations/{id}/messages"): {"content": "I am here."},
        ("POST", "/inbox/conversations/{id}/presence"): {"typing": True},
        ("POST", "/chatbots/{id}/identity-secrets"): {"overlap_hours": 1},
        ("PUT", "/workspaces/{id}"): {"time_zone": "Asia/Kolkata"},
        ("PATCH", "/workspaces/{id}"): {"industry": "Food"},
        ("POST", "/workspaces/{id}/transfer"): {"user_id": has.member},
        ("POST", "/subscription/verify"): has.proof,
        ("POST", "/subscription/cancel"): {"at_period_end": True},
        ("POST", "/billing/cancel"): {"at_period_end": True},
        ("POST", "/credits/purchase"): {"package_id": "credits_10"},
        ("PUT", "/credits/auto-recharge"): {"on": False},
        ("PUT", "/credits/limits"): {"limits": []},
        ("PUT", "/credits/sources"): {"order": ["plan", "credits"], "chatbots": []},
        ("POST", "/credits/refund"): {"grant_id": has.credit},
        ("POST", "/subscription/update"): {"plan_id": "pro", "period": "yearly", "when": "now"},
        ("POST", "/billing/upgrade"): {"plan_id": "pro", "period": "yearly", "when": "now"},
    }
    begins = {
        "shares": has.share,
        "exports": has.export,
        "import": has.imported,
        "uploads": has.upload,
        "subscription": has.invoice,
        "user": has.api_key,
        "auth": has.session,
        "documents": has.document,
        "collections": has.collection,
        "workspaces": has.team,
        "team": has.invitation,
        "chatbots": has.chatbot,
        "inbox": has.chatbot,
        "analytics": has.chatbot,
    }
    of = "pro" if path == "/subscription/plans/{id}" else begins.get(path.split("/")[1], has.conversation)
    if path.startswith("/subscription/offers/"):
        of = has.offer
    if path.startswith("/user/preferences/"):
        of = has.team
    if path.startswith("/settings/"):
        of = has.provider_key
    if path.startswith("/user/prompts/"):
        of = has.prompt
    if route in ADMINS:
        of = admins_id(world, path)
    if path.endswith("/transfer/accept"):
        of = has.offered_team
    if path == "/workspaces/{id}/leave":
        of = has.offered_team
    where = path.format(
        message_id=has.answer,
        user_id=has.member,
        mid=has.answer,
        id=of,
        token=has.token,
        public_id=world.database.one("select public_id from oneai.chatbots where id = %s", has.chatbot)
        if path.startswith("/widget/")
        else "",
        quota_key="small_messages",
        kind="terms" if path.startswith("/user/") else "mail",
        request_id="none-such",
        section="recommended",
        version=1,
        answer_id=of,
        evaluation_id=of,
        run_id=of,
        secret_id=of,
        conversation_id=of,
        lead_id=of,
        note_id=of,
    )
    # asha's question: no other user finds it.
    where += "?q=hello" if path in ("/search", "/documents/search", "/docs/search") else ""
    where += f"?grant_id={has.credit}" if route == ("GET", "/credits/refund") else ""
    where += f"?order_id={has.credit_order}" if route == ("GET", "/credits/purchase") else ""
    where += f"?with={of}" if path.endswith("/evaluation-runs/{run_id}/compare") else ""
    where += "?preview=1" if route in (("DELETE", "/user"), ("DELETE", "/workspaces/{id}")) else ""
    if route == ("POST", "/mail/unsubscribe"):
        where += f"?token={a_letter(world)}"
    body = bodies.get(route)
    if path.startswith("/team/"):
        headers = {"OneAI-Workspace": has.team, **headers}
    if isinstance(body, dict):
        body = {**body, **fields}
    answer = await world.http.request(method, where, json=body, headers=headers)
    if path not in CACHEABLE or not answer.is_success:
        stays_with_its_reader(answer)
    return answer


def stays_with_its_reader(answer: httpx.Response) -> None:
    """No cache on the way stores it, no browser takes it for what it does not say it is, and it sets no cookie."""
    assert answer.headers["cache-control"].split(", ")[0] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """The envelope, with the request id of the header."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()) == {"error", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    stays_with_its_reader(answer)
