"""AWS's own linters, before and after the transformation: each sees what the other does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import effort
from tests.deploy.transformed import REPOSITORY, transform


@pytest.mark.exhaustive
def test_sam_finds_no_problem_in_the_template() -> None:
    sam = Path(sys.executable).parent / "sam"
    done = subprocess.run(
        [sam, "validate", "--lint", "--template-file", REPOSITORY / "template.yaml"],
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# It computes for fifteen seconds, and shares its core with other processes.
@pytest.mark.timeout(900)
@pytest.mark.exhaustive
def test_cfn_lint_finds_no_problem_in_the_deployed_template() -> None:
    # Half a second to import: every worker collects this file, and one needs it.
    from cfnlint import api
    from cfnlint.config import ManualArgs

    found = api.lint(
        json.dumps(transform(), indent=1), config=ManualArgs(regions=[*effort.drawn(("ap-south-1", "us-east-1"))])
    )
    # SAM itself puts the value of this one where it is used.
    left = [match for match in found if match.message != "Parameter DeploymentType not used."]
    assert not left, "\n".join(map(str, left))


@pytest.mark.timeout(900)
@pytest.mark.exhaustive
def test_cfn_lint_finds_no_problem_in_the_github_role() -> None:
    from cfnlint import api
    from cfnlint.config import ManualArgs

    text = (REPOSITORY / "deploy/github_role.yaml").read_text()
    found = api.lint(text, config=ManualArgs(regions=["ap-south-1", "us-east-1"]))
    assert not found, "\n".join(map(str, found))
