"""Reads `template.yaml`: the functions, their routes and schedules, and their variables.

What the template does not route, or not with its parameters' defaults, does not exist locally either. Only values known
before a deployment are resolved (literals and parameters with defaults); a value that AWS would fill in stays unknown.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.conditions import Conditions
from local.limits import REST_INTEGRATION_SECONDS, STREAM_SECONDS

_READ_SECRET = "secretsmanager:GetSecretValue"
ANY_METHOD = "x-amazon-apigateway-any-method"
"""What API Gateway's OpenAPI documents call a route that takes every method."""


@dataclass(frozen=True)
class Function:
    """One Lambda function, by its logical id and by the folder its code is in."""

    logical_id: str
    folder: Path
    handler: str
    timeout: int
    environment: Mapping[str, str | None] = field(hash=False)
    """Its variables; None where only AWS knows the value."""
    url_mode: str | None
    """`BUFFERED` or `RESPONSE_STREAM` where it has a Function URL."""
    url_path: str | None = None
    """The URL's documented local path, below the API's stage: on AWS it has its own host."""
    services: frozenset[str] = frozenset()
    """The AWS services that its role may use, such as `s3`."""
    secrets: frozenset[str] = frozenset()
    """The logical ids of the secrets that its role may read."""

    @property
    def name(self) -> str:
        """The folder's name: `chat_stream`."""
        return self.folder.name


@dataclass(frozen=True)
class Route:
    """One method of one resource of the REST API. It may match all methods (`ANY`) and all paths below a prefix."""

    method: str
    path: str
    function: Function
    streamed: bool
    timeout: float


@dataclass(frozen=True)
class Trigger:
    """One schedule of one function."""

    name: str
    function: Function
    expression: str
    timezone: str
    input: str | None

    @property
    def task(self) -> str | None:
        """The task that its input names, for a function with several."""
        event = json.loads(self.input or "{}")
        return str(event["task"]) if "task" in event else None


@dataclass(frozen=True)
class Template:
    """The part of the template that a local stack can serve."""

    stage: str
    functions: tuple[Function, ...]
    routes: tuple[Route, ...]
    triggers: tuple[Trigger, ...]
    binary_types: tuple[str, ...]
    preflights: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By path: the headers that a page may send there."""

    def function(self, name: str) -> Function | None:
        """The function whose folder or logical id is `name`."""
        return next((f for f in self.functions if name in (f.name, f.logical_id)), None)

    def trigger(self, task: str) -> Trigger | None:
        """The schedule whose input names this task."""
        return next((t for t in self.triggers if t.task == task), None)


class TemplateError(Exception):
    """The template has something that the local stack does not support."""


@cache
def read(path: Path) -> Template:
    """The template at `path`, read once; folders in it are relative to it."""
    return _Reader(document(path), path.parent).template()


@cache
def document(path: Path) -> dict[str, Any]:
    """The whole template as data, read once; short forms as long ones (`{"Ref": …}`), nothing resolved."""
    read_document: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  a SafeLoader underneath
    return read_document


# libyaml's: the template takes the pure one most of a second, in every process that reads it.
class _Loader(yaml.CSafeLoader):
    pass


def _short_form(loader: yaml.CSafeLoader, tag: str, node: yaml.Node) -> Any:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: str(text).split(".", 1) if tag == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101  YAML has no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def _preflights(paths: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each path that API Gateway answers preflights of, with the headers it allows."""
    for path, methods in paths.items():
        integration = methods.get("options", {}).get("x-amazon-apigateway-integration")
        if integration is not None:
            parameters = integration["responses"]["default"]["responseParameters"]
            yield path, parameters["method.response.header.Access-Control-Allow-Headers"].strip("'")


def _called(uri: dict[str, Any]) -> tuple[str, str]:
    """The logical id of the function whose alias an integration calls, and how. Raises TemplateError."""
    match uri:
        case {"Fn::Sub": [str(text), {"Function": {"Ref": str(alias)}}]} if alias.endswith(".Alias"):
            if address := re.search(r"/functions/\$\{Function\}/([\w-]+)$", text):
                return alias.removesuffix(".Alias"), address[1]
        case {"Fn::Sub": str(text)}:
            if address := re.search(r"/functions/\$\{(\w+)\.Arn\}:live/([\w-]+)$", text):
                return address[1], address[2]
    raise TemplateError(f"{uri} is no address of a function's alias")


