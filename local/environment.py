"""The environment of the stack's programs: what the developer has set, else our own stand-ins."""

import hashlib
import os
import sys
from pathlib import Path

from local.data_folder import REPOSITORY
from local.postgres import Server
from local.postgres_server import SUPERUSER

DATABASE = "oneai"
PORT, HIGHEST_PORT = 8000, 65535


def port() -> int:
    """PORT, or 8000; 0 means any free one. Raises SystemExit with a message if PORT is not a port."""
    value = os.environ.get("PORT") or str(PORT)
    if not (value.isascii() and value.isdigit() and int(value) <= HIGHEST_PORT):
        raise SystemExit(f"PORT is {value}, and a port is a number from 0 (any that is free) to {HIGHEST_PORT}.")
    return int(value)


def port_is_set() -> bool:
    """Whether the developer has chosen a port."""
    return bool(os.environ.get("PORT"))


def runs_chat_remotely() -> bool:
    """Whether streaming functions run in processes of their own under the Runtime API: CHAT_RUNTIME is `lambda`.

    Raises SystemExit with a message for a value that means nothing.
    """
    value = os.environ.get("CHAT_RUNTIME", "")
    if value not in ("", "lambda"):
        raise SystemExit(f"CHAT_RUNTIME is {value}, and may be lambda; where it is not set, chat runs in the gateway.")
    return value == "lambda"


def max_concurrency() -> int | None:
    """AWS_LAMBDA_MAX_CONCURRENCY: how many invocations one environment has at once; None on demand.

    Raises SystemExit with a message if it is not a number from 1.
    """
    value = os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", "")
    if value and not (value.isascii() and value.isdigit() and int(value)):
        raise SystemExit(f"AWS_LAMBDA_MAX_CONCURRENCY is {value}, and a concurrency is a whole number from 1.")
    return int(value) if value else None


def own_database() -> bool:
    """Whether the stack has its own database."""
    return not os.environ.get("DATABASE_URL")


def own_auth() -> bool:
    """Whether users sign in at our stand-in."""
    return not os.environ.get("SUPABASE_URL")


def own_openrouter() -> bool:
    """Whether our stand-in answers for the models: not if a key or an address is set."""
    return not (os.environ.get("OPENROUTER_API_KEY") or os.environ.get("OPENROUTER_BASE_URL"))


def own_storage() -> bool:
    """Whether files are kept in our data folder."""
    return not (os.environ.get("STORAGE_BUCKET") or os.environ.get("STORAGE_ENDPOINT_URL"))


def own_mail() -> bool:
    """Whether mail is kept in our data folder."""
    return not (os.environ.get("MAIL_FROM") or os.environ.get("MAIL_ENDPOINT_URL"))


def own_lambda() -> bool:
    """Whether functions that others invoke run here."""
    return not os.environ.get("LAMBDA_ENDPOINT_URL")


def own_kms() -> bool:
    """Whether our stand-in wraps data keys."""
    return not (os.environ.get("PROVIDER_KEYS_KMS_KEY") or os.environ.get("KMS_ENDPOINT_URL"))


def own_razorpay() -> bool:
    """Whether our stand-in takes the payments: not if a key or an address is set."""
    return not (os.environ.get("RAZORPAY_KEY_ID") or os.environ.get("RAZORPAY_BASE_URL"))


def own_midtrans() -> bool:
    """Whether our stand-in takes payments in rupiah: not if a key or an address is set."""
    return not (os.environ.get("MIDTRANS_SERVER_KEY") or os.environ.get("MIDTRANS_BASE_URL"))


def own_stripe() -> bool:
    """Whether our stand-in takes payments in the place of Stripe: not if a key or an address is set."""
    return not (os.environ.get("STRIPE_SECRET_KEY") or os.environ.get("STRIPE_BASE_URL"))


