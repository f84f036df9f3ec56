"""The imports of the webhook's function at its start."""

import os
import subprocess
import sys

SLOW = ("pydantic", "fpdf", "httpx", "fastapi", "oneai.billing.invoices", "oneai.billing.subscriptions")


def test_the_webhook_does_not_import_modules_for_requests_of_users() -> None:
    # With every provider, as after an event of each.
    program = (
        "import sys; from oneai.billing import providers, receive_webhook; "
        "found = [providers.of(each).observe for each in providers.names()]; assert len(found) == 3; "
        f"print(*(name for name in {SLOW} if name in sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.split() == []
