"""Functions that another one invokes, in a running stack."""

import httpx
import pytest

from tests.local.running import Stack
from tests.patience import PATIENCE

pytestmark = pytest.mark.exhaustive

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=local/20261123/local/lambda/aws4_request"}


def test_a_running_stack_invokes_the_function_that_reads_documents(stack: Stack) -> None:
    event = {"url": f"{stack.url}/local/", "name": "page", "media_type": "text/html", "position": None}
    address = f"{stack.url}/lambda/2015-03-31/functions/IngestDocumentFunction:live/invocations"

    answer = httpx.post(address, json=event, headers=SIGNED, timeout=PATIENCE)

    assert answer.status_code == 200
    assert "x-amz-function-error" not in answer.headers
    assert "OneAI" in answer.json()["pieces"][0]["text"]


def test_the_jobs_of_a_running_stack_work_with_their_own_secrets(stack: Stack) -> None:
    with stack.client() as asha:
        for job in (
            "settle_answers",
            "remove_files",
            "export_import",
            "send_mail",
            "reconcile_subscriptions",
            "retention",
        ):
            outcome = asha.post(f"/local/run/{job}", timeout=PATIENCE).json()
            assert outcome["status"] == "succeeded", (job, outcome)
