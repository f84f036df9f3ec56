"""The template as CloudFormation gets it: SAM's own translator does here what AWS does at a deployment."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from local import route_table, template
from local.conditions import Conditions

REPOSITORY = Path(__file__).resolve().parents[2]

# Parameters without a default; a deployment states these.
ASKED = {
    "SupabaseUrl": "https://abcdefgh.supabase.co",
    "SiteUrl": "https://app.example.com",
    "MailFrom": "oneai@example.com",
    "CorsOrigins": "https://app.example.com,https://admin.example.com",
}

# Parameters whose resources are tested too.
TURNED_ON = {"Chatbots": "true"}

type Resources = dict[str, dict[str, Any]]


@cache
def source() -> dict[str, Any]:
    """The template as written, anchors resolved and every part its own, as sam writes it when it packages."""
    return parse("template.yaml")


def parse(file: str) -> dict[str, Any]:
    """A template of the repository, short forms of functions as long ones."""
    parsed = yaml.load((REPOSITORY / file).read_text(), Loader=_Loader)  # noqa: S506  a SafeLoader underneath
    template: dict[str, Any] = json.loads(json.dumps(parsed))
    return template


class _Loader(yaml.CSafeLoader):
    """SAM's own, whose pure YAML takes ten times as long."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


@cache
def transform(**parameters: str) -> dict[str, Any]:
    """The transformed template; `parameters` override those of ASKED."""
    # Every worker imports this module, to know which tests there are; few of them transform anything.
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    written = json.loads(json.dumps(source()))
    for resource in written["Resources"].values():
        for key in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][key] = "s3://bucket/key"  # what packaging puts there
    session = boto3.session.Session(region_name="ap-south-1")
    deployed = Translator({}, Parser(), boto_session=session).translate(written, ASKED | TURNED_ON | parameters)
    plain: dict[str, Any] = json.loads(json.dumps(deployed))
    return plain


def of_type(kind: str, **parameters: str) -> Resources:
    """The deployed resources of one CloudFormation type, by logical id."""
    resources: Resources = transform(**parameters)["Resources"]
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


@cache
def stack(**parameters: str) -> dict[str, Any]:
    """What a deployment with these parameters makes: transformed, and every condition decided."""
    deployed = transform(**parameters)
    conditions = Conditions(deployed, ASKED | TURNED_ON | parameters)
    decided: dict[str, Any] = {
        part: {
            name: conditions.resolve({key: value for key, value in each.items() if key != "Condition"})
            for name, each in deployed[part].items()
            if conditions.exists(each)
        }
        for part in ("Resources", "Outputs")
    }
    return decided


def functions() -> Resources:
    """The functions as the template writes them, without its globals: those that are made unless parameters ask for
    others."""
    resources: Resources = source()["Resources"]
    exists = Conditions(source(), ASKED | TURNED_ON).exists
    return {
        name: each for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function" and exists(each)
    }


def paths(**parameters: str) -> dict[str, dict[str, Any]]:
    """The deployed API's OpenAPI paths."""
    result: dict[str, dict[str, Any]] = stack(**parameters)["Resources"]["Api"]["Properties"]["Body"]["paths"]
    return result


def resources() -> list[tuple[str, str, str, bool]]:
    """Method, path, function and whether it streams, of every resource by which API Gateway calls a function."""
    found = template.read(REPOSITORY / "template.yaml").routes
    return [(route.method, route.path, route.function.logical_id, route.streamed) for route in found]


def routes() -> list[tuple[str, str, str]]:
    """Method, path and function of everything that functions answer at these resources."""
    found = route_table.read(template.read(REPOSITORY / "template.yaml"))
    return [(route.method, route.path, route.function.logical_id) for route in found]
