"""Sessions of visitors, and the configuration of the widget that begins them."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai.chatbot_errors import ProofRequired
from oneai.chatbots import identity, identity_secrets, proof_of_work
from oneai.chatbots import visitor as visitors
from oneai.chatbots.fields import Language, PreChatForm
from oneai.chatbots.published import published_chatbot
from oneai.chatbots.visitor import Visitor
from oneai.fields import Fields
from oneai.postgres import db


class WidgetConfiguration(BaseModel):
    """What a widget shows of its published chatbot. It never has the prompt, the model or the documents."""

    public_id: str = Field(description="The chatbot's id in pages.")
    mode: Literal["online", "offline"] = Field(description="`offline`: it is paused, and offers its form.")
    title: str = Field(description="The heading.")
    workspace: str | None = Field(
        description="The name of who is responsible for it: the team, or the user. Null if the user has no name: the "
        "widget says `An individual` then, in the visitor's language."
    )
    avatar: str | None = Field(description="Its picture, as a `data:` address; null: none.")
    placeholder: str = Field(description="What stands in the empty field; empty: the widget's own words.")
    greeting: str = Field(description="Its first message; empty: none.")
    away_message: str = Field(description="What it says while it does not answer; empty: the widget's own words.")
    position: Literal["left", "right"] = Field(description="The corner of its button.")
    appearance: Literal["auto", "light", "dark"] = Field(description="Light, dark, or as the visitor's.")
    color: str = Field(description="The main color, as `#rrggbb`.")
    radius: int = Field(description="The radius of its corners, in pixels.")
    languages: list[Language] = Field(description="The languages that it speaks, the default first.")
    sources_shown: bool = Field(description="Whether answers name their documents.")
    form: PreChatForm = Field(description="The form before the first message.")
    branded: bool = Field(description="Whether it says that OneAI runs it.")
    public_page: bool = Field(description="Whether it also has a page of its own.")
    kept_days: int = Field(description="How many days after the last message conversations are kept.")


class SessionRequest(Fields):
    """The body of `POST /api/widget/{public_id}/sessions`."""

    handle: str | None = Field(
        default=None, max_length=200, description="The handle of an earlier session; absent: a new visitor."
    )
    identity: str | None = Field(
        default=None,
        max_length=identity.MAX_CHARACTERS,
        description="Who the visitor is, as the website's server has signed it: a JSON Web Token, or `ID:SIGNATURE`. A "
        "handle has no meaning beside it.",
    )
    proof: str | None = Field(
        default=None,
        max_length=proof_of_work.MAX_CHARACTERS,
        description="After `proof_required`: the payload of ALTCHA that solves its challenge, in base64.",
    )


# After a broken connection. Where the first one counted a solution, the browser gets another challenge.
_MAY_BE_REPEATED = True
# The default for an empty body.
NEW_VISITOR = SessionRequest()


class VisitorSession(BaseModel):
    """A visitor's session."""

    token: str = Field(description="The token for `Authorization: Bearer`, signed, for an hour.")
    handle: str | None = Field(
        description="What the same visitor sends to begin the next session. Keep it secret. Null for an identified "
        "visitor, who sends an identity again."
    )
    expires_at: datetime = Field(description="When the token expires.")


async def widget_configuration(public_id: str) -> WidgetConfiguration:
    """The configuration of a published chatbot's widget. Raises ChatbotNotFound."""
    chatbot = await published_chatbot(public_id, afresh=True)
    widget: dict[str, Any] = chatbot.configuration.widget.model_dump()
    return WidgetConfiguration.model_validate(
        widget
        | {
            "public_id": public_id,
            "mode": "offline" if chatbot.status == "paused" else "online",
            "title": chatbot.configuration.widget.title or chatbot.name,
            # Never the chatbot's name, which would let anyone appear as a bank.
            "workspace": chatbot.workspace,
            "branded": not chatbot.paid,
            "kept_days": visitors.HANDLE_DAYS,
        }
    )


async def begin_session(public_id: str, request: SessionRequest) -> VisitorSession:
    """Begins a session of a chatbot's visitor, who is stored with their first message. A handle that is not ours, or
    whose visitor was last seen too long ago, begins as a new visitor. An identity begins the session of that person,
    and the conversations of a handle stay with the handle: others may have written them on the same device. Raises
    ChatbotNotFound, IdentityInvalid; ProofRequired where a proof of work is missing, or is not good."""
    proof = proof_of_work.solved(request.proof, public_id) if request.proof else None
    try:
        if request.identity is not None:
            return _session(await _identified(public_id, request.identity, proof), None)
        return await _by_handle(public_id, request.handle, proof)
    except ProofRequired as refusal:
        raise ProofRequired(challenge=proof_of_work.new_challenge(public_id)) from refusal


async def _by_handle(public_id: str, sent: str | None, proof: bytes | None) -> VisitorSession:
    handle = sent if sent and visitors.is_handle(sent) else None
    known = visitors.by_handle(public_id, handle) if handle else None
    (good,) = await db.call(
        "select oneai.begin_visitor_session(%s, %s, %s)",
        [public_id, known and known.visitor_id, proof],
        idempotent=_MAY_BE_REPEATED,
    )
    if handle is None or known is None or not good:
        handle = visitors.new_handle()
        known = visitors.by_handle(public_id, handle)
    return _session(known, handle)


async def _identified(public_id: str, signed: str, proof: bytes | None) -> Visitor:
    (rows,) = await db.call(
        "select oneai.begin_identified_session(%s, %s)", [public_id, proof], idempotent=_MAY_BE_REPEATED
    )
    secrets = identity_secrets.secrets_of(rows)
    return visitors.by_identity(public_id, identity.identity_of(signed, public_id, secrets))


def _session(visitor: Visitor, handle: str | None) -> VisitorSession:
    token, expires_at = visitors.token(visitor)
    return VisitorSession(token=token, handle=handle, expires_at=datetime.fromtimestamp(expires_at, UTC))
