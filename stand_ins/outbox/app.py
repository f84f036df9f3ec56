"""The two requests of SES that `oneai.clients.ses` sends; the messages, as a page and as JSON; a fault on request."""

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

from stand_ins.outbox import page
from stand_ins.outbox.folder import files, keep

# The errors it can be set to. `lost`: it accepts the mail, and its response is not understood.
FAULTS = {
    "away": (503, "ServiceUnavailableException"),
    "throttled": (429, "TooManyRequestsException"),
    "paused": (400, "SendingPausedException"),
    "rejected": (400, "MessageRejected"),
    "lost": (200, ""),
}


def settings_of(address: str) -> dict[str, str]:
    """The environment of a program that sends its mail to the stand-in mounted at `address`."""
    return {"MAIL_FROM": "oneai@mail.example", "MAIL_ENDPOINT_URL": address}


def create(folder: Path) -> Starlette:
    """The app; messages are stored in that folder, which is created if missing."""
    handlers = _Handlers(folder)
    return Starlette(
        routes=[
            Route("/v2/email/outbound-emails", handlers.send_email, methods=["POST"]),
            Route("/v2/email/identities/{identity}", handlers.identity, methods=["GET"]),
            Route("/trouble", handlers.fault, methods=["GET", "POST"]),
            Route("/{number:int}.{form}", handlers.show, methods=["GET"]),
            Route("/", handlers.list_messages, methods=["GET"]),
        ]
    )


class _Handlers:
    """The endpoints, the folder of messages, and the current fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.fault_name: str | None = None

    async def send_email(self, request: Request) -> Response:
        """`SendEmail` with raw content."""
        try:
            email = await request.json()
            raw = base64.b64decode(email["Content"]["Raw"]["Data"], validate=True)
            (recipient,) = email["Destination"]["ToAddresses"]
            message = message_from_bytes(raw, policy=default)
        except (KeyError, TypeError, ValueError, binascii.Error):
            return _refusal(400, "BadRequestException")
        if re.search(rf"[<\s]?{re.escape(email['FromEmailAddress'])}>?$", str(message["From"])) is None:
            return _refusal(400, "BadRequestException")
        if self.fault_name not in (None, "lost"):
            return _refusal(*FAULTS[str(self.fault_name)])
        tags = ",".join(f"{each['Name']}={each['Value']}" for each in email.get("EmailTags", []))
        keep(self.folder, recipient, raw, tags)
        if self.fault_name == "lost":
            return PlainTextResponse("<html>Bad gateway</html>")
        return JSONResponse({"MessageId": f"local-{uuid4()}"})

    async def identity(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """`GetEmailIdentity`."""
        if self.fault_name == "away":
            return _refusal(*FAULTS["away"])
        return JSONResponse({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True})

    async def fault(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` sets a fault, `{"trouble": null}` ends it."""
        if request.method == "POST":
            fault = (await request.json()).get("trouble")
            if fault is not None and fault not in FAULTS:
                return JSONResponse({"troubles": list(FAULTS)}, 422)
            self.fault_name = fault
        return JSONResponse({"trouble": self.fault_name, "troubles": list(FAULTS)})

    async def list_messages(self, request: Request) -> Response:
        """Every message, the newest first: as JSON, or as a page for a browser."""
        messages = [_message_json(file) for file in files(self.folder)]
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page.of(messages, request.scope.get("root_path", "")))
        return JSONResponse({"items": messages})

    async def show(self, request: Request) -> Response:
        """One message: `.eml` as it was sent, `.html` and `.txt` as a reader sees it."""
        file = self.folder / f"{request.path_params['number']:06}.eml"
        form = request.path_params["form"]
        if not file.is_file() or form not in ("eml", "html", "txt"):
            return PlainTextResponse("There is no such message.", 404)
        if form == "eml":
            return Response(file.read_bytes(), media_type="message/rfc822")
        message = _message_json(file)
        if form == "txt":
            return PlainTextResponse(message["text"])
        # Links open in a new tab, as in a mail program, and outside of the frame.
        return HTMLResponse(
            f'<base target="_blank">{message["html"]}',
            headers={"content-security-policy": "sandbox allow-popups allow-popups-to-escape-sandbox"},
        )


def _message_json(file: Path) -> dict[str, Any]:
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
