"""`make put-secrets`: keys of a deployed stack change, and nothing else does."""

import json
from pathlib import Path

import pytest

from deploy import put_secrets
from tests.canaries import CANARY
from tests.deploy.cloud import SECRETS, Cloud

pytestmark = pytest.mark.exhaustive

type Output = pytest.CaptureFixture[str]


def test_keys_are_changed_without_a_deployment(
    cloud: Cloud, nowhere: str, capfd: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put_secrets.main(["staging"]) == 1
    (tmp_path / "keys.json").write_text(json.dumps({"openrouter_api_key": f"other-{CANARY}"}))
    monkeypatch.setenv("SECRETS", str(tmp_path / "keys.json"))
    assert put_secrets.main(["staging"]) == 1
    cloud.deployed_before(nowhere)
    assert put_secrets.main(["staging"]) == 0
    assert put_secrets.main(["staging"]) == 0

    assert cloud.secrets == SECRETS | {"OPENROUTER_API_KEY": f"other-{CANARY}"}
    assert cloud.changes() == ["aws secretsmanager put-secret-value"]
    printed = capfd.readouterr()
    assert ["SECRETS names no file" in printed.err, "is not deployed" in printed.err] == [True, True]
    assert printed.out.splitlines() == ["OPENROUTER_API_KEY: changed.", "Nothing differs from what the secrets have."]
    assert CANARY not in "".join([*printed, *cloud.calls])
