"""Checks the keys of payment providers before a deployment. A provider without a key does not exist in the stack."""

from collections.abc import Iterator, Mapping

from deploy.stage import Stage

SANDBOX = "https://api.sandbox.midtrans.com"
# What each of them is, where one of a provider's secrets is set.
STRIPE_SECRETS = {
    "STRIPE_SECRET_KEY": "a secret or restricted key of Stripe",
    "STRIPE_WEBHOOK_SECRET": "what Stripe shows for the webhook's endpoint",
}
# How the values of a secret begin.
BEGINNINGS = {
    "STRIPE_SECRET_KEY": ("sk_test_", "sk_live_", "rk_test_", "rk_live_"),
    "STRIPE_WEBHOOK_SECRET": ("whsec_",),
    "MIDTRANS_SERVER_KEY": ("Mid-server-", "SB-Mid-server-"),
}


def problems(stage: Stage, values: Mapping[str, str]) -> Iterator[str]:
    """Keys with which a provider refuses every request, or we every event of it."""
    if any(values.get(name) for name in STRIPE_SECRETS):
        for name, meaning in STRIPE_SECRETS.items():
            if not values.get(name):
                yield f"{name} is not in the secret, and Stripe does not exist without it: {meaning}."
    for name, beginnings in BEGINNINGS.items():
        value = values.get(name)
        if value and not value.startswith(beginnings):
            yield f"{name} in the secret does not begin with {' or '.join(beginnings)} (docs/operations/billing.md)."
    if values.get("MIDTRANS_SERVER_KEY", "").startswith("SB-") and stage.parameter("MidtransBaseUrl") != SANDBOX:
        yield f"MIDTRANS_SERVER_KEY is a key of Midtrans' sandbox, so MidtransBaseUrl must be {SANDBOX}."
    if values.get("MIDTRANS_NOTIFICATION_KEY") and not values.get("MIDTRANS_SERVER_KEY"):
        yield "MIDTRANS_NOTIFICATION_KEY is in the secret without MIDTRANS_SERVER_KEY: no payment can be looked up."


def warnings(stage: Stage, values: Mapping[str, str]) -> Iterator[str]:
    """Keys of test modes in production, where no money moves, and live keys elsewhere."""
    live = "_live_" in values.get("STRIPE_SECRET_KEY", "")[:12]
    if values.get("STRIPE_SECRET_KEY") and live != (stage.name == "production"):
        mode = "live mode: money moves" if live else "test mode: no money moves"
        yield f"STRIPE_SECRET_KEY is a key of Stripe's {mode}."
    if not values.get("MIDTRANS_SERVER_KEY"):
        return
    sandbox = stage.parameter("MidtransBaseUrl") == SANDBOX
    if sandbox == (stage.name == "production"):
        yield f"MidtransBaseUrl is {'the sandbox: no money moves' if sandbox else 'not the sandbox: money moves'}."
