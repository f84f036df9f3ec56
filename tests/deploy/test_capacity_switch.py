"""Deploying with ChatCapacity: what contradicts it stops before anything changes, and a rollback takes it back."""

import asyncio

import pytest

from deploy import release, rollback
from tests.deploy.cloud import Cloud
from tests.world import World

pytestmark = [pytest.mark.timeout(600), pytest.mark.exhaustive]

SUBNETS = "subnet-0a1,subnet-0a2,subnet-0a3"
GROUP = "sg-0b1"

type Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("parameters", "sentences"),
    [
        ({}, ["ChatSubnetIds is empty: name the subnets", "ChatSecurityGroupIds is empty: name a security group"]),
        ({"ChatSubnetIds": SUBNETS}, ["ChatSecurityGroupIds is empty"]),
        ({"ChatSubnetIds": "vpc-1", "ChatSecurityGroupIds": GROUP}, ["ChatSubnetIds is vpc-1, and it does not match"]),
        (
            {"ChatSubnetIds": SUBNETS, "ChatSecurityGroupIds": GROUP, "ChatAnswersPerEnvironment": "65"},
            ["ChatAnswersPerEnvironment is 65, and it has to be one of 16, 32, 64"],
        ),
    ],
    ids=str,
)
def test_managed_instances_without_their_prerequisites_are_not_deployed(
    cloud: Cloud, nowhere: str, capfd: Output, parameters: dict[str, str], sentences: list[str]
) -> None:
    cloud.deployed_before(nowhere)
    cloud.configure(ChatCapacity="ManagedInstances", **parameters)

    assert release.main(["staging"]) == 1

    problems = [line for line in capfd.readouterr().err.splitlines() if line.startswith("  - ")]
    assert len(problems) == len(sentences)
    for problem, sentence in zip(problems, sentences, strict=True):
        assert sentence in problem
    assert cloud.changes() == []


@pytest.mark.parametrize(
    ("parameters", "notes"),
    [
        (
            {"ChatCapacity": "ManagedInstances", "ChatSubnetIds": "subnet-0a1", "ChatSecurityGroupIds": GROUP},
            ["three instances are paid by the hour", "fewer than three subnets"],
        ),
        ({"ChatSubnetIds": SUBNETS}, ["do nothing while ChatCapacity is OnDemand"]),
        ({}, []),
    ],
    ids=str,
)
def test_a_plan_explains_managed_instances(
    cloud: Cloud, nowhere: str, capfd: Output, parameters: dict[str, str], notes: list[str]
) -> None:
    cloud.deployed_before(nowhere)
    cloud.configure(**parameters)

    assert release.main(["--plan", "staging"]) == 0, capfd.readouterr().err

    printed = [line for line in capfd.readouterr().out.splitlines() if line.startswith("  note: ") and "Chat" in line]
    assert len(printed) == len(notes)
    for line, note in zip(printed, notes, strict=True):
        assert note in line
    assert cloud.changes() == []


async def test_a_rollback_after_a_switch_restores_the_previous_capacity(
    cloud: Cloud, world: World, capfd: Output
) -> None:
    cloud.deployed_before(f"{world.address}/api")
    cloud.configure(ChatCapacity="ManagedInstances", ChatSubnetIds=SUBNETS, ChatSecurityGroupIds=GROUP)

    assert await asyncio.to_thread(release.main, ["staging"]) == 0, capfd.readouterr().err
    assert parameters_of(cloud)["ChatCapacity"] == "ManagedInstances"
    assert await asyncio.to_thread(rollback.main, ["staging"]) == 0, capfd.readouterr().err

    assert "ChatCapacity" not in parameters_of(cloud)
    assert cloud.state["template"] == "the version before"


def parameters_of(cloud: Cloud) -> dict[str, str]:
    """The parameters of the stack as it is."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in cloud.state["stack"]["Parameters"]}
