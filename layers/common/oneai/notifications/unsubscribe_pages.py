"""Unsubscribes from a kind of mail by its link. Both pages are in both languages, as the user is not signed in."""

from oneai.errors import NotFound
from oneai.notifications.outbox import token_hash
from oneai.postgres import db

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; background: #f4f5f7; color: #1c2333; font: 16px/26px -apple-system, "Segoe UI", Roboto, "Noto Sans",
  "Noto Sans Devanagari", sans-serif; }}
main {{ max-width: 26rem; margin: 12vh auto; padding: 2rem; background: #fff; border: 1px solid #e4e7ec;
  border-radius: 12px; text-align: center; }}
button {{ font: inherit; font-weight: 600; color: #fff; background: #3b5bdb; border: 0; border-radius: 8px;
  padding: .6rem 1.4rem; cursor: pointer; }}
</style>
</head>
<body><main>
{content}
</main></body>
</html>
"""

# The form posts to its own URL, which contains the token.
QUESTION = _PAGE.format(
    title="Unsubscribe",
    content="""<p>Do you want to stop receiving emails like this?</p>
<p lang="hi">क्या आप इस तरह के ईमेल बंद करना चाहते हैं?</p>
<form method="post"><button>Unsubscribe · <span lang="hi">बंद करें</span></button></form>""",
)
DONE = _PAGE.format(
    title="Unsubscribed",
    content="""<p>Done: you will no longer receive emails like this. You can turn them on again in your settings.</p>
<p lang="hi">हो गया: अब आपको इस तरह के ईमेल नहीं आएँगे। सेटिंग में आप इन्हें फिर से चालू कर सकते हैं।</p>""",
)


async def unsubscribe(token: str) -> str:
    """Unsubscribes from the topic of the mail with this token: `quota`, `summary` or `product`, or about its workspace
    `handoff`, `budget` or `weekly`. Raises NotFound."""
    (topic,) = await db.call("select oneai.unsubscribe(%s)", [token_hash(token)], idempotent=True)
    if topic is None:
        raise NotFound
    return str(topic)