class _Reader:
    def __init__(self, document: dict[str, Any], base: Path) -> None:
        # Chatbots answer visitors here; a deployment turns them on.
        self.conditions = Conditions(document, {"Chatbots": "true"})
        self.resources: dict[str, Any] = {
            name: each for name, each in document.get("Resources", {}).items() if self.conditions.exists(each)
        }
        self.globals: dict[str, Any] = document.get("Globals", {}).get("Function", {})
        self.api_globals: dict[str, Any] = document.get("Globals", {}).get("Api", {})
        self.base = base
        self.parameters = {
            name: str(parameter["Default"])
            for name, parameter in document.get("Parameters", {}).items()
            if str(parameter.get("Default", "")) and not parameter["Type"].startswith("AWS::SSM")
        }

    def template(self) -> Template:
        functions: list[Function] = []
        routes: list[Route] = []
        triggers: list[Trigger] = []
        for logical_id, resource in self.resources.items():
            if resource["Type"] != "AWS::Serverless::Function":
                continue
            properties = self.globals | resource["Properties"]
            function = self.function(logical_id, properties, resource.get("Metadata", {}))
            functions.append(function)
            for event_name, event in properties.get("Events", {}).items():
                routes += self.routes(function, event)
                triggers += self.triggers(function, event_name, event)
        api: dict[str, Any] = next(
            (r["Properties"] for r in self.resources.values() if r["Type"] == "AWS::Serverless::Api"), {}
        )
        paths = api.get("DefinitionBody", {}).get("paths", {})
        routes += self.defined_routes(paths, {each.logical_id: each for each in functions})
        binary = api.get("BinaryMediaTypes") or self.api_globals.get("BinaryMediaTypes") or []
        return Template(
            stage=self.text(api.get("StageName")) or "api",
            functions=tuple(functions),
            routes=tuple(routes),
            triggers=tuple(triggers),
            binary_types=tuple(str(kind).replace("~1", "/") for kind in binary),
            preflights=dict(_preflights(paths)),
        )

    def function(self, logical_id: str, properties: dict[str, Any], metadata: dict[str, Any]) -> Function:
        common = self.globals.get("Environment", {}).get("Variables", {})
        own = properties.get("Environment", {}).get("Variables", {})
        url = properties.get("FunctionUrlConfig")
        rights = list(self.rights(properties.get("Role")))
        return Function(
            logical_id=logical_id,
            folder=self.base / str(self.text(properties["CodeUri"])),
            handler=self.text(properties.get("Handler")) or "main.handler",
            timeout=int(self.text(properties.get("Timeout")) or 3),
            environment={name: self.text(value) for name, value in (common | own).items()},
            url_mode=None if url is None else self.text(url.get("InvokeMode")) or "BUFFERED",
            url_path=None if url is None else self.text(metadata.get("LocalPath")),
            services=frozenset(action.partition(":")[0] for action, _ in rights),
            secrets=frozenset(resource["Ref"] for action, resource in rights if action == _READ_SECRET),
        )

    def rights(self, role: Any) -> Iterator[tuple[str, Any]]:
        """Each action that a role of this template allows, with its resources as they are written."""
        match role:
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                properties = self.resources[name]["Properties"]
            case _:
                return
        attached = (self.resources.get(str(each.get("Ref"))) for each in properties.get("ManagedPolicyArns", []))
        policies = properties.get("Policies", []) + [each["Properties"] for each in attached if each is not None]
        for policy in policies:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in actions if isinstance(actions, list) else [actions]:
                    yield action, statement["Resource"]

    def routes(self, function: Function, event: dict[str, Any]) -> Iterator[Route]:
        if event["Type"] != "Api":
            return
        properties = event["Properties"]
        # `STREAM`, which CloudFormation wants, is silently a buffered route when SAM reads it.
        streamed = properties.get("ResponseTransferMode") == "RESPONSE_STREAM"
        yield Route(
            method=str(self.text(properties["Method"])).upper(),
            path=str(self.text(properties["Path"])),
            function=function,
            streamed=streamed,
            timeout=self.patience(streamed, properties.get("TimeoutInMillis")),
        )

    def defined_routes(self, paths: dict[str, Any], functions: Mapping[str, Function]) -> Iterator[Route]:
        """The routes to functions that the API's own definition has, beside those of functions' events."""
        for path, methods in paths.items():
            for method, definition in methods.items():
                integration = definition.get("x-amazon-apigateway-integration", {})
                if integration.get("type") != "aws_proxy":
                    continue
                function, invocation = _called(self.conditions.resolve(integration["uri"]))
                # One without the other is buffered, or refused.
                streamed = invocation == "response-streaming-invocations"
                streamed = streamed and integration.get("responseTransferMode") == "STREAM"
                yield Route(
                    method="ANY" if method == ANY_METHOD else method.upper(),
                    path=path,
                    function=functions[function],
                    streamed=streamed,
                    timeout=self.patience(streamed, integration.get("timeoutInMillis")),
                )

    def patience(self, streamed: bool, milliseconds: Any) -> float:
        """For how many seconds API Gateway waits for a route's function."""
        limit = STREAM_SECONDS if streamed else REST_INTEGRATION_SECONDS
        timeout = self.text(milliseconds)
        return limit if timeout is None else min(limit, int(timeout) / 1000)

    def triggers(self, function: Function, name: str, event: dict[str, Any]) -> Iterator[Trigger]:
        if event["Type"] not in ("Schedule", "ScheduleV2"):
            return
        properties = event["Properties"]
        if self.text(properties.get("State")) == "DISABLED" or self.text(properties.get("Enabled")) == "false":
            return
        expression = self.text(properties.get("ScheduleExpression") or properties.get("Schedule"))
        if expression is None:
            raise TemplateError(f"{function.logical_id}: the expression of {name} is not known before a deployment")
        yield Trigger(
            name=f"{function.logical_id}/{name}",
            function=function,
            expression=expression,
            timezone=self.text(properties.get("ScheduleExpressionTimezone")) or "UTC",
            input=self.text(properties.get("Input")),
        )

    def text(self, value: Any) -> str | None:
        """`value` as CloudFormation would resolve it, or None if only AWS can."""
        match value:
            case None:
                return None
            case bool():
                return "true" if value else "false"
            case str() | int() | float():
                return str(value)
            case {"Ref": name}:
                return self.parameters.get(str(name))
            case {"Fn::Sub": str(pattern)}:
                names = re.findall(r"\$\{([^!}]+)\}", pattern)
                if any(name not in self.parameters for name in names):
                    return None
                return re.sub(r"\$\{([^!}]+)\}", lambda match: self.parameters[match[1]], pattern)
            case _:
                return None
