"""Every flow with the newest @supabase/auth-js, the client of pages, against the stack as `make dev` starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import node
from tests.local.running import Stack, running

pytestmark = pytest.mark.exhaustive

SCRIPT = Path(__file__).parent / "auth_js" / "flows.mjs"
FLOWS = [
    "sign_up_and_confirm",
    "resend",
    "google_by_pkce",
    "github_without_pkce",
    "forgotten_password",
    "second_factor",
    "magic_link",
    "change_of_address_and_data",
    "refresh_and_reuse",
    "sign_out",
    "errors_by_code",
]


@pytest.fixture(scope="module")
def confirming() -> Iterator[Stack]:
    """A stack that wants addresses confirmed, over fresh data."""
    with running(also={"ONEAI_CONFIRM_EMAIL": "1"}) as stack:
        yield stack


def run(*arguments: str) -> str:
    """The output of the script. An error of the script fails the test."""
    assert node.package_script("@supabase/auth-js").is_dir(), "web/node_modules is not complete; make setup"
    done = node.run(SCRIPT, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("flow", FLOWS)
def test_the_official_client_for_javascript_runs(confirming: Stack, flow: str) -> None:
    run(confirming.url, flow)


def test_every_flow_of_the_script_is_run() -> None:
    assert run("http://127.0.0.1:1").split() == FLOWS