def gateway_environment(url: str, data: Path, server: Server | None, openrouter_port: int | None) -> dict[str, str]:
    """The gateway's environment. `server` and `openrouter_port` belong to the stand-ins that run."""
    # Operators' commands use this module without the stand-ins, and start twice as fast without importing them.
    from stand_ins import midtrans, razorpay, stripe
    from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY

    defaults = {
        "ONEAI_DATA": str(data),
        # One process serves all requests here; on AWS each environment has its own connection.
        "DATABASE_POOL_SIZE": "20",
        "SUPABASE_URL": url,
        "SITE_URL": url,
        "SITE_NAME": "OneAI",
        "API_URL": f"{url}/api",
        # Another origin and another site than the app's, as deployed.
        "WIDGET_ORIGIN": url.replace("127.0.0.1", "localhost"),
        "OPERATOR_EMAIL": "operator@mail.example",
        "OPENROUTER_API_KEY": "sk-or-local",
        "SHARE_LINK_KEYS": "local-key-of-share-links-on-this-machine",
        "VISITOR_KEYS": "local-key-of-visitors-on-this-machine",
        "IDENTITY_KEYS": "local-key-of-identities-on-this-machine",
        "LEDGER_KEY": hashlib.sha256(b"local key of the ledger on this machine").hexdigest(),
        "PROVIDER_KEY_HASH_KEYS": "local-key-of-fingerprints-on-this-machine",
        # A seller registered in an Indian state and in Indonesia, so that payments are taxed here as in production.
        "SELLER_NAME": "OneAI",
        "SELLER_ADDRESS": "12 Example Street, Bengaluru 560001",
        "SELLER_GSTIN": "29ABCDE1234F1ZW",
        "SELLER_NPWP": "01.234.567.8-901.000",
        "CORS_ORIGINS": "http://localhost:*,http://127.0.0.1:*,https://localhost:*",
    }
    if openrouter_port is not None:
        defaults["OPENROUTER_BASE_URL"] = f"http://127.0.0.1:{openrouter_port}/api/v1"
        # Own keys of workspaces are for the stand-ins too.
        defaults["ONEAI_OWN_PROVIDERS"] = "1"
        defaults["OPENAI_BASE_URL"] = f"{url}/openai/v1"
        defaults |= {f"{name.upper()}_BASE_URL": f"{url}/{name}" for name in ("anthropic", "gemini", "replicate")}
    if server is not None:
        defaults["DATABASE_URL"] = server.url(DATABASE, "oneai_app")
    if own_auth():
        defaults["SUPABASE_SECRET_KEY"] = LOCAL_SECRET_KEY
    if own_razorpay() or own_midtrans() or own_stripe():
        # Each stand-in fills its price list.
        operators = server.url(DATABASE, SUPERUSER) if server else os.environ["DATABASE_URL"]
        defaults["ONEAI_OPERATORS_DATABASE_URL"] = operators
    if own_razorpay():
        defaults |= razorpay.keys_of(f"{url}/razorpay") | {"ONEAI_OWN_RAZORPAY": "1"}
    if own_midtrans():
        defaults |= midtrans.keys_of(f"{url}/midtrans") | {"ONEAI_OWN_MIDTRANS": "1"}
    if own_stripe():
        defaults |= stripe.keys_of(f"{url}/stripe") | {"ONEAI_OWN_STRIPE": "1"}
    set_by_developer = {name: value for name, value in os.environ.items() if value or name not in defaults}
    environment = defaults | set_by_developer | python_environment() | {"ONEAI_DATA": str(data)}
    if openrouter_port is not None:
        # A developer's own keys are not for the questions of a stack without OpenRouter.
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
            environment.pop(name, None)
    if own_auth():
        # The stand-in writes auth.users, which no role of the product may; in another database it needs the right.
        role = "supabase_auth_admin"
        environment["ONEAI_AUTH_DATABASE_URL"] = server.url(DATABASE, role) if server else environment["DATABASE_URL"]
    return _with_own_aws(environment, url)


def _with_own_aws(environment: dict[str, str], url: str) -> dict[str, str]:
    """The environment with the addresses of the stand-ins for services of AWS that run."""
    from stand_ins import kms, outbox, storage

    if own_storage():
        # Overrides the keys and the profile of a developer who also deploys, which must not be used here.
        for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
            environment.pop(name, None)
        environment |= storage.settings_of(f"{url}/storage") | {"ONEAI_OWN_STORAGE": "1"}
    if own_kms():
        environment |= kms.settings_of(f"{url}/kms") | {"ONEAI_OWN_KMS": "1"}
    if own_lambda():
        environment |= {"LAMBDA_ENDPOINT_URL": f"{url}/lambda", "ONEAI_OWN_LAMBDA": "1"}
    if own_mail():
        environment |= outbox.settings_of(f"{url}/local/outbox") | {"ONEAI_OWN_MAIL": "1"}
    if own_mail() or own_lambda() or own_kms():
        # They are not checked, but boto3 sends no request without them.
        credentials = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "local"}
        environment = credentials | environment
    return environment


def stand_in_environment() -> dict[str, str]:
    """The OpenRouter stand-in's environment: the machine's."""
    return dict(os.environ) | python_environment()


def python_environment() -> dict[str, str]:
    """The variables with which our programs find each other from any folder."""
    paths = [str(REPOSITORY / "layers" / "common"), str(REPOSITORY)]
    return {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def python(*arguments: str) -> list[str]:
    """The command line of one of our own programs."""
    return [sys.executable, "-m", *arguments]
