"""A stage is a separate environment (`dev`, `staging`, `production`), described in `samconfig.toml`."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.data_folder import REPOSITORY
from local.template import document

# Placeholders for an operator's values in samconfig.toml and the documentation.
_EXAMPLE = re.compile(r"\bexample\.(com|org|net)\b|\byour-[a-z-]*project\b|\bYour Company\b|\b1 Example Road\b")


class NoStage(Exception):
    """The stage is not described; the text lists the existing ones."""


@dataclass(frozen=True)
class Stage:
    """A stage, as `sam deploy --config-env NAME` deploys it."""

    name: str
    stack_name: str
    region: str
    parameters: Mapping[str, str]
    config: Path
    """The file that says so."""

    def parameter(self, name: str) -> str:
        """A parameter's value, or its default in the template."""
        return self.parameters.get(name, str(_declared().get(name, {}).get("Default", "")))

    @property
    def supabase_project(self) -> str:
        """The reference of the Supabase project: the first label of its address, unless SUPABASE_PROJECT_REF says."""
        host = urlsplit(self.parameter("SupabaseUrl")).hostname or ""
        of_host = host.removesuffix(".supabase.co") if host.endswith(".supabase.co") else ""
        return os.environ.get("SUPABASE_PROJECT_REF") or of_host

    def problems(self) -> Iterator[str]:
        """Problems of parameters: missing, unknown to the template, or contradictory."""
        declared = _declared()
        for name, each in declared.items():
            if "Default" not in each and not self.parameters.get(name):
                yield f"{name} is missing: {each.get('Description', '')}."
        for name, value in self.parameters.items():
            if name not in declared:
                yield f"{name} is no parameter of template.yaml."
            elif value and _EXAMPLE.search(value):
                yield f"{name} still has its example value: {value}."
            elif value and (reason := _refusal(value, declared[name])):
                yield f"{name} is {value}, and {reason}."
        yield from self._contradictions()

    def _contradictions(self) -> Iterator[str]:
        if 0 < float(self.parameter("FirewallRequestsPerMinute") or 0) < 10:
            yield "FirewallRequestsPerMinute is below 10, the least that AWS WAF takes; 0 means no firewall."
        if self.parameter("WebDomain") and not self.parameter("WebCertificateArn"):
            yield "WebDomain needs WebCertificateArn, a certificate of us-east-1."
        if self.parameter("WidgetDomain") and not self.parameter("WidgetCertificateArn"):
            yield "WidgetDomain needs WidgetCertificateArn, a certificate of us-east-1."
        if domain := self.parameter("ApiDomain"):
            if self.parameter("PublicApiUrl") != f"https://{domain}/api":
                yield f"ApiDomain needs PublicApiUrl to be https://{domain}/api."
            if f":acm:{self.region}:" not in self.parameter("ApiCertificateArn"):
                yield f"ApiDomain needs ApiCertificateArn, a certificate of {self.region}."
        yield from self._managed_contradictions()
        if self.parameter("WebApp") == "true" and not self.parameter("SupabasePublishableKey"):
            yield "WebApp needs SupabasePublishableKey: without it users cannot sign in."
        if not self.supabase_project and not _EXAMPLE.search(self.parameter("SupabaseUrl")):
            yield "SUPABASE_PROJECT_REF is not set, and SupabaseUrl does not have the project's reference in it."

    def _managed_contradictions(self) -> Iterator[str]:
        if self.parameter("ChatCapacity") != "ManagedInstances":
            return
        if not self.parameter("ChatSubnetIds"):
            yield (
                "ChatCapacity is ManagedInstances and ChatSubnetIds is empty: name the subnets that the instances run "
                "in, best three in different Availability Zones, whose routes lead to the internet."
            )
        if not self.parameter("ChatSecurityGroupIds"):
            yield (
                "ChatCapacity is ManagedInstances and ChatSecurityGroupIds is empty: name a security group that lets "
                "nothing in, and out to the ports 443 and 6543."
            )

    def _managed_warnings(self) -> Iterator[str]:
        subnets = self.parameter("ChatSubnetIds")
        if self.parameter("ChatCapacity") != "ManagedInstances":
            if subnets or self.parameter("ChatSecurityGroupIds"):
                yield "ChatSubnetIds and ChatSecurityGroupIds do nothing while ChatCapacity is OnDemand."
            return
        yield (
            "ChatCapacity is ManagedInstances: three instances are paid by the hour, whether there are answers or not, "
            "and this project has not tried them on AWS (docs/operations/scaling.md)."
        )
        if subnets and len(subnets.split(",")) < 3:
            yield "ChatSubnetIds names fewer than three subnets: Lambda spreads its three instances over their zones."

    def warnings(self) -> Iterator[str]:
        """Settings that are allowed, but usually a mistake in production."""
        yield from self._managed_warnings()
        if not self.parameter("AlarmEmail"):
            yield "AlarmEmail is empty: no one is mailed when an alarm rings."
        if not self.parameter("OperatorEmail"):
            yield "OperatorEmail is empty: no one is mailed operators' alerts."
        if self.name == "production" and self.parameter("RazorpayKeyId").startswith("rzp_test_"):
            yield "RazorpayKeyId is a key of Razorpay's test mode: no money moves."


def read_stage(name: str) -> Stage:
    """The stage of this name. CONFIG names another file than `samconfig.toml`. Raises NoStage."""
    config = Path(os.environ.get("CONFIG") or REPOSITORY / "samconfig.toml").expanduser().absolute()
    try:
        described = tomllib.loads(config.read_text())
    except OSError as error:
        raise NoStage(f"{config} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise NoStage(f"{config} is no TOML: {error}.") from None
    names = [each for each, parts in described.items() if isinstance(parts, dict) and "deploy" in parts]
    if name not in names:
        which = f"{name} is not one" if name else "STAGE says which"
        raise NoStage(f"{which}: {config.name} describes {', '.join(names)}.")
    common = described.get("default", {}).get("global", {}).get("parameters", {})
    own = common | described[name].get("global", {}).get("parameters", {})
    overrides = described[name]["deploy"].get("parameters", {}).get("parameter_overrides", {})
    if not isinstance(overrides, dict):
        raise NoStage(f"{config.name}: parameter_overrides of {name} is no table; sam would cut values at spaces.")
    parameters = {each: str(value) for each, value in overrides.items()}
    return Stage(name, own.get("stack_name", ""), own.get("region", ""), parameters, config)


def _declared() -> dict[str, dict[str, Any]]:
    parameters: dict[str, dict[str, Any]] = document(REPOSITORY / "template.yaml")["Parameters"]
    return parameters


def _refusal(value: str, declared: Mapping[str, Any]) -> str:
    """Why CloudFormation would refuse a value; empty if it accepts it."""
    if declared["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return "that is no number"
        least, most = float(declared.get("MinValue", number)), float(declared.get("MaxValue", number))
        if not least <= number <= most:
            return f"it has to be from {declared.get('MinValue', 'any')} to {declared.get('MaxValue', 'any')}"
    if (allowed := declared.get("AllowedValues")) and value not in map(str, allowed):
        return f"it has to be one of {', '.join(map(str, allowed))}"
    if not re.fullmatch(declared.get("AllowedPattern", "(?s:.*)"), value):
        return f"it does not match {declared['AllowedPattern']}"
    if len(value) > int(declared.get("MaxLength", len(value))):
        return f"it is longer than {declared['MaxLength']} characters"
    return ""
