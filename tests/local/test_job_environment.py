"""The variables of a job that the stack runs, beside those that its function has on AWS."""

import re

import pytest

from local import jobs
from local.data_folder import REPOSITORY
from local.template import document, read

TEMPLATE = REPOSITORY / "template.yaml"


def test_a_job_has_every_key_that_its_functions_secret_has(monkeypatch: pytest.MonkeyPatch) -> None:
    function = read(TEMPLATE).function("reconcile_subscriptions")
    assert function is not None
    described = document(TEMPLATE)["Resources"]["Secret"]["Properties"]["Description"]
    keys = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", described))
    for key in keys:
        monkeypatch.setenv(key, "a key")
    given = jobs._environment(function)
    assert {"MIDTRANS_SERVER_KEY", "STRIPE_SECRET_KEY"} <= keys <= given.keys()
