"""The look of the stand-ins' payment pages, and links back to where a checkout began."""

from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_SYMBOLS = {"INR": "₹", "USD": "$"}
_STYLE = """
* { box-sizing: border-box }
body { font: 16px/24px system-ui, sans-serif; margin: 0; background: #f3f5f9; color: #1c2333 }
main { max-width: 26rem; margin: 3rem auto; background: #fff; border-radius: 14px; overflow: hidden;
  box-shadow: 0 8px 30px rgb(23 43 99 / 12%) }
header { background: var(--brand); color: #fff; padding: 1.5rem 1.75rem }
header p { margin: 0; opacity: .85 } header h1 { margin: .15rem 0 0; font-size: 1.9rem; line-height: 2.3rem }
header small { opacity: .85; font-size: .85rem }
section { padding: 1.25rem 1.75rem 1.75rem }
.notice { background: #fff4d6; color: #6b4b00; padding: .5rem 1.75rem; font-size: .85rem }
fieldset { border: 0; padding: 0; margin: 0 0 1rem } legend { font-weight: 600; margin-bottom: .4rem }
label { display: flex; gap: .6rem; align-items: center; padding: .55rem .7rem; border: 1px solid #d8deea;
  border-radius: 8px; margin-bottom: .4rem; cursor: pointer }
label:has(:checked) { border-color: var(--brand); background: #eef2fd }
input[type=text] { width: 100%; padding: .55rem .7rem; border: 1px solid #d8deea; border-radius: 8px; font: inherit }
.given { display: block; border: 0; padding: 0; cursor: auto; font-size: .85rem; color: #5b6579 }
.given input { margin-top: .2rem; color: #1c2333 }
button { width: 100%; padding: .75rem; border-radius: 8px; border: 0; font: inherit; font-weight: 600; cursor: pointer }
.pay { background: var(--brand); color: #fff } .fail { background: none; color: #b3261e; margin-top: .35rem }
.back { display: block; text-align: center; padding: .75rem; border-radius: 8px; color: var(--brand); font-weight: 600 }
.back.pay { color: #fff; text-decoration: none }
.bad { color: #b3261e } .good { color: #14713d }
"""


def money(amount: int, currency: str, digits: int = 2) -> str:
    """`₹1,234.50`, with Indian digit groups for rupees. `digits` of `amount` are behind the point."""
    whole, rest = divmod(amount, 10**digits)
    text = f"{whole:,}"
    if currency == "INR" and whole >= 100_000:
        head, tail = str(whole)[:-3], str(whole)[-3:]
        groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
        text = ",".join([*reversed(groups), tail])
    return _SYMBOLS.get(currency, currency + " ") + text + (f".{rest:0{digits}}" if digits else "")


def given(fields: dict[str, str]) -> str:
    """Values to copy, each in a field of its own."""
    return "".join(
        f'<label class="given">{name}<input type="text" readonly name="{name}" value="{escape(value)}"></label>'
        for name, value in fields.items()
    )


def choice(legend: str, name: str, options: dict[str, str]) -> str:
    """Radio buttons, the first one chosen."""
    first = next(iter(options))
    buttons = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" * (value == first)}>{text}</label>'
        for value, text in options.items()
    )
    return f"<fieldset><legend>{legend}</legend>{buttons}</fieldset>"


def back(return_to: str | None, fields: dict[str, str], text: str, look: str = "back") -> str:
    """A link to where the checkout began, with `fields` in its fragment; empty without one."""
    if return_to is None:
        return ""
    return f'<a class="{look}" href="{escape(return_to)}#{escape(urlencode(fields))}">{text}</a>'


def problem_heading(problem: str | None) -> str:
    """Why the last payment failed; empty if none did."""
    return "" if problem is None else f'<h2 class="bad">✗ {escape(problem)}</h2>'


@dataclass(frozen=True)
class Brand:
    """A provider's name and colour."""

    provider: str
    colour: str


def page_of(brand: Brand, name: str, price: str, terms: str, *, body: str, id: str) -> str:
    """The page of what is paid: its name, price and terms above `body`."""
    return shell(
        f"<header><p>{escape(name)}</p><h1>{price}</h1><small>{terms}</small></header>"
        f'<div class="notice">Test mode: this is a stand-in for {brand.provider}. No money moves.</div>'
        f"<section>{body}<p><small>{escape(id)}</small></p></section>",
        brand,
    )


def shell(content: str, brand: Brand, title: str = "Subscription") -> str:
    """The document around `content`."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title>'
        f"<style>:root {{ --brand: {brand.colour} }}{_STYLE}</style></head><body><main>{content}</main></body></html>"
    )


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a posted form, the first of each name."""
    return {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}


def return_to(request: Request) -> str | None:
    """The address in `return_to`, if it is on this machine or this host."""
    address = request.query_params.get("return_to", "")
    parts = urlsplit(address)
    known = parts.hostname is not None and parts.hostname in (*_THIS_MACHINE, request.url.hostname)
    return address if parts.scheme in ("http", "https") and known else None
