"""The variables of deployed functions: every one is one the package reads, and nothing it needs is missing."""

import ast
import dataclasses
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oneai.plans.limits_and_prices import PLANS
from tests.deploy.transformed import ASKED, REPOSITORY, functions, of_type, source

PACKAGE = REPOSITORY / "layers/common/oneai"
LAMBDAS_OWN = {"AWS_LAMBDA_EXEC_WRAPPER"}
# New accounts have to keep this many executions for functions that reserve none.
ACCOUNT_LIMIT = 1000 - 100
# Parameters that people write in their own language; all others are names, numbers and addresses of machines.
TEXTS = {"SiteName", "SellerName", "SellerAddress"}


@cache
def declared() -> dict[str, bool]:
    """Every variable some settings dataclass of the package reads, and whether it has to be there."""
    found: dict[str, bool] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for name in _read_by(file):
            module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
            module = _imported_from(file, name) or module
            for field in dataclasses.fields(getattr(importlib.import_module(module), name)):
                required = field.default is dataclasses.MISSING
                found[field.name.upper()] = found.get(field.name.upper(), False) or required
    return found


def _read_by(file: Path) -> set[str]:
    """The classes that a file hands to `settings.read`."""
    return {
        call.args[0].id
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("settings.read", "read")
        and call.args
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id[0].isupper()
    }


def _imported_from(file: Path, name: str) -> str | None:
    """The module from which a file, or a function in it, imports this class; None for one of its own."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and any((each.asname or each.name) == name for each in node.names):
            return node.module
    return None


def variables(name: str) -> dict[str, Any]:
    """One deployed function's variables."""
    environment: dict[str, Any] = of_type("AWS::Lambda::Function")[name]["Properties"]["Environment"]["Variables"]
    return environment


def secret_keys() -> set[str]:
    """What the secret may hold, by its own description."""
    return set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", source()["Resources"]["Secret"]["Properties"]["Description"]))


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_gets_no_unused_variable(name: str) -> None:
    assert variables(name).keys() <= declared().keys() | LAMBDAS_OWN


def test_the_secret_has_no_unused_key() -> None:
    assert secret_keys() <= declared().keys()


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_required_setting_is_a_variable_of_every_function_or_in_the_secret(name: str) -> None:
    required = {variable for variable, needed in declared().items() if needed}
    assert required <= variables(name).keys() | secret_keys()


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_variables_of_every_function_fit_lambdas_limit(name: str) -> None:
    """Four kilobytes, names and values together, at the longest: docs.aws.amazon.com, Lambda quotas."""
    environment = sum(len(key) + longest(value) for key, value in variables(name).items())

    assert environment <= 4096


def longest(value: Any) -> int:
    """How many bytes a variable may come to: what its parameter allows, and 256 of what only AWS knows."""
    if isinstance(value, str):
        return len(value.encode())
    name = str(value.get("Ref"))
    if name not in source()["Parameters"]:
        return 256
    parameter = source()["Parameters"][name]
    if "AllowedValues" in parameter:
        return max(len(str(each)) for each in parameter["AllowedValues"])
    if parameter["Type"] == "Number":
        # With three decimals.
        return len(str(parameter["MaxValue"])) + 4 if "MaxValue" in parameter else 20
    assert "MaxLength" in parameter, f"{name} becomes a variable, and may be of any length"
    # Names and addresses may be in any of India's scripts, whose letters have three bytes.
    return int(parameter["MaxLength"]) * (3 if name in TEXTS else 1)


def test_the_pooler_accepts_the_connections_of_all_functions_together() -> None:
    for limit, concurrency in source()["Mappings"]["Concurrency"].items():
        connections = 0
        for name in functions():
            pool_size = int(variables(name)["DATABASE_POOL_SIZE"])
            # The chat's row is divided where visitors are answered.
            connections += concurrency.get(name.removesuffix("Function"), 0) * pool_size
        assert connections <= int(limit)
        assert sum(concurrency.values()) <= ACCOUNT_LIMIT


def test_visitors_get_a_fifth_of_what_the_chat_has_without_them() -> None:
    mappings = source()["Mappings"]
    assert mappings["ConcurrencyWithChatbots"].keys() == mappings["Concurrency"].keys()
    for limit, shared in mappings["ConcurrencyWithChatbots"].items():
        assert shared["ChatStream"] + shared["VisitorChat"] == (
            all_of_it := mappings["Concurrency"][limit]["ChatStream"]
        )
        assert shared["VisitorChat"] == round(all_of_it / 5)


def test_servers_of_workspaces_write_a_fifth_of_the_chats_answers_at_once() -> None:
    mappings = source()["Mappings"]
    assert {limit: row["AtOnce"] for limit, row in mappings["CustomAnswers"].items()} == {
        limit: round(row["ChatStream"] / 5) for limit, row in mappings["Concurrency"].items()
    }
    known = {"Fn::FindInMap": ["CustomAnswers", {"Ref": "DatabaseClientLimit"}, "AtOnce"]}
    with_keys = [name for name in functions() if "PROVIDER_KEYS_KMS_KEY" in variables(name)]
    assert {"ChatStreamFunction", "VisitorChatFunction"} <= set(with_keys)
    assert all(variables(name)["CUSTOM_ANSWERS_AT_ONCE"] == known for name in with_keys)


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_reserved_concurrency_of_a_function_follows_the_poolers_size(name: str) -> None:
    reserved = of_type("AWS::Lambda::Function")[name]["Properties"]["ReservedConcurrentExecutions"]
    key = name.removesuffix("Function")
    alone = {"Fn::FindInMap": ["Concurrency", {"Ref": "DatabaseClientLimit"}, key]}
    beside = {"Fn::FindInMap": ["ConcurrencyWithChatbots", {"Ref": "DatabaseClientLimit"}, key]}
    divided = {"ChatStream": {"Fn::If": ["HasChatbots", beside, alone]}, "VisitorChat": beside}
    assert reserved == divided.get(key, alone)
    sizes = source()["Parameters"]["DatabaseClientLimit"]
    assert set(sizes["AllowedValues"]) == set(source()["Mappings"]["Concurrency"])


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_every_environment_sets_each_parameter_without_a_default(environment: str) -> None:
    config = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())[environment]
    given = config["deploy"]["parameters"]["parameter_overrides"]
    parameters = source()["Parameters"]
    assert {name for name, each in parameters.items() if "Default" not in each} == ASKED.keys()
    assert ASKED.keys() <= given.keys() <= parameters.keys()
    for name, value in given.items():
        assert re.fullmatch(parameters[name].get("AllowedPattern", ".*"), value), name
        assert value in map(str, parameters[name].get("AllowedValues", [value])), name
        assert len(value) <= parameters[name].get("MaxLength", len(value)), name
    assert config["global"]["parameters"]["stack_name"] == f"oneai-{environment}"


def test_sam_reads_every_configured_value_unchanged() -> None:
    # Half a second to import. From a list of texts sam takes no empty value, and cuts others at their first space.
    from samcli.cli.types import CfnParameterOverridesType

    for stage in ("dev", "staging", "production"):
        config = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())[stage]
        given = config["deploy"]["parameters"]["parameter_overrides"]
        assert CfnParameterOverridesType().convert(given, None, None) == given


def test_the_stated_answers_at_once_are_those_of_the_plans() -> None:
    default = ",".join(f"{tier}={plan.answers_at_once}" for tier, plan in PLANS.items())
    described = source()["Parameters"]["AnswersAtOnce"]["Description"]

    assert described.endswith(f"empty means {default}")
    assert f"by default `{default}`" in (REPOSITORY / "docs/operations/deploy.md").read_text()
