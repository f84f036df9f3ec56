"""`make deploy` and `make plan`: every step that can fail stops before harm and says what to do.

`sam`, `aws` and `supabase` are stand-ins that record their calls; the API is a whole stack over HTTP.
"""

import asyncio
import json
from pathlib import Path

import pytest

from deploy import release, rollback, smoke, stack
from deploy.release import Stopped
from deploy.stage import read_stage
from tests.canaries import CANARY
from tests.deploy.cloud import PARAMETERS, SECRETS, Cloud
from tests.scram import is_of
from tests.world import Database, World

pytestmark = [pytest.mark.timeout(600), pytest.mark.exhaustive]

type Output = pytest.CaptureFixture[str]


async def deploy(*arguments: str) -> int:
    """Runs the command beside the stack it deploys to."""
    return await asyncio.to_thread(release.main, [*arguments, "staging"])


def deploy_now(*arguments: str) -> int:
    """The same where no stack is asked."""
    return release.main([*arguments, "staging"])


@pytest.fixture
def api_url(world: World) -> str:
    return f"{world.address}/api"


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that SECRETS names, with the keys of a first deployment."""
    file = tmp_path / "secret.json"
    file.write_text(json.dumps(SECRETS | {"SUPABASE_SECRET_KEY": CANARY}))
    monkeypatch.setenv("SECRETS", str(file))
    return file


async def test_a_deployment_checks_builds_migrates_deploys_and_tests_in_this_order(
    cloud: Cloud, api_url: str, capfd: Output
) -> None:
    cloud.deployed_before(api_url)

    assert await deploy() == 0, capfd.readouterr().err

    steps = [line.removeprefix("== ").split()[0] for line in capfd.readouterr().out.splitlines() if line[:3] == "== "]
    assert steps == ["check", "build", "migrate", "deploy", "smoke"]
    assert cloud.changes() == ["supabase db push", "sam deploy"]
    assert "Resources:" in cloud.state["template"]
    assert CANARY not in "".join(cloud.calls)


async def test_a_first_deployment_stores_the_keys_of_a_file_in_its_new_secret(
    cloud: Cloud, world: World, capfd: Output, secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.set(outputs={"ApiUrl": f"{world.address}/api"})
    monkeypatch.setenv("DATABASE_URL", world.database.url("postgres"))

    assert await deploy() == 0, capfd.readouterr().err

    (verifier,) = world.database.rows("select rolpassword from pg_authid where rolname = 'oneai_app' and rolcanlogin")
    assert is_of(CANARY, verifier)

    assert cloud.secrets == SECRETS | {"SUPABASE_SECRET_KEY": CANARY}
    by_secret = [sorted(json.loads(text)) for text in cloud.state["secrets"].values()]
    assert by_secret == [["DATABASE_URL", "OPENROUTER_API_KEY"], ["SUPABASE_SECRET_KEY"]]
    assert CANARY not in "".join([*capfd.readouterr(), *cloud.calls])


def test_a_missing_secret_is_named_before_anything_is_built(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere, secrets={"DATABASE_URL": SECRETS["DATABASE_URL"]})

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "OPENROUTER_API_KEY is not in the secret" in printed
    assert "DATABASE_URL" not in printed
    assert "Nothing was changed." in printed
    assert not [call for call in cloud.calls if call.startswith(("sam", "supabase"))]


def test_half_of_the_keys_of_a_payment_provider_are_not_deployed(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere, secrets=SECRETS | {"STRIPE_SECRET_KEY": f"sk_test_{CANARY}"})

    assert deploy_now() == 1

    assert "STRIPE_WEBHOOK_SECRET is not in the secret" in capfd.readouterr().err
    assert cloud.changes() == []


def test_a_first_deployment_without_keys_names_all_of_them(
    cloud: Cloud, capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    cloud.configure(RazorpayKeyId="rzp_live_1")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    named = [line.split()[1] for line in printed.splitlines() if "is not in a secret" in line]
    assert "DATABASE_URL is not set" in printed
    assert named == ["DATABASE_URL", "OPENROUTER_API_KEY", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"]
    assert cloud.changes() == []


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://host/postgres", "is no address of a Postgres database"),
        (f"postgresql://postgres.abcdefgh:{CANARY}@host:6543/postgres", "is of another role than oneai_app"),
        ("postgresql://oneai_app.abcdefgh@host:6543/postgres", "has no password"),
    ],
)
def test_a_database_address_that_functions_cannot_use_is_not_deployed(
    cloud: Cloud, nowhere: str, capfd: Output, address: str, problem: str
) -> None:
    cloud.deployed_before(nowhere, secrets=SECRETS | {"DATABASE_URL": address})

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert f"DATABASE_URL in the secret {problem}" in printed
    assert CANARY not in printed
    assert cloud.changes() == []


def test_all_missing_prerequisites_are_named_at_once(
    cloud: Cloud, nowhere: str, capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployed_before(nowhere, secrets={})
    cloud.configure(
        SupabaseUrl="", SiteUrl="https://app.example.com", WebDomain="app.oneai.example", LogRetentionDays="8",
        Adress="x", FirewallRequestsPerMinute="5",
    )  # fmt: skip
    monkeypatch.delenv("SUPABASE_DB_PASSWORD")
    (cloud.folder / "bin/supabase").unlink()

    assert deploy_now() == 1

    problems = [line.strip(" -") for line in capfd.readouterr().err.splitlines() if line.startswith("  - ")]
    assert [problem.removeprefix("samconfig.toml: ").split()[0] for problem in problems] == [
        *("SupabaseUrl", "SiteUrl", "LogRetentionDays", "Adress"),
        *("FirewallRequestsPerMinute", "WebDomain", "SUPABASE_PROJECT_REF"),
        *("supabase", "SUPABASE_DB_PASSWORD", "DATABASE_URL", "OPENROUTER_API_KEY"),
    ]
    assert cloud.changes() == []


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("aws sts", "AWS cannot be asked"),
        ("aws get-secret-value", "AWS cannot be asked"),
        ("supabase link", "Migrations cannot be listed"),
        ("supabase push --dry-run", "Migrations cannot be listed"),
        ("sam build", "The build failed"),
        ("aws get-template", "cannot be kept for a rollback"),
    ],
)
def test_a_failure_before_the_first_change_changes_nothing(
    cloud: Cloud, nowhere: str, capfd: Output, call: str, sentence: str
) -> None:
    cloud.deployed_before(nowhere)
    cloud.fail(call, "the token is expired")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert sentence in printed
    assert "the token is expired" in printed
    assert "Nothing was changed." in printed
    assert cloud.changes() == []


def test_a_failing_migration_stops_before_any_function_is_deployed(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere)
    cloud.fail("supabase push --yes", "column already exists")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "A migration failed" in printed
    assert "the version before serves" in printed
    assert "supabase migration list" in printed
    assert cloud.changes() == ["supabase db push"]
    assert cloud.state["template"] == "the version before"


def test_a_canary_that_is_rolled_back_leaves_the_previous_version(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere)
    cloud.fail("sam deploy")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "CloudFormation took it back: the version before serves" in printed
    assert "docs/operations/alarms.md" in printed
    assert cloud.state["template"] == "the version before"


def test_a_failed_rollback_names_the_command_to_run(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere)
    cloud.fail("sam deploy")
    cloud.set(status_after_fault="UPDATE_ROLLBACK_FAILED")

    assert deploy_now() == 1

    assert "aws cloudformation continue-update-rollback --stack-name oneai-staging" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "another deployment is under way"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_accepts_no_deployment_is_left_unchanged(
    cloud: Cloud, nowhere: str, capfd: Output, status: str, advice: str
) -> None:
    cloud.deployed_before(nowhere)
    cloud.set(stack=cloud.state["stack"] | {"StackStatus": status})

    assert deploy_now() == 1

    assert advice in capfd.readouterr().err
    assert cloud.changes() == []


async def test_a_failing_smoke_test_restores_the_previous_version(
    cloud: Cloud, api_url: str, capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployed_before(api_url)
    monkeypatch.setattr(smoke, "REFUSALS", (("GET", "/no-such-route", 401, "unauthenticated"),))

    assert await deploy() == 1

    printed = capfd.readouterr().err
    assert "The smoke test failed" in printed
    assert "/api/no-such-route answered 404 not_found, not 401" in printed
    assert "The version before is deployed again and answers" in printed
    assert cloud.changes() == ["supabase db push", "sam deploy", "sam deploy"]
    assert cloud.state["template"] == "the version before"
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in cloud.state["stack"]["Parameters"]}
    assert (parameters["SellerName"], parameters["DeploymentType"]) == ("Asha and Ravi Private Limited", "AllAtOnce")


def test_a_failing_rollback_is_reported(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere)
    cloud.fail("sam deploy --parameter-overrides")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "The smoke test failed" in printed
    assert "The rollback did not succeed" in printed
    assert "make rollback STAGE=staging" in printed


def test_a_failing_smoke_test_of_a_first_deployment_reports_no_previous_version(
    cloud: Cloud, database: Database, nowhere: str, secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.set(outputs={"ApiUrl": nowhere})
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))

    with pytest.raises(Stopped, match="there is no version to go back to"):
        release.release(read_stage("staging"))

    assert cloud.changes() == ["supabase db push", "sam deploy", *["aws secretsmanager put-secret-value"] * 2]


def test_a_first_deployment_without_a_database_deploys_no_function(
    cloud: Cloud, nowhere: str, capfd: Output, secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = nowhere.removesuffix("/api").rpartition(":")[2]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://postgres:{CANARY}@127.0.0.1:{port}/postgres")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "No function was deployed" in printed
    assert CANARY not in printed
    assert cloud.changes() == ["supabase db push"]


def test_keys_that_cannot_be_stored_are_reported(cloud: Cloud, nowhere: str, capfd: Output, secrets_file: Path) -> None:
    cloud.deployed_before(nowhere)
    secrets_file.write_text(json.dumps(SECRETS | {"OPENROUTER_API_KEY": f"other-{CANARY}"}))
    cloud.fail("aws put-secret-value", "AccessDenied")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "the secret could not be written" in printed
    assert "AccessDenied" in printed
    assert CANARY not in printed


def test_an_unreadable_file_of_keys_stops_with_a_sentence(
    cloud: Cloud, nowhere: str, capfd: Output, secrets_file: Path
) -> None:
    cloud.deployed_before(nowhere)
    for content in ("{", '{"OPENROUTER_API_KEY": 1}'):
        secrets_file.write_text(content)
        assert deploy_now() == 1
        assert "is no JSON object of texts" in capfd.readouterr().err
    secrets_file.unlink()
    assert deploy_now() == 1

    assert "cannot be read: No such file" in capfd.readouterr().err
    assert cloud.changes() == []


async def test_a_domain_that_does_not_yet_lead_to_the_api_is_a_note(cloud: Cloud, world: World, capfd: Output) -> None:
    cloud.deployed_before(f"{world.address}/api")
    cloud.configure(
        ApiDomain="api.oneai.example", PublicApiUrl="https://api.oneai.example/api",
        ApiCertificateArn="arn:aws:acm:ap-south-1:123456789012:certificate/1-2",
    )  # fmt: skip

    assert await deploy() == 0, capfd.readouterr().err

    assert "https://api.oneai.example/api does not lead to the API yet" in capfd.readouterr().out


def test_a_domain_without_its_certificate_and_address_is_not_deployed(
    cloud: Cloud, nowhere: str, capfd: Output
) -> None:
    cloud.deployed_before(nowhere)
    cloud.configure(ApiDomain="api.oneai.example")

    assert deploy_now() == 1

    printed = capfd.readouterr().err
    assert "PublicApiUrl to be https://api.oneai.example/api" in printed
    assert "a certificate of ap-south-1" in printed


def test_a_plan_shows_the_changes_and_makes_none(cloud: Cloud, nowhere: str, capfd: Output) -> None:
    cloud.deployed_before(nowhere)

    assert deploy_now("--plan") == 0

    assert "+ Add  AWS::Lambda::Function" in capfd.readouterr().out
    assert "supabase db push --linked --dry-run" in cloud.calls
    assert cloud.changes() == []


def test_an_unknown_stage_is_refused_with_the_known_ones(cloud: Cloud, capfd: Output) -> None:
    assert release.main([""]) == 1
    assert release.main(["prod"]) == 1

    first, second = (line for line in capfd.readouterr().err.splitlines() if line)
    assert first == "STAGE says which: samconfig.toml describes staging."
    assert second == "prod is not one: samconfig.toml describes staging."


@pytest.mark.exhaustive
async def test_a_later_rollback_deploys_what_the_last_deployment_replaced(
    cloud: Cloud, api_url: str, capfd: Output
) -> None:
    cloud.deployed_before(api_url)
    assert await asyncio.to_thread(rollback.main, ["staging"]) == 1
    assert "has not deployed over an earlier oneai-staging" in capfd.readouterr().err

    assert await deploy() == 0
    assert await deploy() == 0
    assert await asyncio.to_thread(rollback.main, ["staging"]) == 0

    assert f"goes back to {release.commit()}" in capfd.readouterr().out
    assert len(cloud.changes()) == 5
    assert "Resources:" in cloud.state["template"]


def test_sam_reads_the_parameters_stored_for_a_rollback(cloud: Cloud, nowhere: str) -> None:
    from samcli.cli.types import CfnParameterOverridesType

    cloud.deployed_before(nowhere)
    stage = read_stage("staging")
    state = stack.describe(stage)
    assert state is not None
    rollback.keep(stage, state)

    kept = rollback.kept(stage)

    read = CfnParameterOverridesType().convert((f"file://{kept.parameters}",), None, None)
    assert read == {**PARAMETERS, "DeploymentType": "AllAtOnce"}
    assert kept.template.read_text() == "the version before"
