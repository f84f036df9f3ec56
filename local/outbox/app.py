"""The two requests of SES that `oneai.clients.ses` makes; what has arrived, as a page and as JSON; faults to order."""

import base64
import binascii
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.outbox import folder, page

# How the stand-in may answer, besides well. `lost`: it takes the mail, and its answer is not understood.
TROUBLES = {
    "away": (503, "ServiceUnavailableException"),
    "throttled": (429, "TooManyRequestsException"),
    "paused": (400, "SendingPausedException"),
    "rejected": (400, "MessageRejected"),
    "lost": (200, ""),
}


def settings_of(address: str) -> dict[str, str]:
    """What a program needs in its environment to send its mail to the stand-in that is mounted at `address`."""
    return {"MAIL_FROM": "oneai@mail.example", "MAIL_ENDPOINT_URL": address}


def create(kept_in: Path) -> Starlette:
    """The app; messages are kept in that folder, which is made if missing."""
    desk = _Desk(kept_in)
    return Starlette(
        routes=[
            Route("/v2/email/outbound-emails", desk.take, methods=["POST"]),
            Route("/v2/email/identities/{identity}", desk.identity, methods=["GET"]),
            Route("/trouble", desk.trouble, methods=["GET", "POST"]),
            Route("/{number:int}.{form}", desk.show, methods=["GET"]),
            Route("/", desk.listed, methods=["GET"]),
        ]
    )


class _Desk:
    """The messages, numbered as they came, and the trouble there is."""

    def __init__(self, kept_in: Path) -> None:
        self.folder = kept_in
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name: str | None = None

    async def take(self, request: Request) -> Response:
        """`SendEmail` with raw content."""
        try:
            wanted = await request.json()
            raw = base64.b64decode(wanted["Content"]["Raw"]["Data"], validate=True)
            (recipient,) = wanted["Destination"]["ToAddresses"]
            message = message_from_bytes(raw, policy=default)
        except (KeyError, TypeError, ValueError, binascii.Error):
            return _refusal(400, "BadRequestException")
        if re.search(rf"[<\s]?{re.escape(wanted['FromEmailAddress'])}>?$", str(message["From"])) is None:
            return _refusal(400, "BadRequestException")
        if self.name not in (None, "lost"):
            return _refusal(*TROUBLES[str(self.name)])
        tags = ",".join(f"{each['Name']}={each['Value']}" for each in wanted.get("EmailTags", []))
        folder.keep(self.folder, recipient, raw, tags)
        if self.name == "lost":
            return PlainTextResponse("<html>Bad gateway</html>")
        return JSONResponse({"MessageId": f"local-{uuid4()}"})

    async def identity(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """`GetEmailIdentity`."""
        if self.name == "away":
            return _refusal(*TROUBLES["away"])
        return JSONResponse({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True})

    async def trouble(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` makes a bad day, `{"trouble": null}` ends it."""
        if request.method == "POST":
            wanted = (await request.json()).get("trouble")
            if wanted is not None and wanted not in TROUBLES:
                return JSONResponse({"troubles": list(TROUBLES)}, 422)
            self.name = wanted
        return JSONResponse({"trouble": self.name, "troubles": list(TROUBLES)})

    async def listed(self, request: Request) -> Response:
        """Every message, the newest first: JSON, or for a browser a page."""
        messages = [_told(file) for file in folder.files(self.folder)]
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page.of(messages, request.scope.get("root_path", "")))
        return JSONResponse({"items": messages})

    async def show(self, request: Request) -> Response:
        """One message: `.eml` as it was sent, `.html` and `.txt` as somebody sees it."""
        file = self.folder / f"{request.path_params['number']:06}.eml"
        form = request.path_params["form"]
        if not file.is_file() or form not in ("eml", "html", "txt"):
            return PlainTextResponse("There is no such message.", 404)
        if form == "eml":
            return Response(file.read_bytes(), media_type="message/rfc822")
        told = _told(file)
        if form == "txt":
            return PlainTextResponse(told["text"])
        # Its links open beside the outbox, as a mail program opens them, and outside of the frame it is shown in.
        return HTMLResponse(
            f'<base target="_blank">{told["html"]}',
            headers={"content-security-policy": "sandbox allow-popups allow-popups-to-escape-sandbox"},
        )


def _told(file: Path) -> dict[str, Any]:
    message = message_from_bytes(file.read_bytes(), policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "number": int(file.stem),
        "to": str(message["X-Local-Recipient"]),
        "tags": str(message["X-Local-Tags"]),
        "from": str(message["From"]),
        "subject": str(message["Subject"]),
        "date": str(message["Date"]),
        "unsubscribe": message["List-Unsubscribe"] and str(message["List-Unsubscribe"]).strip("<>"),
        "text": text.get_content().replace("\r\n", "\n") if text else "",
        "html": html.get_content() if html else "",
    }


def _refusal(status: int, code: str) -> Response:
    return JSONResponse({"message": code}, status, headers={"x-amzn-errortype": code})
