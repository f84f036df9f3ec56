"""What an owner puts into a website so that a chatbot appears there."""

import html
import json
from uuid import UUID

import segno
from pydantic import BaseModel, Field

from oneai.chatbots.addresses import widget_origin
from oneai.chatbots.manage import show_chatbot
from oneai.postgres.db import Principal


class EmbedCode(BaseModel):
    """The ways to show a chatbot. The domain of the website must be among its domains."""

    html: str = Field(description="A line for any website, before `</body>`.")
    react: str = Field(description="A component for React.")
    wordpress: str = Field(description="For `functions.php` of a WordPress theme, or a plugin for snippets.")
    link: str = Field(description="A plain link to its own page, which needs `public_page`.")
    url: str = Field(description="The address of its own page.")
    qr_code: str = Field(description="That address as a QR code, in SVG.")


async def embed_code(principal: Principal, chatbot_id: UUID) -> EmbedCode:
    """What shows the chatbot, in its colors as they were published, else as in its draft. It names a language only
    where the chatbot speaks no other, else the widget takes the page's or the visitor's. Raises ChatbotNotFound."""
    chatbot = await show_chatbot(principal, chatbot_id)
    origin = widget_origin()
    widget = (chatbot.published or chatbot.draft).widget
    attributes = {
        "chatbot": chatbot.public_id,
        "color": widget.color,
        "position": widget.position,
    }
    if len(widget.languages) == 1:
        attributes["language"] = widget.languages[0]
    source, url = f"{origin}/widget.js", f"{origin}/chat/{chatbot.public_id}"
    written = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in attributes.items())
    line = f'<script src="{html.escape(source)}" {written} async></script>'
    return EmbedCode(
        html=line,
        react=_REACT.format(source=json.dumps(source), attributes=json.dumps(attributes)),
        wordpress=_WORDPRESS.format(line=line),
        link=f'<a href="{html.escape(url)}">{html.escape(widget.title or chatbot.name)}</a>',
        url=url,
        qr_code=segno.make(url, error="m", micro=False).svg_inline(scale=4, border=4, light="#ffffff"),
    )


_REACT = """import {{ useEffect }} from "react";

export function Chatbot() {{
  useEffect(() => {{
    const script = document.createElement("script");
    script.src = {source};
    script.async = true;
    Object.assign(script.dataset, {attributes});
    document.body.append(script);
  }}, []);
  return null;
}}
"""
_WORDPRESS = """add_action("wp_footer", function () {{
  echo '{line}';
}});
"""
