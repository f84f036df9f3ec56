"""What a deployment says about the keys of payment providers."""

from pathlib import Path

import pytest

from deploy import payment_keys
from deploy.stage import Stage
from tests.canaries import CANARY

STRIPE = {"STRIPE_SECRET_KEY": f"sk_test_{CANARY}", "STRIPE_WEBHOOK_SECRET": f"whsec_{CANARY}"}
MIDTRANS = {"MIDTRANS_SERVER_KEY": f"Mid-server-{CANARY}"}


def stage(name: str = "staging", **parameters: str) -> Stage:
    return Stage(name, "oneai", "ap-south-1", parameters, Path("samconfig.toml"))


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"STRIPE_SECRET_KEY": STRIPE["STRIPE_SECRET_KEY"]}, "STRIPE_WEBHOOK_SECRET is not in the secret"),
        ({"STRIPE_WEBHOOK_SECRET": STRIPE["STRIPE_WEBHOOK_SECRET"]}, "STRIPE_SECRET_KEY is not in the secret"),
        (STRIPE | {"STRIPE_SECRET_KEY": f"pk_test_{CANARY}"}, "STRIPE_SECRET_KEY in the secret does not begin with"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRET": CANARY}, "STRIPE_WEBHOOK_SECRET in the secret does not begin with whsec_"),
        ({"MIDTRANS_SERVER_KEY": f"SB-Mid-server-{CANARY}"}, "MidtransBaseUrl must be https://api.sandbox"),
        ({"MIDTRANS_SERVER_KEY": f"Mid-client-{CANARY}"}, "MIDTRANS_SERVER_KEY in the secret does not begin with"),
        ({"MIDTRANS_NOTIFICATION_KEY": CANARY}, "without MIDTRANS_SERVER_KEY"),
    ],
)
def test_keys_with_which_a_provider_could_not_work_are_a_problem(keys: dict[str, str], problem: str) -> None:
    (found,) = payment_keys.problems(stage(), keys)

    assert problem in found
    assert CANARY not in found


def test_a_provider_without_keys_is_no_problem() -> None:
    sandbox = {"MIDTRANS_SERVER_KEY": f"SB-Mid-server-{CANARY}"}

    assert list(payment_keys.problems(stage(), {})) == list(payment_keys.warnings(stage("production"), {})) == []
    assert list(payment_keys.problems(stage(), STRIPE | MIDTRANS)) == []
    assert list(payment_keys.problems(stage(MidtransBaseUrl=payment_keys.SANDBOX), sandbox)) == []


@pytest.mark.parametrize(
    ("name", "key", "base_url", "warned"),
    [
        ("production", "rk_live_x", "", []),
        ("staging", "sk_test_x", payment_keys.SANDBOX, []),
        ("staging", "sk_live_x", "", ["STRIPE_SECRET_KEY", "MidtransBaseUrl"]),
        ("production", "sk_test_x", payment_keys.SANDBOX, ["STRIPE_SECRET_KEY", "MidtransBaseUrl"]),
    ],
)
def test_keys_of_another_mode_than_the_stage_are_a_warning(
    name: str, key: str, base_url: str, warned: list[str]
) -> None:
    keys = MIDTRANS | {"STRIPE_SECRET_KEY": key}

    found = list(payment_keys.warnings(stage(name, MidtransBaseUrl=base_url), keys))

    assert [each.partition(" ")[0] for each in found] == warned
