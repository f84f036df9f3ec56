"""The content of an email, rendered as text and as HTML from the same parts.

The HTML targets mail clients, which support little beyond tables and style attributes. Every value is escaped here.
"""

from dataclasses import dataclass
from html import escape

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans Devanagari',Helvetica,Arial,sans-serif"
_INK, _QUIET, _LINE, _PAPER, _ACCENT, _ALARM = "#1c2333", "#667085", "#e4e7ec", "#f4f5f7", "#3b5bdb", "#d9480f"


@dataclass(frozen=True)
class EmailContent:
    """The parts in order; all plain text.

    `percent` (0 to 100) is drawn as a bar; a paragraph also states it. `details` are names and values.
    `action` is a label and a URL. `unsubscribe` is the same, for the footer.
    """

    language: str
    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    details: tuple[tuple[str, str], ...] = ()
    percent: int | None = None
    action: tuple[str, str] | None = None
    foot: str = ""
    unsubscribe: tuple[str, str] | None = None


def as_text(content: EmailContent, site: str) -> str:
    """The email as plain text, its parts separated by empty lines."""
    parts = [content.heading, *content.paragraphs]
    if content.details:
        parts.append("\n".join(f"{name}: {value}" for name, value in content.details))
    if content.action:
        parts.append(f"{content.action[0]}: {content.action[1]}")
    foot = [line for line in (site, content.foot) if line]
    if content.unsubscribe:
        foot.append(f"{content.unsubscribe[0]}: {content.unsubscribe[1]}")
    return "\n\n".join([*parts, "-- \n" + "\n".join(foot)]) + "\n"


def as_html(content: EmailContent, site: str) -> str:
    """The email as a self-contained HTML document."""
    preview = escape(content.paragraphs[0])
    rows = [
        _row(f'<h1 style="margin:0;font-size:22px;line-height:30px;font-weight:600">{escape(content.heading)}</h1>'),
        *(_row(f'<p style="margin:0">{escape(text)}</p>') for text in content.paragraphs),
    ]
    if content.percent is not None:
        rows.append(_row(_bar(content.percent)))
    if content.details:
        rows.append(_row(_table(content.details)))
    if content.action:
        rows.append(_row(_button(*content.action), below=32))
    foot = [escape(line) for line in (site, content.foot) if line]
    if content.unsubscribe:
        label, url = content.unsubscribe
        foot.append(f'<a href="{escape(url)}" style="color:{_QUIET};text-decoration:underline">{escape(label)}</a>')
    return f"""<!doctype html>
<html lang="{content.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{escape(content.subject)}</title>
</head>
<body style="margin:0;padding:0;background:{_PAPER}">
<div style="display:none;max-height:0;overflow:hidden;opacity:0">{preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:{_PAPER}">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:560px">
<tr><td style="padding:0 4px 12px;{_FONT};font-size:16px;font-weight:700;color:{_ACCENT}">{escape(site)}</td></tr>
<tr><td style="background:#ffffff;border:1px solid {_LINE};border-radius:12px;padding:28px 28px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
{"".join(rows)}</table>
</td></tr>
<tr><td style="padding:16px 4px;{_FONT};font-size:12px;line-height:18px;color:{_QUIET}">{"<br>".join(foot)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


def _row(content: str, below: int = 20) -> str:
    style = f"padding:0 0 {below}px;{_FONT};font-size:15px;line-height:24px;color:{_INK}"
    return f'<tr><td style="{style}">{content}</td></tr>\n'


def _bar(share: int) -> str:
    filled = min(max(share, 0), 100)
    colour = _ALARM if filled >= 100 else _ACCENT
    cells = [(filled, colour), (100 - filled, _LINE)]
    cells_html = "".join(
        f'<td width="{part}%" height="8" style="background:{paint};font-size:0;line-height:8px">&nbsp;</td>'
        for part, paint in cells
        if part
    )
    attributes = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
    return f'<table {attributes} style="border-radius:4px;overflow:hidden"><tr>{cells_html}</tr></table>'


def _table(facts: tuple[tuple[str, str], ...]) -> str:
    line = f"padding:8px 0;border-top:1px solid {_LINE};{_FONT};font-size:14px;line-height:20px;vertical-align:top"
    rows = "".join(
        f'<tr><td style="{line};color:{_QUIET}">{escape(name)}</td>'
        f'<td align="right" style="{line};color:{_INK};word-break:break-word">{escape(value)}</td></tr>'
        for name, value in facts
    )
    return f'<table width="100%" cellpadding="0" cellspacing="0" border="0">{rows}</table>'


def _button(label: str, url: str) -> str:
    # Outlook supports padding on cells only, and paints links without a colour blue.
    link = f"{_FONT};font-size:15px;font-weight:600;color:#ffffff;text-decoration:none"
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td style="background:{_ACCENT};border-radius:8px;padding:11px 22px">'
        f'<a href="{escape(url)}" style="{link}">{escape(label)}</a></td></tr></table>'
    )
