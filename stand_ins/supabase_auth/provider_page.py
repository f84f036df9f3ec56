"""The page that stands for Google's and GitHub's own: which account signs in."""

from html import escape

from stand_ins.supabase_auth.provider_accounts import PROVIDERS

# The page runs and loads nothing. `form-action` is left out, because browsers apply it to redirects of the form too.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_STYLE = """
* { box-sizing: border-box }
body { font: 16px/24px system-ui, sans-serif; margin: 0; background: #f3f5f9; color: #1c2333 }
main { max-width: 26rem; margin: 3rem auto; background: #fff; border-radius: 14px; overflow: hidden;
  box-shadow: 0 8px 30px rgb(23 43 99 / 12%) }
.notice { background: #fff4d6; color: #6b4b00; padding: .5rem 1.75rem; font-size: .85rem; margin: 0 }
form { padding: 1.25rem 1.75rem 1.75rem } h1 { margin: 0 0 1rem; font-size: 1.4rem }
fieldset { border: 0; padding: 0; margin: 0 0 1rem } legend { font-weight: 600; margin-bottom: .4rem }
.account { display: flex; gap: .6rem; padding: .55rem .7rem; border: 1px solid #d8deea; border-radius: 8px;
  margin-bottom: .4rem; cursor: pointer }
.account:has(:checked) { border-color: #1f3d8f; background: #eef2fd }
.field { display: block; font-size: .85rem; color: #5b6579; margin-bottom: .6rem }
.field input { display: block; width: 100%; margin-top: .2rem; padding: .55rem .7rem; border: 1px solid #d8deea;
  border-radius: 8px; font: inherit }
button { width: 100%; padding: .75rem; border-radius: 8px; border: 1px solid #1f3d8f; background: #fff; color: #1f3d8f;
  font: inherit; font-weight: 600; cursor: pointer; margin-top: .5rem }
button.requested { background: #1f3d8f; color: #fff } button.cancel { border: 0; color: #5b6579 }
.problem { color: #b3261e }
"""


def choose_account(action: str, state: str, provider: str, addresses: list[str], problem: str | None = None) -> str:
    """The page. Its form posts `state`, `provider` and the account to `action`; `provider` is the requested one."""
    accounts = "".join(
        f'<label class="account"><input type="radio" name="account" value="{escape(address)}"{" checked" * (at == 0)}>'
        f"{escape(address)}</label>"
        for at, address in enumerate(addresses)
    )
    buttons = "".join(
        f'<button name="provider" value="{value}" class="{"requested" if value == provider else ""}">'
        f"Continue with {name}</button>"
        for value, name in sorted(PROVIDERS.items(), key=lambda item: item[0] != provider)
    )
    warning = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in with {PROVIDERS[provider]}</title><style>{_STYLE}</style></head><body><main>
<p class="notice">This is a stand-in for Google and GitHub. Every account is yours.</p>
<form method="post" action="{escape(action)}"><h1>Choose an account</h1>{warning}
<input type="hidden" name="state" value="{escape(state)}">
<fieldset><legend>Accounts</legend>{accounts}
<label class="field">Another address
<input type="email" name="new_account" autocomplete="off" placeholder="someone@example.com"></label></fieldset>
<details><summary>What the provider says of it</summary>
<label class="field">Name<input name="name" autocomplete="off"></label>
<label class="field">Address of the picture<input type="url" name="picture_url" autocomplete="off"></label>
<label class="field">Changed e-mail<input type="email" name="email" autocomplete="off"></label>
<label class="account"><input type="checkbox" name="unverified" value="1">E-mail not verified</label></details>
{buttons}<button class="cancel" name="error" value="access_denied" formnovalidate>Cancel</button>
</form></main></body></html>
"""
