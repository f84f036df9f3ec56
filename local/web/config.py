"""`/config.json`, with which one build serves every deployment; `web/src/lib/config.ts` has its shape."""

from collections.abc import Mapping
from typing import Any

from local.web.headers import files_origin
from oneai.accounts.consents import ConsentSettings

# Defaults of the settings.
CONSENTS = ConsentSettings()


def config(environment: Mapping[str, str]) -> dict[str, Any]:
    """The app's configuration in this stack. The stand-in for Supabase Auth has both sign-in providers, and
    passkeys."""
    stand_in = "ONEAI_AUTH_DATABASE_URL" in environment
    providers = "google,github" if stand_in else environment.get("SIGN_IN_PROVIDERS", "")
    return {
        "api_url": "",
        "supabase_url": environment.get("SUPABASE_URL", "").rstrip("/"),
        "supabase_publishable_key": environment.get("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_local"),
        "files_url": files_origin(environment),
        "site_name": environment.get("SITE_NAME", "OneAI"),
        "operator": {
            "name": environment.get("SELLER_NAME", ""),
            "address": environment.get("SELLER_ADDRESS", ""),
            "email": environment.get("OPERATOR_EMAIL", ""),
        },
        "grievance": {
            "name": environment.get("GRIEVANCE_NAME") or environment.get("SELLER_NAME", ""),
            "address": environment.get("GRIEVANCE_ADDRESS") or environment.get("SELLER_ADDRESS", ""),
            "email": environment.get("GRIEVANCE_EMAIL") or environment.get("OPERATOR_EMAIL", ""),
        },
        "terms_version": environment.get("TERMS_VERSION") or CONSENTS.terms_version,
        "privacy_version": environment.get("PRIVACY_VERSION") or CONSENTS.privacy_version,
        "minimum_age": int(environment.get("MINIMUM_AGE") or CONSENTS.minimum_age),
        "sign_in_providers": [name for name in providers.split(",") if name],
        "provider_keys": bool(environment.get("PROVIDER_KEYS_KMS_KEY")),
        "passkeys": stand_in or environment.get("PASSKEYS", "") == "true",
    }
